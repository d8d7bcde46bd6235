"""One run of a container: a process in a mount namespace of its own, whose root has this machine's
programs, the image's folders, and what the pod mounts."""

import os
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .log import ContainerLog

SIGNAL_BASE = 128  # a process that signal N ended has exit code 128 + N
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The host's folders are there, read-only; /proc, /dev and /sys as they are.
BUILD_ROOT = """\
set -e
trap 'exit 128' EXIT
root=$1
/usr/bin/mount -t tmpfs -o mode=755 root "$root"
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then /usr/bin/cp -P "/$name" "$root/"; fi
done
for name in usr etc bin sbin lib lib64; do
  [ -d "/$name" ] && [ ! -e "$root/$name" ] || continue
  /usr/bin/mkdir "$root/$name"
  /usr/bin/mount --bind "/$name" "$root/$name"
  /usr/bin/mount -o remount,bind,ro "$root/$name"
done
for name in proc dev sys; do
  /usr/bin/mkdir "$root/$name"
  /usr/bin/mount --rbind "/$name" "$root/$name"
done
/usr/bin/mkdir -m 1777 "$root/tmp"
"""


@dataclass(frozen=True)
class Image:
    """What a name of an image stands for: its folders (this machine's → the container's), its command and
    its user."""

    command: tuple
    folders: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    user: int = 65532


@dataclass(frozen=True)
class Mount:
    source: Path
    target: str
    read_only: bool


def _propagation():
    """In a plain chroot "/" is no mount, and cannot be made private; it is in whoever entered it."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return "private" if any(line.split()[4] == "/" for line in mounts) else "unchanged"


def _mount_lines(mount):
    source, target = shlex.quote(str(mount.source)), shlex.quote(mount.target)
    lines = [f'/usr/bin/mkdir -p "$root"{target}', f'/usr/bin/mount --bind {source} "$root"{target}']
    if mount.read_only:
        lines.append(f'/usr/bin/mount -o remount,bind,ro "$root"{target}')
    return lines


def _script(command, mounts, user, read_only_root):
    lines = [BUILD_ROOT, *(line for mount in mounts for line in _mount_lines(mount))]
    if read_only_root:
        lines.append('/usr/bin/mount -o remount,ro "$root"')
    lines.append("exec </dev/null")
    rights = f"--reuid={user} --regid={user} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
    lines.append(f'exec /usr/sbin/chroot "$root" /usr/bin/setpriv {rights} -- {shlex.join(command)}')
    return "\n".join(lines) + "\n"


class Container:
    """Its root is made and its command begins before the constructor ends; `ended` is called with its exit
    code, on another thread."""

    def __init__(self, directory, command, environment, mounts, user, read_only_root, ended):
        root = Path(directory) / "root"
        root.mkdir(parents=True, exist_ok=True)
        self.log, self.exit_code, self._ended = ContainerLog(), None, ended
        script = _script(command, mounts, user, read_only_root)
        told, tells = os.pipe()
        self.process = subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "--propagation", _propagation(), "/bin/sh", "-c", script, "sh", root],
            env=environment,
            stdin=tells,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(tells)
        os.read(told, 1)  # ends when the script closes it: the root is made
        os.close(told)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.log.add(line)
        code = self.process.wait()
        self.exit_code = SIGNAL_BASE - code if code < 0 else code
        self.log.end()
        self._ended(self.exit_code)

    def signal(self, number):
        """To all of its processes; returns whether it was still there."""
        if self.exit_code is not None:
            return False
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return False
        return True

    def kill(self):
        return self.signal(signal.SIGKILL)
