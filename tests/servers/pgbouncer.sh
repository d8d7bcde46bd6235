#!/usr/bin/env bash
# One real pgbouncer for tests, on 127.0.0.1, before a PostgreSQL that is there: it has two connections
# to a database, and each transaction of its clients gets one of them.
#
#   pgbouncer.sh start DIR PORT POSTGRES_PORT   start it, print the URL of database postgres behind it
#   pgbouncer.sh stop DIR
#   pgbouncer.sh free-port                      a PORT that is free
#
#   user       postgres; no password (trust)
#   root       pgbouncer refuses to run as root: then it runs as user postgres, which may not reach DIR,
#              and DIR/conf is a link to a folder in /tmp
#   exit       0, or 1 with the reason on stderr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

alive() {
  [ -r "/proc/$1/cmdline" ] && grep -qzF "$(realpath "$2/conf")/pgbouncer.ini" "/proc/$1/cmdline" 2>/dev/null
}

start() {
  [ $# -eq 3 ] || fail "usage: pgbouncer.sh start DIR PORT POSTGRES_PORT"
  local dir conf port=$2 binary i
  binary=$(PATH=$PATH:/usr/sbin command -v pgbouncer) || fail "pgbouncer is missing: apt-get install pgbouncer"
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  conf=$(mktemp -d /tmp/reprocess-pgbouncer.XXXXXX)
  chmod 755 "$conf"
  ln -sfn "$conf" "$dir/conf"
  cat >"$conf/pgbouncer.ini" <<INI
[databases]
* = host=127.0.0.1 port=$3
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $conf/users
pool_mode = transaction
default_pool_size = 2
INI
  echo '"postgres" ""' >"$conf/users"
  local as_owner=()
  if [ "$(id -u)" = 0 ]; then as_owner=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
  (cd / && exec "${as_owner[@]}" "$binary" "$conf/pgbouncer.ini") </dev/null >"$dir/pgbouncer.log" 2>&1 &
  echo $! >"$dir/pid"
  for i in {1..200}; do
    if port_answers "$port"; then
      echo "postgresql://postgres@127.0.0.1:$port/postgres"
      return
    fi
    kill -0 "$(<"$dir/pid")" 2>/dev/null || break
    sleep 0.05
  done
  fail "it did not start: $(tail -n 5 "$dir/pgbouncer.log")"
}

stop() {
  end TERM "$@"
  if [ -L "$1/conf" ]; then rm -rf "$(realpath "$1/conf")" "$1/conf"; fi
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  start) start "$@" ;;
  stop) stop "$@" ;;
  free-port) free_port ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
