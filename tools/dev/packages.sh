# Debian packages, and how they are installed. Sourced after common.sh.
#
# One word a package; a|b is the first that this release has.
build_packages='
  ca-certificates ccache cmake g++ ninja-build pkg-config
  libboost-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libisal-dev libmimalloc-dev libpq-dev libpugixml-dev
  librdkafka-dev libsimdjson-dev libspdlog-dev libsqlite3-dev libssl-dev libxxhash-dev libyaml-cpp-dev libzstd-dev
  nlohmann-json3-dev prometheus-cpp-dev'
sample_packages='python3 zstd'
test_packages='fish libgmock-dev libgtest-dev python3-venv systemd zlib1g-dev zsh zstd'
page_packages='chromium'
# Node.js from its makers brings an npm that Debian's conflicts with.
command -v npm >/dev/null || page_packages+=' nodejs npm'
server_packages='curl default-jre-headless kcat|kafkacat maven openssl pgbouncer postgresql'
check_packages='clang-format-19 clang-tidy-19 git'
bench_packages='libbenchmark-dev'
clang_packages='clang-19 libclang-rt-19-dev'

installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }
available() { [[ $(apt-cache policy "$1" 2>/dev/null) == *"Candidate: "[0-9]* ]]; }

lists_are_fresh() {
  [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit) ]]
}

# install_packages SPEC…: those of them that are missing.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local spec name choice missing=()
  for spec in "$@"; do
    choice=
    for name in ${spec//|/ }; do
      if installed "$name"; then choice=$name; fi
    done
    if [[ -z $choice ]]; then missing+=("$spec"); fi
  done
  if [[ ${#missing[@]} == 0 ]]; then return 0; fi

  say "install ${missing[*]}"
  if ! lists_are_fresh; then install_step "update apt's lists" as_root apt-get update; fi
  local names=()
  for spec in "${missing[@]}"; do
    choice=${spec%%|*}
    for name in ${spec//|/ }; do
      if available "$name"; then
        choice=$name
        break
      fi
    done
    names+=("$choice")
  done
  install_step "install packages" apt_install "${names[@]}"
}

# Lists can be fresh by date and still name a version that the mirror has replaced.
apt_install() {
  if [[ ${attempt:-1} == 2 ]]; then as_root apt-get update || true; fi
  as_root apt-get install -y -q --no-install-recommends "$@"
}

fetch_promtool() {
  if [[ ${attempt:-1} == 2 ]]; then as_root apt-get update || true; fi
  tests/servers/promtool.sh install
}

# The tests' own servers, each once: the control plane takes ten minutes to build.
install_servers() {
  install_packages $server_packages
  install_step "fetch Kafka" tests/servers/kafka.sh install
  install_go
  install_step "fetch promtool" fetch_promtool
  install_step "build the S3 server" tests/servers/s3.sh install
  install_step "build the Kubernetes control plane" tests/servers/kubernetes.sh install
}

# Go, for servers of the tests. From 1.21 on it fetches what a module asks for by itself;
# Debian 12's own cannot, its backports' can.
install_go() {
  export PATH="$PATH:/usr/local/go/bin:/usr/lib/go-1.23/bin"
  if go_is_new; then return 0; fi
  if [[ $(apt-cache policy golang-go 2>/dev/null) =~ Candidate:\ [0-9]+:1\.(2[1-9]|[3-9]) ]]; then
    install_packages golang-go
    return
  fi
  say "install golang-1.23 from backports"
  local source=/etc/apt/sources.list.d/reprocess-backports.list
  if ! available golang-1.23-go; then
    echo "deb http://deb.debian.org/debian $(. /etc/os-release && echo "$VERSION_CODENAME")-backports main" |
      as_root tee "$source" >/dev/null
    install_step "update apt's lists" as_root apt-get update
  fi
  install_packages golang-1.23-go
}

go_is_new() { [[ $(GOTOOLCHAIN=local go version 2>/dev/null) =~ \ go1\.(2[1-9]|[3-9]) ]]; }

# The tests' Python: Debian's own, with pinned packages in build/venv.
install_venv() {
  local wanted
  wanted=$(sha256sum tests/requirements.txt)
  if [[ -x build/venv/bin/python && $(cat build/venv/wanted 2>/dev/null) == "$wanted" ]]; then return 0; fi
  say "install the tests' Python packages"
  install_step "make build/venv" /usr/bin/python3 -m venv --clear build/venv
  install_step "install tests/requirements.txt" \
    build/venv/bin/python -m pip install --disable-pip-version-check -q -r tests/requirements.txt
  echo "$wanted" >build/venv/wanted
}
