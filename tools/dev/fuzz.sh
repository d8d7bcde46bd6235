# ./dev fuzz [SECONDS] [TARGET…]
source tools/dev/common.sh
source tools/dev/packages.sh

seconds=${1:-10}
[[ $seconds =~ ^[0-9]+$ ]] || die "fuzz takes the seconds for each target, then targets; not $seconds"
targets=("${@:2}")
if [[ ${#targets[@]} == 0 ]]; then
  for file in fuzz/*_fuzz.cc; do targets+=("$(basename "$file" _fuzz.cc)"); done
fi

install_packages $build_packages $fuzz_packages
build_preset fuzz "${targets[@]/%/_fuzz}"
for target in "${targets[@]}"; do
  say "fuzz $target for $seconds s"
  mkdir -p "build/fuzz/found/$target"
  # What is found is kept in build/fuzz/found; a crash's input is named in the output.
  "build/fuzz/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/$target-" "build/fuzz/found/$target" "fuzz/seeds/$target" 2>&1 |
    tee "build/log/fuzz-$target.log" | grep -vE '^(INFO|#####|"|stat::(new_units|slowest|peak))' ||
    [[ ${PIPESTATUS[0]} == 0 ]]
done
