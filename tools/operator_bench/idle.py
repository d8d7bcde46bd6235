"""What a service takes that nobody asks anything."""

import os
import time

from world import large_job

JOBS, WINDOW = 1_000, 30


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS:"))


def rows(world):
    books = world.postgres.create()
    large_job(world, books, "seed", 1, 10, running=False)
    books.run(f"""INSERT INTO reprocessing_jobs (id, config, status, created_at, started_at, completed_at, total_files,
                  total_workers) SELECT 'done-' || n, config, status, created_at, started_at, completed_at, total_files,
                  total_workers FROM reprocessing_jobs, generate_series(1, {JOBS}) AS n WHERE id = 'seed'""")
    service = world.service(books)
    service.get("/api/v1/jobs")
    pid = service.program.process.pid
    before = cpu_seconds(pid)
    time.sleep(WINDOW)
    used = (cpu_seconds(pid) - before) / WINDOW
    yield {"what": f"serve, idle, {JOBS:,} finished jobs, after one list of them",
           "figure": f"{resident(pid):.1f} MiB resident, {100 * used:.2f} % of a core",
           "mark": "24 MiB, 1 %", "command": f"{WINDOW} s, jobs here, PostgreSQL"}  # fmt: skip
    service.stop()
