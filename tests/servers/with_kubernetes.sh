#!/usr/bin/env bash
# Runs a command with a real Kubernetes control plane of its own:
#
#   with_kubernetes.sh COMMAND…
#
#   environment  TEST_KUBE_ADMIN and TEST_KUBE_SUBMITTER: kubeconfigs (kubernetes.sh says what the two may do)
#   exit         the command's
set -euo pipefail

servers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 2; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/with_kubernetes.XXXXXX")
trap '"$servers/kubernetes.sh" remove "$dir" || true' EXIT
"$servers/kubernetes.sh" start "$dir"
export TEST_KUBE_ADMIN=$dir/admin.kubeconfig TEST_KUBE_SUBMITTER=$dir/submitter.kubeconfig
"$@"
