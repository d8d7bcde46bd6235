# ./dev chaos [OPTION…]: see tests/chaos/__main__.py.
source tools/dev/common.sh
source tools/dev/packages.sh

install_packages $build_packages $test_packages $server_packages
install_go
[[ " $* " != *" --pods "* ]] || install_step "build the Kubernetes control plane" tests/servers/kubernetes.sh install
install_venv
build_preset dev reprocess reprocessing-worker
say "chaos"
exec build/venv/bin/python tests/chaos "$@"
