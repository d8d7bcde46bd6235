#!/usr/bin/env bash
# Tries a command on what stands in for a fresh Debian machine: a minimal root of that release, this
# tree as a clone would have it (commits and what is not committed yet), and nothing else.
#
#   tools/try_in_bare_root.sh SUITE COMMAND…     tools/try_in_bare_root.sh bookworm ./dev run
#
#   needs      root, mmdebstrap
#   machine    how this machine reaches its package registries (apt's sources and options, certificate
#              authorities, name resolution, proxies in the environment, pip, Maven) goes for the root too
#   files      ${REPROCESS_CACHE:-~/.cache/reprocess}/bare-root/SUITE.tar is made once; the root lies in
#              bare-root/SUITE and is made anew by each call, unless KEEP_ROOT=1 goes on in the last one
set -euo pipefail

[[ $# -ge 2 ]] || { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"; exit 1; }
suite=$1
shift
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${REPROCESS_CACHE:-$HOME/.cache/reprocess}/bare-root
root=$cache/$suite
mkdir -p "$cache"
own_suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

sources_of_this_machine() {
  local file=/etc/apt/sources.list.d/debian.sources
  [[ -e $file ]] || file=/etc/apt/sources.list
  sed "s/$own_suite/$suite/g" "$file"
}

copy() {
  local path
  for path in "$@"; do
    [[ -e $path ]] || continue
    mkdir -p "$root$(dirname "$path")"
    cp -aL "$path" "$root$(dirname "$path")/"
  done
}

apt-config dump | grep -E '^Acquire::(Check-|http|https|Retries)' >"$cache/apt.conf" || true
if [[ ! -e $cache/$suite.tar ]]; then
  sources_of_this_machine >"$cache/$suite.sources"
  APT_CONFIG=$cache/apt.conf mmdebstrap --variant=minbase "$suite" "$cache/$suite.new.tar" "$cache/$suite.sources"
  mv "$cache/$suite.new.tar" "$cache/$suite.tar"
fi

if [[ ${KEEP_ROOT:-} != 1 || ! -d $root ]]; then
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  tar -xf "$cache/$suite.tar" -C "$root" --exclude='./dev/*'
  cp "$cache/apt.conf" "$root/etc/apt/apt.conf.d/90this-machine"
  copy /etc/resolv.conf /etc/hosts /etc/pip.conf /usr/local/share/ca-certificates "$HOME/.m2/settings.xml"
  # Until ca-certificates is installed there: what the environment points at.
  copy /etc/ssl/certs/ca-certificates.crt
fi
mkdir -p "$root/root/reprocess"
# As of now: a file changed while an earlier build ran there would look older than what that made of it.
(cd "$project" && git ls-files -co --exclude-standard --deduplicate -z | while IFS= read -rd '' file; do
  [[ ! -e $file ]] || printf '%s\0' "$file"
done | tar -c --null -T - --owner=0 --group=0) | tar -x -m -C "$root/root/reprocess"

# The mounts are seen by this process tree alone and end with it.
export root
exec unshare --mount --pid --fork --kill-child bash -c '
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t sysfs sys "$root/sys" || true
  exec env -u REPROCESS_CACHE HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" bash -c "cd /root/reprocess && \"\$@\"" bash "$@"' bash "$@"
