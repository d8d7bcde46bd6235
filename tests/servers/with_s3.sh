#!/usr/bin/env bash
# Runs a command with a real S3 server of its own:
#
#   with_s3.sh COMMAND…
#
#   environment  AWS_ENDPOINT_URL_S3, AWS_REGION and the keys of a user who may do anything
#   exit         the command's
set -euo pipefail

servers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 2; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/with_s3.XXXXXX")
trap '"$servers/s3.sh" remove "$dir" || true' EXIT
AWS_ENDPOINT_URL_S3=$("$servers/s3.sh" start "$dir" "$("$servers/s3.sh" free-port)")
export AWS_ENDPOINT_URL_S3 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=testak
export AWS_SECRET_ACCESS_KEY=testsecret
"$@"
