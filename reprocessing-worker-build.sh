#!/usr/bin/env bash
# Builds the image of the worker and the operator's command.
#
#   ./reprocessing-worker-build.sh [--push] [TAG…]     default: jitsucom/bulker-reprocessing-worker:latest
#
#   --push      pushes each tag, once all is built; without it nothing leaves this machine
#   settings    CONTAINER_ENGINE   docker, podman or buildah; default: the first of them that is there
#               DEBIAN             release of the base image, default trixie
#               BUILD_OPTIONS      more options of the engine's build, split at blanks
#   exit        0, or the engine's code
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

push=no
tags=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --push) push=yes ;;
    -*)
      sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"
      [[ $1 == --help || $1 == -h ]] || exit 1
      exit 0
      ;;
    *) tags+=("$1") ;;
  esac
  shift
done
[[ ${#tags[@]} -gt 0 ]] || tags=(jitsucom/bulker-reprocessing-worker:latest)

engine=${CONTAINER_ENGINE:-}
for candidate in docker podman buildah; do
  [[ -n $engine ]] || ! command -v "$candidate" >/dev/null || engine=$candidate
done
[[ -n $engine ]] || {
  echo "reprocessing-worker-build.sh: neither docker nor podman nor buildah is here: install one, or set CONTAINER_ENGINE" >&2
  exit 1
}

options=(--build-arg "DEBIAN=${DEBIAN:-trixie}")
for tag in "${tags[@]}"; do options+=(-t "$tag"); done
# shellcheck disable=SC2086
"$engine" build "${options[@]}" ${BUILD_OPTIONS:-} .
[[ $push == no ]] || for tag in "${tags[@]}"; do "$engine" push "$tag"; done
