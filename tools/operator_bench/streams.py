"""What 500 listeners of one job that moves take."""

import pathlib
import re
import selectors
import socket
import statistics
import time

import psycopg
from attacks import Memory
from service import OPERATOR
from world import large_job

STREAMS, MOVES, WINDOW = 500, 12, 10
JOB = "moving"


class Listeners:
    """All the streams, read by one thread: whatever comes is stamped."""

    def __init__(self, service, number):
        self.ready, self.peers, self.got = selectors.DefaultSelector(), [], {}
        for at in range(number):
            connection = service.connect()
            connection.request("GET", f"/api/v1/events?job={JOB}", headers={"Authorization": f"Bearer {OPERATOR}"})
            # One after the other: more than 256 at a time that wait for the database are told to come again.
            if connection.sock.recv(12, socket.MSG_PEEK) != b"HTTP/1.1 200":
                raise SystemExit("a stream was not opened")
            connection.sock.setblocking(False)
            self.ready.register(connection.sock, selectors.EVENT_READ, at)
            self.peers.append(connection)

    def until_all_have(self, word, deadline):
        """When each had it, by the monotonic clock."""
        seen, kept = {}, {}
        while len(seen) < len(self.peers):
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(self.peers) - len(seen)} of {len(self.peers)} streams were not told of {word}")
            for key, _ in self.ready.select(0.2):
                text = kept.get(key.data, b"")[-200:] + key.fileobj.recv(1 << 20)
                kept[key.data] = text
                if word in text:
                    seen.setdefault(key.data, time.monotonic())
        return seen

    def drain(self, until):
        while time.monotonic() < until:
            for key, _ in self.ready.select(until - time.monotonic()):
                key.fileobj.recv(1 << 20)

    def close(self):
        for peer in self.peers:
            peer.close()


def statements(cluster, name):
    """How many statements the server was given by that application."""
    log = pathlib.Path(cluster.directory / "data" / "server.log").resolve()
    return len(re.findall(rf"^{name} LOG: +(?:statement|execute)", log.read_text(), re.MULTILINE))


def move(database, step):
    """What a heartbeat of a worker and its commit would change; when it was committed."""
    database.execute("UPDATE reprocessing_workers SET error = %s WHERE job_id = %s AND worker_index = 0",
                     (f"step-{step}.", JOB))  # fmt: skip
    return time.monotonic()


def rows(world):
    cluster, books = world.postgres, world.postgres.create()
    large_job(world, books, JOB, 10, 1_000, running=True)
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET log_statement = 'all'")
        admin.execute("ALTER SYSTEM SET log_line_prefix = '%a '")
        admin.execute("SELECT pg_reload_conf()")
    books.url += "?application_name=bench-serve"
    service = world.service(books)
    memory = Memory(service.program.process)
    listeners = Listeners(service, STREAMS)
    with psycopg.connect(books.url.replace("bench-serve", "bench-mover"), autocommit=True) as database:
        listeners.until_all_have(b"event: snapshot", time.monotonic() + 60)
        late = []
        for step in range(MOVES):
            committed = move(database, step)
            told = listeners.until_all_have(f"step-{step}.".encode(), committed + 30)
            late += [when - committed for when in told.values()]
    before = statements(cluster, "bench-serve")
    listeners.drain(time.monotonic() + WINDOW)
    asked = (statements(cluster, "bench-serve") - before) / WINDOW
    grown = memory.grown() / (1 << 20)
    listeners.close()
    service.stop()
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM RESET ALL")
        admin.execute("SELECT pg_reload_conf()")
    late.sort()
    yield {"what": f"{STREAMS} event streams on one job that moves",
           "figure": f"{grown:.1f} MiB more resident; {asked:.1f} statements a second to the database; told after "
                     f"{statistics.median(late):.2f} s in the middle, {late[len(late) * 99 // 100]:.2f} s (p99), {late[-1]:.2f} s at the most",
           "mark": "32 MiB, 1 query a second, 1 s", "command": f"{MOVES} changes, then {WINDOW} s"}  # fmt: skip
