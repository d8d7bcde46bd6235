# What the servers' scripts share. Sourced; the script defines alive PID DIR.

fail() { echo "$(basename "$0"): $*" >&2; exit 1; }

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port [COUNT]: the first of COUNT ports in a row that nobody listens on, and that nobody else is told of
# for three hours: a server that is killed finds its port free again.
free_port() {
  local count=${1:-1} port try next taken=${TMPDIR:-/tmp}/reprocess-ports-$UID
  mkdir -p "$taken"
  find "$taken" -mindepth 1 -mmin +180 -delete 2>/dev/null || true
  for try in {1..200}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    for ((next = port; next < port + count; ++next)); do
      mkdir "$taken/$next" 2>/dev/null && ! port_answers "$next" || continue 2
    done
    echo "$port"
    return
  done
  fail "no free port"
}

# end SIGNAL DIR: and kills the server of DIR when it is still there 30 s later.
end() {
  [ -d "${2:?usage: $(basename "$0") stop DIR}" ] || return 0
  local dir pid i
  dir=$(cd "$2" && pwd)
  [ -e "$dir/pid" ] || return 0
  pid=$(<"$dir/pid")
  if alive "$pid" "$dir"; then
    kill "-$1" "$pid"
    for i in {1..600}; do
      alive "$pid" "$dir" || break
      sleep 0.05
    done
    ! alive "$pid" "$dir" || kill -9 "$pid"
  fi
  rm -f "$dir/pid"
}
