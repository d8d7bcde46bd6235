"""One run of a program from start to end, and what the kernel says it took."""

import dataclasses
import http.server
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

from events import repository as sample_repository

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(os.environ.get("REPROCESS_BIN_DIR", ROOT / "build/release/bin"))


class Failed(Exception):
    pass


@dataclasses.dataclass
class Sample:
    """CPU is user and system time of all threads; memory the largest resident size."""
    cpu: float
    wall: float
    mib: float


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


def measured(command, environment, log, exits=(0,)):
    launcher = [sys.executable, "-S", "-E", str(ROOT / "tools/bench/alone.py"), str(log)]
    done = subprocess.run(launcher + command, env=environment, check=True, capture_output=True, text=True)
    took = json.loads(done.stdout)
    if took["code"] not in exits:
        raise Failed(f"{command[0]} ended with exit code {took['code']}; see {log}")
    return Sample(took["cpu"], took["wall"], took["kib"] / 1024)


def check_sent(sent, events):
    if sent != events:
        raise Failed(f"{sent} of {events} events counted as sent")


class Runner:
    """Runs the programs in a folder of its own, against one broker and one topic."""

    def __init__(self, folder, broker, topic):
        self.folder, self.broker, self.topic = folder, broker, topic
        for name in ("files", "job"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.repository = f"http://127.0.0.1:{server.server_port}/repository"

    def _environment(self, more):
        for old in self.folder.glob("books.db*"):
            old.unlink()
        return os.environ | {
            "DATABASE_URL": f"sqlite://{self.folder}/books.db", "REPOSITORY_URL": self.repository,
            "KAFKA_BOOTSTRAP_SERVERS": self.broker, "KAFKA_DESTINATIONS_TOPIC": self.topic,
        } | more

    def _check_sent(self, events):
        with sqlite3.connect(self.folder / "books.db") as database:
            (sent,) = database.execute("SELECT sum(success_count) FROM reprocessing_workers").fetchone()
        check_sent(sent, events)

    def worker(self, files, events, config=None, variables=None, **settings):
        """reprocessing-worker over `files`; settings are REPROCESS_<NAME>, variables other ones."""
        return self.worker_of_list([(file, file.stat().st_size) for file in files], events, config, variables, **settings)

    def worker_of_list(self, items, events, config=None, variables=None, **settings):
        """The same over a list of (path, size)."""
        with open(self.folder / "files/files.json", "w") as out:
            for n, (path, size) in enumerate(items):
                out.write(f"{',' if n else '['}\n" + json.dumps({"path": str(path), "size": size}))
            out.write("\n]\n")
        (self.folder / "job/config.json").write_text(json.dumps(config or {}))
        environment = self._environment({
            "JOB_ID": f"bench-{time.time_ns()}", "WORKER_INDEX": "0", "TOTAL_WORKERS": "1",
            "REPROCESS_CONFIG_DIR": str(self.folder),
        } | {f"REPROCESS_{name}": str(value) for name, value in settings.items()} | (variables or {}))
        sample = measured([str(BIN / "reprocessing-worker")], environment, self.folder / "worker.log")
        self._check_sent(events)
        return sample

    def here(self, files, events, shards, dry_run=False, database=None):
        """`reprocess run` over `files`, its books in a SQLite file or where `database` is."""
        command = [str(BIN / "reprocess"), "run", *map(str, files), "--shards", str(shards), "--json",
                   "--job", f"bench-{time.time_ns()}"]
        books = {"DATABASE_URL": database} if database else {}
        log = self.folder / "run.log"
        sample = measured(command + ["--dry-run"] * dry_run, self._environment(books), log)
        report = next(line for line in open(log) if line.startswith('{"event":"report"'))
        check_sent(json.loads(report)["sent"], events)
        return sample

    def first_record(self, file):
        """Seconds from the start of a worker to the first record that it hands over."""
        started = time.time()
        self.worker([file], 1)
        command = ["kcat", "-C", "-b", self.broker, "-t", self.topic, "-o", f"s@{int(started * 1000)}", "-e", "-q",
                   "-f", "%T\n"]
        stamps = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        if not stamps:
            raise Failed("kcat found no record")
        return int(stamps[0]) / 1000 - started

    def parts(self, corpus):
        """The parts alone; see tests/bench/parts.cc."""
        command = [BIN / "parts", corpus / "corpus.ndjson", corpus / "corpus.ndjson.gz"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
