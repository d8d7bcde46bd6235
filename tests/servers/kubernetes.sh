#!/usr/bin/env bash
# One real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager, on 127.0.0.1, with
# neither scheduler nor kubelet: pods stay pending, unless the tests' own nodes run them (pods/).
#
#   kubernetes.sh install       build it (Go; ten minutes or more) into the cache, once
#   kubernetes.sh start DIR     start it afresh; returns when it answers and the namespace is there
#   kubernetes.sh kill DIR COMPONENT    SIGKILL to one of them
#   kubernetes.sh again DIR COMPONENT   start that one again, on the same data and port
#   kubernetes.sh remove DIR    SIGKILL to all, and delete the data
#
#   namespace  replay; it warns of pods that are not restricted
#   users      DIR/admin.kubeconfig may do anything; DIR/submitter.kubeconfig may do, in the namespace, what
#              deploy/kubernetes/role.yaml says
#   backoff    of failed pods: 0.5 s to 5 s, not 10 s to 10 min
#   files      DIR/url; DIR/COMPONENT/{pid,server.log}, COMPONENT: etcd, kube-apiserver, kube-controller-manager
#   settings   REPROCESS_CACHE (~/.cache/reprocess)
#   exit       0, or 1 with the reason on stderr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/process.sh"

readonly version=1.34.4
readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/kubernetes
readonly cache=${REPROCESS_CACHE:-$HOME/.cache/reprocess}
readonly server=$cache/kubernetes-$version/control_plane
readonly components='kube-controller-manager kube-apiserver etcd'
readonly controllers=job-controller,namespace-controller,serviceaccount-controller,garbage-collector-controller,\
ttl-after-finished-controller,root-ca-certificate-publisher-controller,pod-garbage-collector-controller

install() {
  [ ! -x "$server" ] || return 0
  command -v go >/dev/null || fail "go is missing: ./dev test installs it"
  mkdir -p "$(dirname "$server")"
  exec 9>"$cache/kubernetes-$version.lock"
  flock 9
  [ -x "$server" ] || (cd "$here" && GOTOOLCHAIN=auto go build -trimpath -o "$server.part" . >&2 &&
    mv "$server.part" "$server") || fail "go build of Kubernetes $version failed"
  exec 9>&-
}

# alive PID DIR: that process runs and is the component of DIR.
alive() { [ -r "/proc/$1/cmdline" ] && grep -qzF "$2/" "/proc/$1/cmdline" 2>/dev/null; }

# run DIR COMPONENT OPTION…
run() {
  printf '%s\n' "${@:2}" >"$1/$2/command"
  run_again "$1/$2"
}

run_again() {
  local command
  mapfile -t command <"$1/command"
  setsid "$server" "${command[@]}" </dev/null >>"$1/server.log" 2>&1 &
  echo $! >"$1/pid"
}

# kubeconfig DIR PORT USER
kubeconfig() {
  cat >"$1/$3.kubeconfig" <<CONFIG
apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster: {server: "https://127.0.0.1:$2", certificate-authority: kube-apiserver/certificates/apiserver.crt}
users:
- name: $3
  user: {token: $3-token}
contexts:
- name: test
  context: {cluster: test, user: $3, namespace: replay}
CONFIG
}

# call DIR PATH [CURL OPTION…]: as the admin.
call() {
  curl -sf -o /dev/null --noproxy '*' --max-time 10 --cacert "$1/kube-apiserver/certificates/apiserver.crt" \
    -H 'Authorization: Bearer admin-token' "${@:3}" "$(<"$1/url")$2" 2>/dev/null
}

# post DIR PATH TEXT|@FILE: of an object, as YAML or JSON.
post() { call "$1" "$2" -H 'Content-Type: application/yaml' --data-binary "$3"; }

start() {
  [ $# -eq 1 ] || fail "usage: kubernetes.sh start DIR"
  install
  local dir port etcd component
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  for component in $components; do mkdir -p "$dir/$component"; done
  port=$(free_port 3)
  echo "https://127.0.0.1:$port" >"$dir/url"
  etcd=http://127.0.0.1:$((port + 1))
  openssl genrsa -out "$dir/accounts.key" 2048 2>/dev/null || fail "openssl made no key"
  printf '%s\n' 'admin-token,admin,admin,"system:masters"' 'submitter-token,submitter,submitter' >"$dir/tokens.csv"
  kubeconfig "$dir" "$port" admin
  kubeconfig "$dir" "$port" submitter

  run "$dir" etcd --data-dir "$dir/etcd/data" --unsafe-no-fsync --listen-client-urls "$etcd" \
    --advertise-client-urls "$etcd" --listen-peer-urls "http://127.0.0.1:$((port + 2))" \
    --initial-advertise-peer-urls "http://127.0.0.1:$((port + 2))" \
    --initial-cluster "default=http://127.0.0.1:$((port + 2))"
  run "$dir" kube-apiserver --etcd-servers "$etcd" --bind-address=127.0.0.1 --secure-port "$port" \
    --cert-dir "$dir/kube-apiserver/certificates" --token-auth-file "$dir/tokens.csv" --authorization-mode=RBAC \
    --anonymous-auth=false --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file "$dir/accounts.key" --service-account-signing-key-file "$dir/accounts.key" \
    --service-cluster-ip-range=10.0.0.0/24 --endpoint-reconciler-type=none \
    --kubelet-preferred-address-types=InternalIP,Hostname
  wait_for "$dir" kube-apiserver call "$dir" /readyz
  run "$dir" kube-controller-manager --kubeconfig "$dir/admin.kubeconfig" --leader-elect=false --secure-port=0 \
    --cert-dir "$dir/kube-controller-manager/certificates" --controllers="$controllers" \
    --service-account-private-key-file "$dir/accounts.key" \
    --root-ca-file "$dir/kube-apiserver/certificates/apiserver.crt"
  post "$dir" /api/v1/namespaces \
    '{"metadata":{"name":"replay","labels":{"pod-security.kubernetes.io/warn":"restricted"}}}' ||
    fail "the namespace could not be made"
  local rbac=/apis/rbac.authorization.k8s.io/v1/namespaces/replay
  post "$dir" $rbac/roles "@$here/../../../deploy/kubernetes/role.yaml" || fail "the Role could not be made"
  post "$dir" $rbac/rolebindings '{"metadata":{"name":"submitter"},
    "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reprocess-submitter"},
    "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"submitter"}]}' ||
    fail "the RoleBinding could not be made"
  wait_for "$dir" kube-controller-manager call "$dir" /api/v1/namespaces/replay/serviceaccounts/default
}

# wait_for DIR COMPONENT COMMAND…
wait_for() {
  local log=$1/$2/server.log i
  for i in {1..1200}; do
    kill -0 "$(<"$1/$2/pid")" 2>/dev/null || fail "$2 ended at once: $(tail -n 3 "$log")"
    ! "${@:3}" || return 0
    sleep 0.1
  done
  fail "$2 was not ready within 120 s; see $log"
}

# A process that was killed has its port until it is a zombie, or gone.
kill_one() {
  [ $# -eq 2 ] || fail "usage: kubernetes.sh kill DIR COMPONENT"
  local pid
  pid=$(<"$1/$2/pid")
  end KILL "$1/$2"
  until [ ! -e "/proc/$pid" ] || grep -q '^State:.[ZX]' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
}

again() {
  [ $# -eq 2 ] || fail "usage: kubernetes.sh again DIR COMPONENT"
  run_again "$(cd "$1" && pwd)/$2"
  wait_for "$1" "$2" call "$1" /readyz
}

remove() {
  local component
  for component in $components; do end KILL "$1/$component"; done
  rm -rf "$1"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  install) install ;;
  start) start "$@" ;;
  kill) kill_one "$@" ;;
  again) again "$@" ;;
  remove) remove "$@" ;;
  *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" ;;
esac
