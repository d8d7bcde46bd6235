# ./dev build
source tools/dev/common.sh
source tools/dev/packages.sh

install_packages $build_packages
build_preset release
say "built build/release/bin/reprocess and build/release/bin/reprocessing-worker"
