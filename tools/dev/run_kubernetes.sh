# ./dev run --kubernetes: plan, submit, watch, verify and report on a real control plane, whose pods run as processes of
# this machine. Sourced by run.sh.

readonly image=reprocess-worker bucket=failover

serve_bucket() {
  local file url
  tests/servers/s3.sh remove "$sample/s3"
  url=$(tests/servers/s3.sh start "$sample/s3" "$(tests/servers/s3.sh free-port)")
  export AWS_ENDPOINT_URL_S3=$url AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=testak AWS_SECRET_ACCESS_KEY=testsecret
  put_into_s3 "$url/$bucket" /dev/null
  for file in "$sample"/files/*; do put_into_s3 "$url/$bucket/$(basename "$file")" "$file"; done
}

put_into_s3() {
  curl -sf --noproxy '*' --aws-sigv4 aws:amz:us-east-1:s3 --user testak:testsecret \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -T "$2" "$1" || die "the S3 server did not take $1"
}

start_cluster() {
  tests/servers/kubernetes.sh remove "$sample/kubernetes"
  tests/servers/kubernetes.sh start "$sample/kubernetes"
  # Pods run under another user, who must reach what they mount.
  PYTHONPATH=tests/servers python3 -m pods --cluster "$sample/kubernetes" --directory "$sample/kubernetes/pods" \
    --image "$image=/app/reprocessing-worker=$programs:/app" >"$sample/nodes.log" 2>&1 &
  nodes=$!
  for _ in {1..300}; do
    if grep -q ready "$sample/nodes.log"; then return 0; fi
    kill -0 $nodes 2>/dev/null || die "the nodes ended: $(tail -n 3 "$sample/nodes.log")"
    sleep 0.1
  done
  die "the nodes are not ready within 30 s: $sample/nodes.log"
}

stop_cluster() {
  if [[ -n ${nodes:-} ]]; then wait $nodes 2>/dev/null || true; fi
  if [[ -d $sample/kubernetes ]]; then tests/servers/kubernetes.sh remove "$sample/kubernetes" || true; fi
  if [[ -d $sample/s3 ]]; then tests/servers/s3.sh remove "$sample/s3" || true; fi
}

show() {
  printf '\n$ reprocess %s\n' "$*"
  "$programs/reprocess" "$@"
}

on_kubernetes() {
  [[ $(id -u) == 0 ]] || die "run --kubernetes gives each pod a root of its own: run it as root"
  local topic=bulker-destinations broker database
  trap stop_servers EXIT
  serve_repository
  say "start Kafka, PostgreSQL, an S3 server and a Kubernetes control plane with a node"
  start_kafka_and_postgres
  serve_bucket
  start_cluster
  export KUBECONFIG=$sample/kubernetes/submitter.kubeconfig DATABASE_URL=$database KAFKA_BOOTSTRAP_SERVERS=$broker
  export REPROCESSING_WORKER_IMAGE=$image

  say "replay s3://$bucket with two workers into topic $topic"
  show plan "s3://$bucket/" --job "$job" --workers 2 --kafka "$broker" --topic "$topic"
  show submit --job "$job" --yes --reason "to see it run"
  # The samples have lines that cannot be sent, on purpose.
  show watch "$job" --exit-status || [[ $? == 2 ]]
  show verify "$job" --kafka "$broker"
  show report "$job"
  say "read the records back (read_committed)"
  compare
}
