#!/usr/bin/env bash
# Prometheus's own checker of rules, for tests: out of Debian's package of it, of which nothing else is
# unpacked and nothing is installed.
#
#   promtool.sh install     fetch it into the cache, once; print its path
#
#   needs      apt's package lists; not root
#   settings   REPROCESS_CACHE (~/.cache/reprocess)
#   exit       0, or 1 with the reason on stderr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly cache=${REPROCESS_CACHE:-$HOME/.cache/reprocess}/promtool
readonly promtool=$cache/promtool

# Not only there: whole, and of a release that runs here.
works() { "$promtool" --version >/dev/null 2>&1; }

fetch() {
  local folder package=promtool
  apt-cache show promtool >/dev/null 2>&1 || package=prometheus  # Debian 12 has it there
  folder=$(mktemp -d)
  trap "rm -rf '$folder'" EXIT
  (cd "$folder" && apt-get download -q "$package" >&2) ||
    fail "apt-get download $package failed: apt-get update, as root, brings its lists up to date"
  dpkg-deb --fsys-tarfile "$folder"/*.deb | tar -xO ./usr/bin/promtool >"$cache/new"
  chmod +x "$cache/new"
  mv "$cache/new" "$promtool"
  works || fail "$promtool does not run here"
}

install() {
  if ! works; then
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    works || fetch
    exec 9>&-
  fi
  echo "$promtool"
}

case ${1:-help} in
  install) install ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
