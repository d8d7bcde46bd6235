#!/usr/bin/env bash
# One real Apache Kafka broker for tests: KRaft, on 127.0.0.1, its data in a directory of yours.
#
#   kafka.sh install                      fetch the jars (Maven) into the cache, once
#   kafka.sh start DIR PORT [options]     start (again, on the same data); returns when it answers
#       --config FILE                     broker properties that win over the ones below
#       --cluster-id ID                   of a new broker that joins others; else one of its own
#       --acl                             PORT speaks SASL_PLAINTEXT and checks ACLs, PORT+2 is for
#                                         administration: plaintext, no questions asked
#       --tls CERTIFICATES                CERTIFICATES/broker.pem (key and certificate) and ca.pem; PORT stays
#                                         plaintext, PORT+2 is TLS, PORT+3 TLS with client certificates,
#                                         PORT+4 SASL over TLS (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512)
#   kafka.sh stop DIR                     SIGTERM, and wait
#   kafka.sh kill DIR                     SIGKILL, and wait
#   kafka.sh topic PORT NAME PARTITIONS [config=value ...]
#   kafka.sh acl PORT ARGUMENTS...        org.apache.kafka.tools.AclCommand, as in
#                                         acl PORT --add --allow-principal User:replay --operation Write --topic T
#   kafka.sh tool CLASS ARGUMENTS...      any class of Kafka's
#   kafka.sh free-port                    a PORT such that PORT to PORT+4 are free
#
#   ports      PORT for clients, PORT+1 the controller's. For `topic` and `acl` on a broker started
#              with --acl give the administration's port, PORT+2
#   users      with --acl: replay, other and admin (who may do anything), with --tls: replay; password
#              "<name>-secret"
#   files      DIR/pid, DIR/server.log (DIR/server.log.1 of the run before), DIR/data
#   settings   REPROCESS_CACHE (~/.cache/reprocess), KAFKA_JVM_FLAGS (for the broker)
#   exit       0, or 1 with the reason on stderr. Topics are never made by themselves
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly version=4.1.1
readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly cache=${REPROCESS_CACHE:-$HOME/.cache/reprocess}
readonly jars=$cache/kafka-$version
readonly quick_jvm="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -XX:-UsePerfData"

install_jars() {
  [ -e "$jars/complete" ] && return 0
  command -v mvn >/dev/null || fail "mvn is missing: apt-get install maven"
  command -v java >/dev/null || fail "java is missing: apt-get install default-jre-headless"
  mkdir -p "$cache"
  exec 9>"$cache/kafka-$version.lock"
  flock 9
  [ -e "$jars/complete" ] && return 0
  local log=$cache/kafka-$version.install.log
  rm -rf "$jars"
  fetch_jars >"$log" 2>&1 || fetch_jars >"$log" 2>&1 ||
    fail "fetching Kafka $version with Maven failed twice; the end of $log: $(tail -n 5 "$log")"
  touch "$jars/complete"
  exec 9>&-
}

fetch_jars() {
  mvn -q -B -Dkafka.version=$version -f "$here/kafka/pom.xml" \
    dependency:copy-dependencies -DoutputDirectory="$jars"
}

tool() {
  install_jars
  # shellcheck disable=SC2086
  java $quick_jvm -Xmx256m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$jars/*" "$@"
}

# alive PID DIR: that process runs (a zombie does not) and is the broker of DIR.
alive() {
  [ -r "/proc/$1/cmdline" ] && grep -qzF "$2/server.properties" "/proc/$1/cmdline" 2>/dev/null
}

write_properties() {
  local dir=$1 port=$2 acl=$3 certificates=$4 config=$5
  local file=$dir/server.properties
  sed "s|@DIR@|$dir|g; s|@PORT@|$port|g; s|@CONTROLLER@|$((port + 1))|g; s|@ADMIN@|$((port + 2))|g" \
    "$here/kafka/server.properties" >"$file"
  if [ "$acl" = yes ]; then
    sed "s|@PORT@|$port|g; s|@CONTROLLER@|$((port + 1))|g; s|@ADMIN@|$((port + 2))|g" \
      "$here/kafka/acl.properties" >>"$file"
  fi
  if [ -n "$certificates" ]; then
    sed "s|@PORT@|$port|g; s|@CONTROLLER@|$((port + 1))|g; s|@TLS@|$((port + 2))|g
         s|@MUTUAL@|$((port + 3))|g; s|@SASL@|$((port + 4))|g; s|@CERTIFICATES@|$certificates|g" \
      "$here/kafka/tls.properties" >>"$file"
  fi
  [ -z "$config" ] || cat "$config" >>"$file"
}

start() {
  [ $# -ge 2 ] ||
    fail "usage: kafka.sh start DIR PORT [--config FILE] [--cluster-id ID] [--acl] [--tls CERTIFICATES]"
  mkdir -p "$1"
  local dir port=$2 acl=no certificates='' config='' cluster='' mechanism pid i
  local users=()
  dir=$(cd "$1" && pwd)
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --config) config=${2:?--config needs a file}; shift 2 ;;
      --cluster-id) cluster=${2:?--cluster-id needs an id}; shift 2 ;;
      --acl) acl=yes; shift ;;
      --tls) certificates=$(cd "${2:?--tls needs a directory}" && pwd); shift 2 ;;
      *) fail "unknown option $1" ;;
    esac
  done
  install_jars
  [ ! -e "$dir/pid" ] || ! alive "$(<"$dir/pid")" "$dir" || fail "already running in $dir"
  write_properties "$dir" "$port" "$acl" "$certificates" "$config"
  if [ -n "$certificates" ]; then
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
      users+=(--add-scram "$mechanism=[name=replay,password=replay-secret]")
    done
  fi
  if [ ! -e "$dir/data/meta.properties" ]; then
    [ -n "$cluster" ] || cluster=$(tool kafka.tools.StorageTool random-uuid)
    tool kafka.tools.StorageTool format -t "$cluster" \
      -c "$dir/server.properties" "${users[@]}" >"$dir/format.log" 2>&1 ||
      fail "formatting $dir failed: $(tail -n 3 "$dir/format.log")"
  fi
  [ ! -e "$dir/server.log" ] || mv "$dir/server.log" "$dir/server.log.1"
  : >"$dir/server.log"
  # shellcheck disable=SC2086
  setsid java -Xmx512m ${KAFKA_JVM_FLAGS:-$quick_jvm} -cp "$jars/*" \
    kafka.Kafka "$dir/server.properties" </dev/null >"$dir/server.log" 2>&1 &
  pid=$!
  echo $pid >"$dir/pid"
  for i in {1..600}; do
    kill -0 $pid 2>/dev/null ||
      fail "the broker ended at once; see $dir/server.log: $(grep -m 3 -iE 'error|exception' "$dir/server.log")"
    grep -q 'Kafka Server started' "$dir/server.log" && port_answers "$port" && return 0
    sleep 0.1
  done
  kill -9 $pid
  fail "the broker did not answer within 60 s; see $dir/server.log"
}

topic() {
  [ $# -ge 3 ] || fail "usage: kafka.sh topic PORT NAME PARTITIONS [config=value ...]"
  local port=$1 name=$2 partitions=$3 pair
  local options=()
  shift 3
  for pair in "$@"; do options+=(--config "$pair"); done
  tool org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$port" --create \
    --topic "$name" --partitions "$partitions" --replication-factor 1 "${options[@]}" >/dev/null
}

acl() {
  local port=${1:?usage: kafka.sh acl PORT ARGUMENTS...}
  shift
  tool org.apache.kafka.tools.AclCommand --bootstrap-server "127.0.0.1:$port" "$@" >/dev/null
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  install) install_jars ;;
  start) start "$@" ;;
  stop) end TERM "$@" ;;
  kill) end KILL "$@" ;;
  topic) topic "$@" ;;
  acl) acl "$@" ;;
  tool) tool "$@" ;;
  free-port) free_port 5 ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
