#!/usr/bin/env bash
# Runs a command with a fresh Kafka broker of its own:  with_kafka.sh [--acl] COMMAND ARGUMENTS...
#
#   environment  TEST_KAFKA_BROKERS for the command, TEST_KAFKA_DIR and TEST_KAFKA_PORT to restart the
#                broker with kafka.sh; with --acl the brokers are SASL_PLAINTEXT, and
#                TEST_KAFKA_ADMIN_PORT is the port for kafka.sh acl and topic
#   topics       this broker makes a topic that is asked for, where the client lets it: so tests can show
#                that nothing of ours does
#   exit         the command's
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=$here/kafka.sh
options=()
if [ "${1:-}" = --acl ]; then
  options+=(--acl)
  shift
fi
[ $# -gt 0 ] || { echo "usage: with_kafka.sh [--acl] COMMAND ARGUMENTS..." >&2; exit 1; }

directory=$(mktemp -d "${TMPDIR:-/tmp}/with_kafka.XXXXXX")
trap '"$kafka" kill "$directory" || true; rm -rf "$directory"' EXIT
"$kafka" install
echo auto.create.topics.enable=true >"$directory/extra.properties"
port=$("$kafka" free-port)
"$kafka" start "$directory" "$port" --config "$directory/extra.properties" "${options[@]}"
export TEST_KAFKA_BROKERS=127.0.0.1:$port TEST_KAFKA_DIR=$directory TEST_KAFKA_PORT=$port
[ ${#options[@]} -eq 0 ] || export TEST_KAFKA_ADMIN_PORT=$((port + 2))
"$@"
