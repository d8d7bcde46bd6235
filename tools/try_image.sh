#!/usr/bin/env bash
# Builds the image without a registry, on a base made by mmdebstrap, and runs the worker from it as a pod
# would: another user, a read-only root, its configuration mounted, a real Kafka broker.
#
#   tools/try_image.sh [SUITE]      trixie by default
#
#   needs      root, mmdebstrap, buildah, kcat and what tests/servers/kafka.sh needs
#   machine    the base has what tools/try_in_bare_root.sh gives a root, to reach the package registries
#   prints     the image's size above its base, the time to start, and what came of the run
#   exit       0 if every line arrived
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=${1:-trixie}
readonly lines=5000
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot CONTAINER_ENGINE=buildah DEBIAN=$suite BUILD_OPTIONS=--pull-never
base=docker.io/library/debian:$suite-slim
image=localhost/reprocess-try:$suite
work=$(mktemp -d)
containers=()
clean() {
  tests/servers/kafka.sh kill "$work/kafka" || true
  [[ ${#containers[@]} == 0 ]] || buildah rm "${containers[@]}" >/dev/null
  rm -rf "$work"
}
trap clean EXIT

tools/try_in_bare_root.sh "$suite" rm -rf /root/reprocess
root=${REPROCESS_CACHE:-$HOME/.cache/reprocess}/bare-root/$suite
containers+=("$(buildah from scratch)")
buildah add -q "${containers[0]}" "$root" / >/dev/null
buildah commit -q "${containers[0]}" "$base" >/dev/null
base_root=$(buildah mount "${containers[0]}")

./reprocessing-worker-build.sh "$image"
containers+=("$(buildah from --pull-never "$image")")
image_root=$(buildah mount "${containers[1]}")
size() { du -smx "$1" | cut -f1; }
above=$(($(size "$image_root") - $(size "$base_root")))

port=$(tests/servers/kafka.sh free-port)
tests/servers/kafka.sh start "$work/kafka" "$port"
tests/servers/kafka.sh topic "$port" destinations 4
mkdir -p "$work/config/files" "$work/config/job" "$work/data"
for ((i = 0; i < lines; ++i)); do
  printf '{"messageId":"%d","messageCreated":"2026-05-01T00:00:00Z","origin":{}}\n' "$i"
done | gzip >"$work/data/events.ndjson.gz"
echo "[{\"path\":\"/data/events.ndjson.gz\",\"size\":$(stat -c %s "$work/data/events.ndjson.gz")}]" >"$work/config/files/files.json"
echo '{}' >"$work/config/job/config.json"
chmod -R a+rX "$work"
chown 65532 "$work/data"  # for the books; a pod has them in PostgreSQL
export image_root work
in_pod() {
  unshare --mount --pid --fork --kill-child bash -c '
    mount --rbind "$image_root" "$image_root"
    mkdir -p "$image_root/config" "$image_root/data"
    mount --bind "$work/config" "$image_root/config"
    mount --bind "$work/data" "$image_root/data"
    mount -t proc proc "$image_root/proc"
    mount --rbind /dev "$image_root/dev"
    mount -o remount,bind,ro "$image_root"
    exec env -i PATH=/app:/usr/sbin:/usr/bin:/bin "$@"' bash "${@:1:$#}"
}
run() { in_pod "${settings[@]}" chroot --userspec=65532:65532 "$image_root" "$@"; }

settings=(JOB_ID=image WORKER_INDEX=0 TOTAL_WORKERS=1 DATABASE_URL=sqlite:///data/books.db
  KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:$port" KAFKA_DESTINATIONS_TOPIC=destinations)
run /bin/sh -c ': >/app/x' 2>/dev/null && { echo "try_image: the root can be written to" >&2; exit 1; }
run /app/reprocessing-worker
arrived=$(kcat -b "127.0.0.1:$port" -C -t destinations -e -q -X isolation.level=read_committed -f '%k\n' | sort -u | wc -l)
started=$(run /bin/bash -c 'for i in {1..21}; do
  from=$EPOCHREALTIME; /app/reprocess --version >/dev/null; to=$EPOCHREALTIME
  echo $(((${to/./} - ${from/./}) / 1000)); done' | sort -n | sed -n 11p)
echo "image: $above MB above $base; starts in $started ms (median of 21); $arrived of $lines lines arrived"
[[ $arrived == "$lines" ]]
