# ./dev run [--page|--real|--kubernetes]
source tools/dev/common.sh
source tools/dev/packages.sh
source tools/dev/run_kubernetes.sh

case "${1:-}" in
  '' | --page | --real | --kubernetes) ;;
  *) die "run takes --page, --real, --kubernetes or nothing, not $1" ;;
esac

install_packages $build_packages $sample_packages
if [[ ${1:-} == --real ]]; then
  install_packages $server_packages
  install_step "fetch Kafka" tests/servers/kafka.sh install
fi
if [[ ${1:-} == --kubernetes ]]; then install_servers; fi
build_preset release

sample=$PWD/build/sample
programs=$PWD/build/release/bin
job=sample-$(date -u +%Y%m%d-%H%M%S)
say "make sample failover files"
python3 tools/make_samples.py "$sample"

# Which connections a message goes to, as the suite's own service would tell.
serve_repository() {
  local port
  trap stop_servers EXIT
  port=$(tests/servers/kafka.sh free-port)
  python3 -m http.server --bind 127.0.0.1 --directory "$sample" "$port" >/dev/null 2>&1 &
  export REPOSITORY_URL=http://127.0.0.1:$port/repository.json
  for _ in {1..100}; do
    if (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  die "the sample repository does not answer at $REPOSITORY_URL"
}

on_embedded_defaults() {
  say "replay them: values to build/sample/out, status to build/sample/reprocess.db"
  serve_repository
  # The samples have lines that cannot be sent, on purpose.
  "$programs/reprocess" run "$sample/files" --out "$sample/out" --database "$sample/reprocess.db" --job "$job" --yes ||
    [[ $? == 2 ]]
}

# A plan of the samples waits for confirmation; it is slow on purpose, so that there is something to watch.
on_the_page() {
  say "plan them, and serve the page: Ctrl-C ends it, jobs go on"
  serve_repository
  export REPROCESS_LAUNCHER=here REPROCESS_STATE_DIR=$sample/state
  "$programs/reprocess" plan "$sample/files" --out "$sample/out" --database "$sample/reprocess.db" --job "$job" \
    --workers 2 --max-messages-per-second 100 >/dev/null
  "$programs/reprocess" serve --port 0 --database "$sample/reprocess.db" | show_plan
}

# Of the address that is printed first, the one of the plan; in a browser where there is a screen.
show_plan() {
  local line
  while read -r line; do
    if [[ $line == http*'/#code='* ]]; then
      line=${line/'/#code='/"/plans/$job#code="}
      if [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]] && command -v xdg-open >/dev/null; then xdg-open "$line" || true; fi
    fi
    printf '    %s\n' "$line"
  done
}

stop_servers() {
  trap - EXIT
  kill $(jobs -p) 2>/dev/null || true
  stop_cluster
  if [[ -d $sample/kafka ]]; then tests/servers/kafka.sh stop "$sample/kafka" || true; fi
  if [[ -d $sample/postgres ]]; then tests/servers/postgres.sh remove "$sample/postgres" || true; fi
  rm -rf "$sample/kafka"
}

# What a Kubernetes Job would mount: the list of files, gzipped, and the job's configuration.
write_mounts() {
  mkdir -p "$sample/config/files" "$sample/config/job"
  python3 - "$sample/files" <<'PY' | gzip -n >"$sample/config/files/files.json"
import json, pathlib, sys
files = sorted(pathlib.Path(sys.argv[1]).iterdir())
print(json.dumps([{"path": str(f), "size": f.stat().st_size} for f in files]))
PY
  echo '{"batch_size": 1000}' >"$sample/config/job/config.json"
}

run_workers() {
  local index worker code failed=0 workers=()
  for index in 0 1; do
    JOB_ID=$job WORKER_INDEX=$index TOTAL_WORKERS=2 REPROCESS_CONFIG_DIR=$sample/config \
      DATABASE_URL=$database KAFKA_BOOTSTRAP_SERVERS=$broker KAFKA_DESTINATIONS_TOPIC=$topic \
      "$programs/reprocessing-worker" &
    workers+=($!)
  done
  for worker in "${workers[@]}"; do
    code=0
    wait "$worker" || code=$?
    if [[ $code != 0 ]]; then
      printf 'dev: a worker ended with exit code %s\n' "$code" >&2
      failed=1
    fi
  done
  return $failed
}

# The topic, read by another client, against the samples and the database.
compare() {
  local keys read distinct sent made
  keys=$sample/keys
  "$(command -v kcat || command -v kafkacat)" -b "$broker" -C -t "$topic" -e -q \
    -X isolation.level=read_committed -f '%k\n' >"$keys"
  read=$(wc -l <"$keys")
  distinct=$(sort -u "$keys" | wc -l)
  sent=$(psql "$database" -Atc "select sum(success_count) from reprocessing_workers where job_id = '$job'")
  made=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["good"])' "$sample/expected.json")
  printf '    good lines in the files        %8s\n    sent, says the database        %8s\n' "$made" "$sent"
  printf '    committed records in the topic %8s\n    … with distinct keys           %8s\n' "$read" "$distinct"
  [[ $made == "$sent" && $sent == "$read" && $read == "$distinct" ]] || die "these four must be equal"
}

# Sets broker and database.
start_kafka_and_postgres() {
  local port
  port=$(tests/servers/kafka.sh free-port)
  broker=127.0.0.1:$port
  rm -rf "$sample/kafka"
  tests/servers/kafka.sh start "$sample/kafka" "$port"
  tests/servers/kafka.sh topic "$port" "$topic" 4
  tests/servers/postgres.sh remove "$sample/postgres"
  database=$(tests/servers/postgres.sh start "$sample/postgres" "$(tests/servers/postgres.sh free-port)")
}

into_real_servers() {
  local topic=bulker-destinations broker database
  trap stop_servers EXIT
  serve_repository
  say "start Kafka and PostgreSQL"
  start_kafka_and_postgres

  say "replay them with two workers into topic $topic at $broker"
  write_mounts
  run_workers
  say "read the records back (read_committed)"
  compare
  say "the books"
  "$programs/reprocess" status "$job" --database "$database"
}

case "${1:-}" in
  --page) on_the_page ;;
  --real) into_real_servers ;;
  --kubernetes) on_kubernetes ;;
  *) on_embedded_defaults ;;
esac
