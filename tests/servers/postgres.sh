#!/usr/bin/env bash
# One real PostgreSQL server for tests, on 127.0.0.1, its data in a directory of yours.
#
#   postgres.sh start DIR PORT      make the cluster if there is none, start it, print its URL
#   postgres.sh stop DIR [MODE]     fast (default: open connections are cut), smart or immediate
#   postgres.sh restart DIR         stop and start on the same port, print its URL
#   postgres.sh remove DIR          stop, and delete the data
#   postgres.sh free-port           a PORT that is free
#
#   user       postgres, who may do anything; no password (trust)
#   root       PostgreSQL refuses to run as root: then user postgres owns the data. Where that user
#              cannot reach DIR (below /root, say) they lie in /tmp and DIR/data is a link to them
#   exit       0, or 1 with the reason on stderr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

binary() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -n 1 || true)
  [ -n "$found" ] || fail "$1 is missing: apt-get install postgresql"
  echo "$found"
}

as_owner() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

make_cluster() {
  local dir=$1 data=$1/data
  local log=$dir/initdb.log
  mkdir -p "$data"
  if [ "$(id -u)" = 0 ]; then
    chown postgres: "$data"
    if ! as_owner test -w "$data"; then
      rmdir "$data"
      ln -sfn "$(as_owner mktemp -d /tmp/reprocess-postgres.XXXXXX)" "$data"
    fi
  fi
  as_owner "$(binary initdb)" -D "$(realpath "$data")" -U postgres -A trust -E UTF8 --locale=C \
    --no-sync >"$log" 2>&1 || fail "initdb failed: $(tail -n 3 "$log")"
  # Tests end servers, never the machine: what the kernel has is safe enough.
  as_owner tee -a "$(realpath "$data")/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
log_min_messages = warning
CONF
}

url() { echo "postgresql://postgres@127.0.0.1:$1/postgres"; }

start() {
  [ $# -eq 2 ] || fail "usage: postgres.sh start DIR PORT"
  mkdir -p "$1"
  local dir data port=$2
  dir=$(cd "$1" && pwd)
  [ -e "$dir/data/PG_VERSION" ] || make_cluster "$dir"
  data=$(realpath "$dir/data")
  echo "$port" >"$dir/port"
  as_owner "$(binary pg_ctl)" start -w -s -D "$data" -l "$data/server.log" -o "-p $port" \
    </dev/null >/dev/null 2>"$dir/start.log" ||
    fail "the server did not start: $(cat "$dir/start.log"; as_owner tail -n 5 "$data/server.log")"
  url "$port"
}

stop() {
  local dir=${1:?usage: postgres.sh stop DIR [MODE]} data
  [ -e "$dir/data/postmaster.pid" ] || return 0
  data=$(realpath "$dir/data")
  as_owner "$(binary pg_ctl)" status -D "$data" >/dev/null || return 0
  as_owner "$(binary pg_ctl)" stop -w -s -D "$data" -m "${2:-fast}" ||
    fail "the server in $dir did not stop"
}

remove() {
  local dir=${1:?usage: postgres.sh remove DIR}
  [ -d "$dir" ] || return 0
  stop "$dir" immediate
  if [ -L "$dir/data" ]; then rm -rf "$(realpath "$dir/data")"; fi
  rm -rf "$dir"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  start) start "$@" ;;
  stop) stop "$@" ;;
  restart)
    dir=${1:?usage: postgres.sh restart DIR}
    stop "$dir"
    start "$dir" "$(<"$dir/port")"
    ;;
  remove) remove "$@" ;;
  free-port) free_port ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
