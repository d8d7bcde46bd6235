# ./dev bench [EVENTS]
source tools/dev/common.sh
source tools/dev/packages.sh

events=${1:-400000}
[[ $events =~ ^[1-9][0-9]*$ ]] || die "bench takes a number of events, not $events"
install_packages $build_packages $sample_packages $server_packages
install_step "fetch Kafka" tests/servers/kafka.sh install
build_preset release

bench=$PWD/build/bench
corpus=$bench/corpus-$events
if [[ ! -e $corpus/corpus.ndjson.gz || $corpus/corpus.ndjson.gz -ot tools/events.py ]]; then
  say "make $events events"
  python3 tools/make_corpus.py "$corpus" --events "$events"
fi

trap 'tests/servers/kafka.sh stop "$bench/kafka"; rm -rf "$bench/kafka"' EXIT
say "start Kafka"
port=$(tests/servers/kafka.sh free-port)
rm -rf "$bench/kafka"
tests/servers/kafka.sh start "$bench/kafka" "$port"
python3 tools/bench.py "$corpus" "$events" "127.0.0.1:$port" "$bench"
