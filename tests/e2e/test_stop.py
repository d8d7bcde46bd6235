"""SIGTERM while something hangs: the process ends in time all the same, and a restart goes on."""

import contextlib
import os
import signal
import sqlite3
from pathlib import Path

import psycopg

from harness.books import check_books
from harness.command import Operator, SqliteBooks
from harness.corpus import Line, messages
from harness.programs import COMPLETED, STOPPED
from harness.waits import wait_until

# The shortest that a transaction allows: seconds, where the defaults make half a minute.
SOON = {
    "REPROCESS_DRAIN_TIMEOUT_MS": "200",
    "REPROCESS_TRANSACTION_TIMEOUT_MS": "1000",
    "REPROCESS_STOP_TIMEOUT_MS": "2000",
}
SAID = "stop: not done 2000 ms after the signal"


@contextlib.contextmanager
def frozen(server):
    """A server whose processes stand still: it keeps connections, and answers nothing."""
    pid = int((server / "pid").read_text() if (server / "pid").exists()
              else (server / "data/postmaster.pid").read_text().splitlines()[0])  # fmt: skip
    os.kill(pid, signal.SIGSTOP)  # first: it makes no new ones while it stands
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pids = [pid, *map(int, children)]
    try:
        for each in pids:
            with contextlib.suppress(ProcessLookupError):  # it was about to end
                os.kill(each, signal.SIGSTOP)
        yield
    finally:
        for each in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def begun(world, **variables):
    """A run in its middle, with rows to be stored all the way."""
    lines = messages(6_000)
    for at in range(100, len(lines), 200):
        lines.insert(at, Line(b"bad", "invalid_json"))
    world.add(lines)
    world.config["max_messages_per_second"] = 500
    running = world.start(**variables)
    world.wait_committed(500, unless=lambda: not running.running)
    assert running.running, running.err
    return running


def goes_on(world):
    del world.config["max_messages_per_second"]
    world.run()
    world.check_delivered()
    check_books(world)


def test_a_database_that_answers_nothing(world):
    running = begun(world, **SOON)
    with frozen(world.database.cluster.directory):
        running.signal(signal.SIGTERM)
        running.expect(STOPPED, deadline=20)
    assert SAID in running.err
    goes_on(world)


def test_a_broker_that_answers_nothing(world):
    """Also what librdkafka does to get rid of its handle may take any time."""
    running = begun(world, **SOON)
    with frozen(world.broker.directory):
        running.signal(signal.SIGTERM)
        running.expect(STOPPED, deadline=20)
    goes_on(world)


def test_a_table_that_somebody_has_locked(world):
    running = begun(world, **SOON)
    with psycopg.connect(world.database.url) as connection:
        connection.execute("LOCK TABLE reprocessing_workers, reprocessing_shards, "
                           "reprocessing_files, reprocessing_errors IN ACCESS EXCLUSIVE MODE")  # fmt: skip
        running.signal(signal.SIGTERM)
        running.expect(STOPPED, deadline=20)
    goes_on(world)


def test_a_sqlite_file_that_somebody_has_locked(world, tmp_path):
    world.database = SqliteBooks(tmp_path / "books.db")
    operator = Operator(world)
    world.add(messages(6_000))
    arguments = operator.run_arguments("--connection", "c")
    running = operator.start(*arguments, "--max-messages-per-second", 500, **SOON)
    wait_until(lambda: operator.committed() > 500 or not running.running, "it has begun")
    other = sqlite3.connect(world.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    running.signal(signal.SIGTERM)
    running.expect(STOPPED, deadline=20)
    other.close()
    operator.call(*arguments).expect(COMPLETED)
    operator.check_delivered()
