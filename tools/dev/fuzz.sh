# ./dev fuzz [--record] [SECONDS] [TARGET…]
source tools/dev/common.sh
source tools/dev/packages.sh

record=no
if [[ ${1:-} == --record ]]; then
  record=yes
  shift
fi
seconds=${1:-10}
[[ $seconds =~ ^[0-9]+$ ]] || die "fuzz takes the seconds for each target, then targets; not $seconds"
targets=("${@:2}")
if [[ ${#targets[@]} == 0 ]]; then
  for file in fuzz/*_fuzz.cc; do targets+=("$(basename "$file" _fuzz.cc)"); done
fi
sums=docs/reliability/fuzzing.csv # date,target,seconds,executions,findings

install_packages $build_packages $test_packages $clang_packages
build_preset asan "${targets[@]/%/_fuzz}"
failed=0
for target in "${targets[@]}"; do
  say "fuzz $target for $seconds s"
  mkdir -p "build/fuzz/$target"
  log=build/log/fuzz-$target.log
  # What is found is kept in build/fuzz; a crash's input is named in the output.
  findings=0
  started=$SECONDS
  "build/asan/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/$target-" "build/fuzz/$target" "fuzz/seeds/$target" >"$log" 2>&1 || findings=1
  grep -vE '^(INFO|#####|"|stat::(new_units|slowest|peak))' "$log" || true
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [[ $record == yes ]]; then
    echo "$(date -u +%F),$target,$((SECONDS - started)),${executions:-0},$findings" >>"$sums"
  fi
  if [[ $findings == 1 ]]; then failed=1; fi
done
exit $failed
