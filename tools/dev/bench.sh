# ./dev bench [--quick] [--events N] [--sixteen] [--record], or --operator [ROW…]
source tools/dev/common.sh
source tools/dev/packages.sh

# The operator's half: planning, asking, watching, the page, submitting.
bench_operator() {
  install_packages $build_packages $sample_packages $test_packages $page_packages
  install_servers
  install_venv
  build_preset release reprocess reprocessing-worker
  say "measure"
  REPROCESS_BIN_DIR=$PWD/build/release/bin build/venv/bin/python tools/operator_bench "$PWD/build/operator-bench" "$@"
}

if [[ ${1:-} == --operator ]]; then
  bench_operator "${@:2}"
  exit
fi

install_packages $build_packages $sample_packages $server_packages $bench_packages
install_step "fetch Kafka" tests/servers/kafka.sh install
build_preset release reprocess reprocessing-worker parts micro

bench=$PWD/build/bench
mkdir -p "$bench"
trap 'tests/servers/kafka.sh stop "$bench/kafka"; rm -rf "$bench/kafka"' EXIT
say "start Kafka"
port=$(tests/servers/kafka.sh free-port)
rm -rf "$bench/kafka"
# What was measured is not kept.
printf '%s\n' log.retention.check.interval.ms=5000 >"$bench/broker.properties"
tests/servers/kafka.sh start "$bench/kafka" "$port" --config "$bench/broker.properties"
tests/servers/kafka.sh topic "$port" bench 4 retention.bytes=67108864 segment.bytes=33554432
tests/servers/kafka.sh topic "$port" bench-small 4 max.message.bytes=100000
say "measure"
python3 tools/bench "$bench" "127.0.0.1:$port" bench "$@"
if [[ " $* " != *" --quick "* ]]; then
  say "stages one by one"
  REPROCESS_BENCH_CORPUS=$(ls -d "$bench"/message-* | head -n 1) build/release/bin/micro
fi
