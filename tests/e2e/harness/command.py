"""`reprocess` as an operator runs it: over the files of a world, into a directory or a broker."""

import json
import os
import re
import shlex
import sqlite3
import subprocess
from pathlib import Path

from .oracle import compact, parse_checkpoint
from .programs import BIN
from .world import COMMAND, QUICK


class SqliteBooks:
    """The books in a SQLite file, read by Python's own driver; same questions as a Database."""

    def __init__(self, path):
        self.path, self.url = Path(path), f"sqlite://{path}"

    def rows(self, statement, *parameters):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            found = connection.execute(statement.replace("%s", "?"), parameters)
            return [dict(row) for row in found.fetchall()]
        finally:
            connection.close()

    def row(self, statement, *parameters):
        rows = self.rows(statement, *parameters)
        assert len(rows) == 1, f"{statement} {parameters}: {len(rows)} rows"
        return rows[0]


def answered(arguments, home, answer):
    """Runs it with a terminal as standard input and error, and answers what it asks (None: does not);
    what the terminal showed, and the exit code."""
    ours, its = os.openpty()
    with (home / "out.txt").open("wb") as out:
        process = subprocess.Popen([BIN / COMMAND, *map(str, arguments)], stdin=its, stdout=out,
                                   stderr=its,
                                   env={**os.environ, **QUICK, "HOME": str(home)})  # fmt: skip
    os.close(its)
    shown, answers = "", 0
    while True:
        try:
            piece = os.read(ours, 65536).decode(errors="replace")
        except OSError:  # its end is closed
            break
        shown += piece  # a question may come in two pieces
        if answer is not None and shown.count("Type yes") > answers:
            os.write(ours, answer.encode())
            answers += 1
    os.close(ours)
    return shown, process.wait(60)


class Operator:
    """Runs `reprocess`; commands that need a job or database are given the world's."""

    def __init__(self, world):
        self.world = world
        self.out = world.directory / "out"

    def start(self, *arguments, **variables):
        environment = {**QUICK, **{name: str(value) for name, value in variables.items()}}
        return self.world.programs.start([COMMAND, *arguments], environment)

    def call(self, *arguments, expect=0, deadline=60.0, **variables):
        return self.start(*arguments, **variables).expect(expect, deadline)

    def about(self, command, *arguments, **options):
        """A command about the world's job."""
        job, database = self.world.job_id, self.world.database.url
        return self.call(command, job, "--database", database, *arguments, **options)

    def paste(self, command, shell=None, **options):
        """A command of the block Next, in a shell that has these variables and exports none of them."""
        filled = re.sub(r"\$(\w+)", lambda name: (shell or {}).get(name[1], ""), command)
        return self.call(*shlex.split(filled)[1:], **options)

    def run_arguments(self, *arguments, shards=1):
        return ["run", self.world.input, "--out", self.out, "--database", self.world.database.url,
                "--job", self.world.job_id, "--shards", shards, *arguments]  # fmt: skip

    def delivered(self, shard=0):
        """The lines of a shard's output file."""
        path = self.out / self.world.job_id / f"{shard}.ndjson"
        content = path.read_bytes()
        assert not content or content.endswith(b"\n"), "the last line is cut"
        return content.split(b"\n")[:-1]

    def committed(self, shard=0):
        """The lines that the checkpoint beside a shard's output file has counted."""
        path = self.out / self.world.job_id / f"{shard}.checkpoint"
        if not path.exists():
            return 0
        _, _, text = path.read_text().rstrip("\n").partition(" ")
        return parse_checkpoint(text)["s.lines"]

    def check_delivered(self, shards=1):
        """Each file's lines to send are in one shard's output, once each, and files in their order."""
        left = [self.delivered(shard) for shard in range(shards)]
        for file in self.world.files:
            wanted = [compact(line.text) for line in file.lines if line.fate == "send"]
            shard = next((lines for lines in left if lines[: len(wanted)] == wanted), None)
            assert shard is not None, file.path
            del shard[: len(wanted)]
        assert not any(left)


def json_of(program):
    """The one JSON value that a command with --json prints."""
    return json.loads(program.out)


def events_of(program):
    """The JSON events of `run --json`, a line each; the last one is the report."""
    return [json.loads(line) for line in program.out.splitlines()]
