"""`reprocess serve` as a person starts it, and files to replay with it."""

import gzip
import json
import re

import pytest

from harness.databases import free_port
from harness.programs import BIN, COMPLETED, UNSENT_LINES, Program
from harness.waits import wait_until

MARKUP = "<img src=x onerror=alert(1)>"


class Service:
    """One service over a folder: its database, its state, its port. It can be stopped and started anew."""

    def __init__(self, folder, environment=None):
        self.folder, self.port = folder, free_port()
        self.database = folder / "books.db"
        self.environment = {"REPROCESS_STATE_DIR": str(folder / "state"), "REPROCESS_LAUNCHER": "here"} | (environment or {})
        self.url = f"http://127.0.0.1:{self.port}"
        self._program, self._starts, self._commands = None, 0, 0

    def start(self):
        self._starts += 1
        arguments = ["reprocess", "serve", "--port", self.port]
        if "DATABASE_URL" not in self.environment:
            arguments += ["--database", self.database]
        self._program = Program(arguments, self.environment, self.folder / f"serve-{self._starts}")
        wait_until(self._said, "serve says where it is", 30)

    def _said(self):
        assert self._program.running, self._program.err
        return self.first_address

    @property
    def first_address(self):
        """What it printed: the address, with a code in its fragment where nobody has a token."""
        found = re.search(r"https?://\S+", self._program.out)
        return found and found[0]

    def kill(self):
        self._program.kill()

    def end(self):
        if self._program and self._program.running:
            self._program.process.terminate()
            self._program.expect(COMPLETED)

    def command(self, *arguments, exits=(COMPLETED,)):
        """`reprocess …` on the same database."""
        self._commands += 1
        stem = self.folder / f"command-{self._commands}"
        books = () if "DATABASE_URL" in self.environment else ("--database", self.database)
        program = Program(["reprocess", *arguments, *books], self.environment, stem)
        assert program.wait(60) in exits, program.err
        return program.out


def started(folder, environment=None):
    if not (BIN / "reprocess").exists():
        raise pytest.UsageError(f"{BIN}/reprocess is missing: ./dev build, or REPROCESS_BIN_DIR")
    service = Service(folder, environment)
    service.start()
    return service


def event(number, **more):
    return json.dumps(
        {
            "messageCreated": f"2026-05-01T00:{number // 60 % 60:02}:{number % 60:02}.000Z",
            "type": "track",
            "origin": {"slug": f"site-{number % 3}", "sourceId": f"src{number % 3:04}"},
            "number": number,
            **more,
        }
    )


def write_files(folder, files=3, lines=400, bad=2, name="kafka_failover_2026_05_0{day}T{hour:02}_00_00.ndjson.gz"):
    """Failover files over three days; the first `bad` of them have a line that is no JSON, with markup."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        text = [event(number * lines + i) for i in range(lines)]
        if number < bad:
            text[lines // 2] = '{"type":"' + MARKUP + '", no json'
        path = folder / name.format(day=number % 3 + 1, hour=number // 3 % 24)
        path.write_bytes(gzip.compress("\n".join(text).encode() + b"\n", mtime=0))
    return folder


def replay(service, source, job, *options):
    """A job that has ended."""
    service.command("run", source, *_to(service), "--job", job, "--yes", "--shards", 2, "--again", *options,
                    exits=(COMPLETED, UNSENT_LINES))


def plan(service, source, job, *options):
    """A job that waits for somebody who confirms it."""
    service.command("plan", source, *_to(service), "--job", job, "--workers", 2, *options)


# Into the service's topic, where it has one; else into files.
def _to(service):
    to = () if "KAFKA_DESTINATIONS_TOPIC" in service.environment else ("--out", service.folder / "out")
    return (*to, "--connection", "c1")
