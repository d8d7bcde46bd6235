# What every ./dev command shares. Sourced from the project's root.
set -euo pipefail

export REPROCESS_CACHE="${REPROCESS_CACHE:-$HOME/.cache/reprocess}"
export PIP_CACHE_DIR="${PIP_CACHE_DIR:-$REPROCESS_CACHE/pip}"
# Another clone, in another folder, finds what this one compiled.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
# Its own words: precompiled headers are cached only so.
export CCACHE_SLOPPINESS=pch_defines,time_macros
mkdir -p build/log "$REPROCESS_CACHE"

say() { printf '\n==> %s\n' "$*"; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# install_step "what it is" COMMAND…: quiet, once more if it fails, then says which and why.
install_step() {
  local what=$1 log attempt
  shift
  log="build/log/$(tr -c 'a-z0-9\n' '-' <<<"${what,,}").log"
  printf '    %s\n' "$what"
  for attempt in 1 2; do
    if "$@" >"$log" 2>&1; then return 0; fi
    if [[ $attempt == 1 ]]; then printf '    … failed, trying once more\n'; fi
  done
  tail -n 15 "$log" >&2
  die "cannot $what: the last lines are above, the whole in $log"
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    echo "needs root: $*; run it as root, or install sudo"
    return 1
  fi
}

# Configures and builds a preset: build_preset PRESET [TARGET…].
build_preset() {
  local preset=$1
  shift
  say "build $preset"
  if ! cmake --preset "$preset" >"build/log/configure-$preset.log" 2>&1; then
    tail -n 30 "build/log/configure-$preset.log" >&2
    die "cannot configure $preset: the last lines are above"
  fi
  cmake --build "build/$preset" ${1:+--target "$@"}
}
