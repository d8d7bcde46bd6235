#!/usr/bin/env bash
# Runs a command with a real PostgreSQL server of its own:
#
#   with_postgres.sh COMMAND…
#
#   environment  TEST_POSTGRES_URL      where it is, as its superuser
#                TEST_POSTGRES_CONTROL  "… stop" and "… start" with it end and revive the server
#   exit         the command's
set -euo pipefail

servers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 2; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/with_postgres.XXXXXX")
trap '"$servers/postgres.sh" remove "$dir" || true' EXIT
port=$("$servers/postgres.sh" free-port)
TEST_POSTGRES_URL=$("$servers/postgres.sh" start "$dir" "$port")

cat >"$dir/control" <<CONTROL
#!/bin/sh
case \$1 in
  stop) exec "$servers/postgres.sh" stop "$dir" ;;
  start) exec "$servers/postgres.sh" start "$dir" "$port" ;;
esac
CONTROL
chmod +x "$dir/control"
TEST_POSTGRES_CONTROL=$dir/control
export TEST_POSTGRES_URL TEST_POSTGRES_CONTROL
"$@"
