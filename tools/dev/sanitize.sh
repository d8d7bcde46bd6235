# ./dev sanitize: unit and crash tests under ASan and UBSan, those with threads under TSan
source tools/dev/common.sh
source tools/dev/packages.sh

install_packages $build_packages $test_packages $clang_packages

build_preset asan unit_tests
say "unit and crash tests under ASan and UBSan"
ctest --test-dir build/asan -L unit -j "$(nproc)" --output-on-failure --no-tests=error >build/log/asan.log 2>&1 || {
  cat build/log/asan.log
  exit 1
}
tail -n 4 build/log/asan.log

threaded='base_test replay_test net_test storage_test'
build_preset tsan $threaded
for program in $threaded; do
  say "$program under TSan"
  # A high-entropy address space is more than GCC 12's TSan can map.
  setarch "$(uname -m)" --addr-no-randomize "build/tsan/bin/$program" --gtest_brief=1
done
