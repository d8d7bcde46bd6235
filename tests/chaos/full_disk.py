"""Plays a schedule of a small disk: `reprocess run --out`, its output and its SQLite books on a tmpfs
that is full from time to time."""

import shutil
import subprocess

from harness.command import Operator, SqliteBooks
from harness.programs import COMPLETED, UNSENT_LINES
from harness.world import World
from play import Play

DISK_BYTES = 64 << 20


class NoRight(Exception):
    """A disk cannot be mounted here."""


class FullDisk(Play):
    complete = {COMPLETED, UNSENT_LINES}

    def make_world(self, name, folder):
        self.disk = folder / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", self.disk]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise NoRight("not played: there is no right to mount a small disk")
        self.world = World(name, folder, None, SqliteBooks(self.disk / "books.db"), self.programs)
        self.operator = Operator(self.world)
        self.operator.out = self.disk / "out"

    def close(self):
        shutil.copytree(self.disk, self.disk.with_name("disk-was"))
        subprocess.run(["umount", self.disk], check=True)

    def start(self, _):
        return self.operator.start(*self.operator.run_arguments(), **self.schedule.settings)

    def committed(self):
        return self.operator.committed()

    def disk_full(self, shard):
        """At most a few pages are left, so that now the output, now the books are what fails."""
        if not self.main[shard].freeze():  # it would be done before the disk is full
            return False
        filler = self.disk / "filler"
        self.heal.append(filler.unlink)
        with filler.open("wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(1 << 16))
            except OSError:
                out.truncate(max(0, out.tell() - self.dice.choice((0, 1, 8, 32)) * 4096))
        self.main[shard].thaw()
        self.pause(self.dice.uniform(0.3, 2.0))
        self.heal.pop()()
        return True

    def check(self):
        self.operator.check_delivered()
        self.done.records = len(self.operator.delivered())
        self.check_rows()
