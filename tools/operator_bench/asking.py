"""What asking for a large job takes: by a call, and by the command."""

import json
import statistics
import subprocess
import time

import psycopg
from runs import BIN
from service import OPERATOR
from world import large_job

WORKERS, FILES, CALLS, COMMANDS = 100, 100_000, 1_000, 15
PER_FILE = ("SELECT COALESCE(SUM(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_user_tables "
            "WHERE relname = 'reprocessing_files'")  # fmt: skip


def file_rows_read(books):
    """By all that were asked for until now; the server counts them when a connection ends, or a second later."""
    with psycopg.connect(books.url) as database:
        database.execute("SELECT pg_stat_force_next_flush()")
        return int(database.execute(PER_FILE).fetchone()[0])


def calls(service, path):
    connection, took = service.connect(), []
    for _ in range(CALLS):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {OPERATOR}"})
        answer = connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]}")
    connection.close()
    return sorted(took), len(body)


def rows(world):
    books = world.postgres.create()
    large_job(world, books, "large", WORKERS, FILES, running=True)
    service = world.service(books)
    size = f"{WORKERS} workers, {FILES:,} files, PostgreSQL"
    calls(service, "/api/v1/jobs/large")
    before = file_rows_read(books)
    took, bytes_ = calls(service, "/api/v1/jobs/large")
    service.stop()
    read = file_rows_read(books) - before
    yield {"what": f"GET /api/v1/jobs/{{id}}: {size}",
           "figure": f"p50 {took[CALLS // 2]:.1f} ms, p99 {took[CALLS * 99 // 100]:.1f} ms ({bytes_:,} bytes); "
                     f"{read / CALLS:.0f} rows of files read a call",
           "mark": "p50 5 ms, p99 20 ms, no row a file", "command": f"{CALLS:,} calls on one connection"}  # fmt: skip
    walls = []
    command = [BIN / "reprocess", "status", "large", "--json", "--database", books.url]
    for _ in range(COMMANDS):
        began = time.perf_counter()
        # Without a time-out, for which Python would look at it every 50 ms.
        shown = subprocess.run(command, check=True, capture_output=True).stdout
        walls.append((time.perf_counter() - began) * 1000)
    assert len(json.loads(shown)["shards"]) == WORKERS
    yield {"what": f"reprocess status JOB: {size}",
           "figure": f"{statistics.median(walls):.0f} ms wall ({min(walls):.0f} to {max(walls):.0f})",
           "mark": "60 ms", "command": f"{COMMANDS} runs"}  # fmt: skip
