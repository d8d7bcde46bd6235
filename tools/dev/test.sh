# ./dev test [PYTEST ARGUMENT…]: with arguments pytest alone
source tools/dev/common.sh
source tools/dev/packages.sh

install_packages $build_packages $sample_packages $test_packages $page_packages
install_servers
install_venv
build_preset dev

failed=0
if [[ $# == 0 ]]; then
  say "unit, contract and crash tests"
  ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --no-tests=error >build/log/ctest.log 2>&1 || failed=1
  if [[ $failed == 1 ]]; then cat build/log/ctest.log; else tail -n 4 build/log/ctest.log; fi
fi

say "end-to-end tests"
colour=() beside=()
if [[ -t 1 ]]; then colour=(--color=yes); fi
# Three at a time, which mostly wait; each has servers of its own.
if [[ $# == 0 ]]; then beside=(-n 3 --dist loadfile); fi
set +e
build/venv/bin/python -m pytest "${colour[@]}" "${beside[@]}" "$@" 2>&1 | tee build/log/pytest.log
if [[ ${PIPESTATUS[0]} != 0 ]]; then failed=1; fi
set -e

if [[ $# == 0 ]]; then
  printf '\n'
  grep -E 'tests passed, .* failed out of' build/log/ctest.log || echo "ctest: no count in build/log/ctest.log"
  tail -n 1 build/log/pytest.log
fi
exit $failed
