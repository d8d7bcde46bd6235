#!/usr/bin/env python3
"""Measures the release worker: CPU time, wall time and memory of whole runs, and their books.

    bench.py CORPUS EVENTS BROKER OUT     OUT/result.json, and a table on standard output

./dev bench makes the corpus and starts the broker. CPU is what the kernel charged the process (user
and system, all threads); memory is its largest resident size. The books lie in SQLite, a file a run.
"""

import http.server
import json
import os
import pathlib
import platform
import sqlite3
import subprocess
import sys
import threading
import time

from events import repository as sample_repository

ROOT = pathlib.Path(__file__).parents[1]
WORKER = ROOT / "build/release/bin/reprocessing-worker"
KAFKA = ROOT / "tests/servers/kafka.sh"
# name, file, to Kafka?, rounds
RUNS = [
    ("dry run, plain", "corpus.ndjson", False, 3),
    ("dry run, gzip", "corpus.ndjson.gz", False, 3),
    ("replay, gzip", "corpus.ndjson.gz", True, 3),
]


class Repository(http.server.BaseHTTPRequestHandler):
    """Answers every GET with a destination for each stream of tools/events.py."""

    BODY = json.dumps(sample_repository()).encode()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.BODY)))
        self.end_headers()
        self.wfile.write(self.BODY)

    def log_message(self, *_):
        pass


def run_once(name, file, broker, topic, repository, out):
    """One worker's run from start to end: (CPU s, wall s, MiB, successes)."""
    work = out / "run"
    for folder in ("files", "job"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    item = {"path": str(file), "size": file.stat().st_size}
    (work / "files/files.json").write_text(json.dumps([item]))
    (work / "job/config.json").write_text(json.dumps({"dry_run": topic is None}))
    books = work / "books.db"
    for old in work.glob("books.db*"):
        old.unlink()
    environment = os.environ | {
        "JOB_ID": f"bench-{time.time_ns()}", "WORKER_INDEX": "0", "TOTAL_WORKERS": "1",
        "REPROCESS_CONFIG_DIR": str(work), "DATABASE_URL": f"sqlite://{books}",
        "REPOSITORY_URL": repository, "KAFKA_BOOTSTRAP_SERVERS": broker, "KAFKA_DESTINATIONS_TOPIC": topic or "none",
    }
    with open(work / "worker.log", "wb") as log:
        started = time.monotonic()
        worker = subprocess.Popen([WORKER], env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(worker.pid, 0)
        wall = time.monotonic() - started
    worker.returncode = os.waitstatus_to_exitcode(status)
    if worker.returncode != 0:
        sys.exit(f"bench: {name}: exit code {worker.returncode}; see {work}/worker.log")
    with sqlite3.connect(books) as database:
        (sent,) = database.execute("SELECT success_count FROM reprocessing_workers").fetchone()
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, sent


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    corpus, events, broker, out = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
    size = (corpus / "corpus.ndjson").stat().st_size
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.freedesktop_os_release()['PRETTY_NAME']}"
    print(f"{events} events of {size / events:.0f} bytes; {machine}\nbest of the rounds, by CPU\n")
    print(f"{'':16}{'CPU s':>8}{'µs/event':>10}{'wall s':>8}{'MB/s':>7}{'MiB resident':>14}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    repository = f"http://127.0.0.1:{server.server_port}/repository"
    results = []
    for number, (name, file, to_kafka, rounds) in enumerate(RUNS):
        taken = []
        for attempt in range(rounds):
            topic = f"bench-{number}-{attempt}" if to_kafka else None
            if topic:
                subprocess.run([KAFKA, "topic", broker.split(":")[1], topic, "4"], check=True)
            taken.append(run_once(name, corpus / file, broker, topic, repository, out))
            if taken[-1][3] != events:
                sys.exit(f"bench: {name}: {taken[-1][3]} of {events} events counted as sent")
        cpu, wall, _, _ = min(taken)
        memory = max(run[2] for run in taken)
        print(f"{name:16}{cpu:8.2f}{cpu / events * 1e6:10.2f}{wall:8.2f}{size / wall / 1e6:7.0f}{memory:14.0f}")
        results.append({"name": name, "cpu_s": round(cpu, 3), "us_per_event": round(cpu / events * 1e6, 3),
                        "wall_s": round(wall, 3), "max_rss_mib": round(memory, 1), "rounds": rounds})
    result = {"machine": machine, "events": events, "bytes": size, "runs": results}
    (out / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
