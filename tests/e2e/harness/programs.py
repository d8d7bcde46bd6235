"""The programs under test, started and ended by process id."""

import os
import signal
import subprocess
from pathlib import Path

from .waits import wait_until

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("REPROCESS_BIN_DIR", ROOT / "build" / "dev" / "bin"))

COMPLETED, FATAL, FAILED_FILES, FENCED, STOPPED = range(5)  # exit codes
UNSENT_LINES = FAILED_FILES  # of `reprocess run`


class Program:
    """A running or ended program; what it wrote is in `out` and `err`."""

    def __init__(self, arguments, environment, log_stem, stdin=subprocess.DEVNULL):
        self._out_path, self._err_path = Path(f"{log_stem}.out"), Path(f"{log_stem}.err")
        with self._out_path.open("wb") as out, self._err_path.open("wb") as err:
            self.process = subprocess.Popen(
                [BIN / arguments[0], *map(str, arguments[1:])],
                env={"PATH": os.environ["PATH"], "HOME": str(self._out_path.parent), **environment},
                stdin=stdin,
                stdout=out,
                stderr=err,
                cwd=self._out_path.parent,
            )

    @property
    def out(self):
        return self._out_path.read_text(errors="replace")

    @property
    def err(self):
        return self._err_path.read_text(errors="replace")

    @property
    def running(self):
        return self.process.poll() is None

    def wait(self, deadline=60.0):
        """The exit code; -9 when it was killed."""
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {deadline} s:\n{self.err[-4000:]}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL; returns whether it was still running."""
        alive = self.running
        if alive:
            self.process.kill()
        self.process.wait()
        return alive

    def freeze(self):
        """SIGSTOP; returns whether it was still running."""
        self.signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.process.pid}/stat")

        def frozen():
            return not self.running or stat.read_text().rpartition(")")[2].split()[0] == "T"

        wait_until(frozen, "it is frozen")
        return self.running

    def thaw(self):
        self.signal(signal.SIGCONT)

    def expect(self, code, deadline=60.0):
        """Waits for the end and checks the exit code; returns itself."""
        got = self.wait(deadline)
        assert got == code, f"exit {got}, expected {code}:\n{self.err[-6000:]}\n{self.out[-2000:]}"
        return self


class Programs:
    """Starts programs in one test's directory, and ends what is left of them."""

    def __init__(self, directory):
        self.directory, self._started = Path(directory), []

    def start(self, arguments, environment, **options):
        stem = self.directory / f"{len(self._started)}-{Path(arguments[0]).name}"
        program = Program(arguments, environment, stem, **options)
        self._started.append(program)
        return program

    def end_all(self):
        for program in self._started:
            program.kill()
