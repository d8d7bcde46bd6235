#!/usr/bin/env bash
# One real S3 server for tests (versitygw over a directory), on 127.0.0.1, its data in a directory of
# yours.
#
#   s3.sh install                 build it (go install) into the cache, once
#   s3.sh start DIR PORT [tls]    start (again, on the same data), print its URL
#   s3.sh stop DIR                SIGTERM, and wait
#   s3.sh remove DIR              SIGKILL, and delete the data
#   s3.sh free-port               a PORT that is free
#
#   keys       testak and testsecret may do anything; region us-east-1; signatures are verified
#   tls        a certificate of its own for localhost and 127.0.0.1: DIR/ca.pem
#   versions   kept for buckets that ask for it (PutBucketVersioning)
#   files      DIR/pid, DIR/server.log, DIR/versions, DIR/data (put objects through the server: a file copied there
#              has no ETag)
#   settings   REPROCESS_CACHE (~/.cache/reprocess)
#   exit       0, or 1 with the reason on stderr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly version=v1.8.0
readonly cache=${REPROCESS_CACHE:-$HOME/.cache/reprocess}
readonly server=$cache/versitygw-$version/versitygw

install() {
  [ ! -x "$server" ] || return 0
  command -v go >/dev/null || fail "go is missing: ./dev test installs it"
  mkdir -p "$cache"
  exec 9>"$cache/versitygw.lock"
  flock 9
  [ -x "$server" ] || GOTOOLCHAIN=auto GOBIN=$(dirname "$server") \
    go install "github.com/versity/versitygw/cmd/versitygw@$version" >&2 ||
    fail "go install versitygw@$version failed"
  exec 9>&-
}

# alive PID DIR: that process runs and is the server of DIR.
alive() { [ -r "/proc/$1/cmdline" ] && grep -qzF "$2/data" "/proc/$1/cmdline" 2>/dev/null; }

make_certificate() {
  [ ! -e "$1/ca.pem" ] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$1/key.pem" -out "$1/ca.pem" \
    -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null ||
    fail "openssl made no certificate"
}

start() {
  [ $# -ge 2 ] || fail "usage: s3.sh start DIR PORT [tls]"
  install
  mkdir -p "$1/data" "$1/iam" "$1/versions"
  local dir port=$2 scheme=http pid i
  dir=$(cd "$1" && pwd)
  local options=()
  if [ "${3:-}" = tls ]; then
    make_certificate "$dir"
    options=(--cert "$dir/ca.pem" --key "$dir/key.pem")
    scheme=https
  fi
  # Its answers must keep the connection open, and an unknown key must be a 403.
  setsid "$server" --port "127.0.0.1:$port" --access testak --secret testsecret --region us-east-1 \
    --iam-dir "$dir/iam" --keep-alive --quiet --health /health "${options[@]}" \
    posix --versioning-dir "$dir/versions" "$dir/data" </dev/null >"$dir/server.log" 2>&1 &
  pid=$!
  echo $pid >"$dir/pid"
  for i in {1..200}; do
    kill -0 $pid 2>/dev/null || fail "the server ended at once: $(tail -n 3 "$dir/server.log")"
    port_answers "$port" && { echo "$scheme://127.0.0.1:$port"; return; }
    sleep 0.05
  done
  kill -9 $pid
  fail "the server did not answer within 10 s; see $dir/server.log"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  install) install ;;
  start) start "$@" ;;
  stop) end TERM "$@" ;;
  remove)
    end KILL "$@"
    rm -rf "$1"
    ;;
  free-port) free_port ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
