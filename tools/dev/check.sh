# ./dev check [STEP…]: what to run before a commit: format, rooms, tests, tidy. Every step runs; the exit code is 1 if
# any failed.
source tools/dev/common.sh
source tools/dev/packages.sh

install_packages $build_packages $test_packages $check_packages
install_servers

sources() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -co --exclude-standard --deduplicate -- 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' 'fuzz/*.h' 'fuzz/*.cc' |
      while read -r file; do [[ ! -e $file ]] || echo "$file"; done
  else
    find src tests fuzz -name '*.h' -o -name '*.cc'
  fi
}

# Against where this branch left origin; where there is nothing new, or no origin, the last commit.
changed_sources() {
  local base
  base=$(git merge-base HEAD origin/HEAD 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null) ||
    base=$(git rev-parse HEAD 2>/dev/null) || { sources && return; }
  if git diff --quiet "$base" && [[ -z $(git ls-files -o --exclude-standard -- src) ]]; then
    base=$(git rev-parse -q --verify HEAD~1) || { sources && return; }
  fi
  { git diff --name-only --diff-filter=d "$base" -- src && git ls-files -o --exclude-standard -- src; } | sort -u
}

format() { sources | xargs clang-format-19 --dry-run -Werror; }
rooms() { python3 tools/check_rooms.py; }

# A file that passed once with these headers and this configuration is not looked at again.
tidy_one() {
  local file=$1 log stamp
  stamp=$REPROCESS_CACHE/tidy/$(cat "$file" build/log/tidy-context | sha256sum | cut -c1-32)
  if [[ -e $stamp ]]; then return 0; fi
  log=$(mktemp)
  # What GCC was asked for, its own warnings and its precompiled headers, is nothing to clang. Of what is
  # deprecated GCC warns; clang does so inside the standard library too, of std::stable_sort's own buffer.
  if clang-tidy-19 --quiet -p build/dev --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-gch \
    --extra-arg=-Wno-deprecated-declarations "$file" >"$log" 2>&1; then
    touch "$stamp"
    rm -f "$log"
  else
    grep -vE '^[0-9]+ warnings? |^Suppressed |^Use -header' "$log"
    rm -f "$log"
    return 1
  fi
}
export -f tidy_one

tidy() {
  local known files
  mkdir -p "$REPROCESS_CACHE/tidy"
  sources | grep '\.h$' | sort | xargs cat .clang-tidy | sha256sum >build/log/tidy-context
  known=$(grep -o '"file": "[^"]*"' build/dev/compile_commands.json | cut -d'"' -f4 | sed "s|^$PWD/||")
  # A changed header is looked at through the file that it is a pair with.
  files=$(changed_sources | sed 's/\.h$/.cc/' | sort -u | grep -Fxf <(echo "$known")) || return 0
  xargs -P "$(nproc)" -I{} bash -c 'tidy_one {}' <<<"$files"
}

tests() { ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --no-tests=error; }

all='format rooms tests tidy'
read -ra steps <<<"${*:-$all}"
for step in "${steps[@]}"; do
  [[ " $all " == *" $step "* ]] || die "check has no step $step; its steps: $all"
done
build_preset dev
failed=()
for step in "${steps[@]}"; do
  say "$step"
  started=$SECONDS
  if ! $step >"build/log/$step.log" 2>&1; then
    failed+=("$step")
    # Of the tests those that failed, with what they said.
    grep -vE '^ +Start +[0-9]+:| Passed +[0-9.]+ sec' "build/log/$step.log" | tail -n 200
  fi
  printf '    %s s\n' $((SECONDS - started))
done
[[ ${#failed[@]} == 0 ]] || die "check failed: ${failed[*]} (build/log/)"
say "check passed: ${steps[*]}"
