"""A running `reprocess serve`, and calls of it."""

import http.client
import json
import os
import re
import signal
import sqlite3
import time
from dataclasses import dataclass

import psycopg
from harness.programs import Program

OPERATOR, VIEWER = "operator-token-1", "viewer-token-22"
QUICK = {"REPROCESS_COMMIT_INTERVAL_MS": "50", "REPROCESS_HEARTBEAT_INTERVAL_MS": "200",
         "REPROCESS_CLAIM_WAIT_MS": "700"}  # fmt: skip
JSON = {"Content-Type": "application/json"}


@dataclass
class Reply:
    status: int
    headers: dict
    text: str

    @property
    def json(self):
        return json.loads(self.text)


class Service:
    def __init__(self, home, books, variables):
        self.home, self.books = home, books
        self.variables = {
            "RAW_AUTH_TOKENS": f"ops={OPERATOR}",
            "REPROCESS_VIEW_TOKENS": f"look={VIEWER}",
            "REPROCESS_LOCAL_ROOT": str(home),
            "REPROCESS_STATE_DIR": str(home / "state"),
            "HTTP_ADDRESS": "127.0.0.1",
            **QUICK,
            **variables,
        }
        self.program, self.port, self.code, self._starts = None, 0, None, 0

    def start(self):
        self._starts += 1
        environment = {name: value for name, value in self.variables.items() if value is not None}
        self.program = Program(
            ["reprocess", "serve", "--port", 0, "--database", self.books.url],
            environment,
            self.home / f"serve-{self._starts}",
        )
        deadline = time.monotonic() + 60
        while not self.program.out.endswith("\n"):
            assert self.program.running, self.program.err
            assert time.monotonic() < deadline, self.program.err
            time.sleep(0.02)
        found = re.match(r"http://[\w.]+:(\d+)/(?:#code=(\w+))?\n", self.program.out)
        assert found, self.program.out
        self.port, self.code = int(found[1]), found[2]

    def stop(self):
        """As an init system ends it; its exit code."""
        self.program.signal(signal.SIGTERM)
        return self.program.wait(30)

    def end_all(self):
        """The service, and the jobs that go on without it."""
        if self.program.running:
            self.program.signal(signal.SIGTERM)
            self.program.wait(30)
        for lock in (self.home / "state").glob("*.lock"):
            for number in holders(lock):
                os.kill(number, signal.SIGKILL)

    def call(self, method, path, body=None, *, token=OPERATOR, headers=None):
        connection = self.connect()
        sent = dict(headers or {})
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent = {**JSON, **sent}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
        connection.close()
        return reply

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, {} if body is None else body, **options)

    def until(self, path, accept, seconds=60):
        """The document there, once it is as `accept` wants it."""
        deadline = time.monotonic() + seconds
        while True:
            reply = self.get(path)
            if reply.status == 200 and accept(reply.json):
                return reply.json
            assert time.monotonic() < deadline, f"{path}: {reply.status} {reply.text}\n{self.program.err}"
            time.sleep(0.05)

    # The day of an operator.
    def plan(self, **body):
        made = self.post("/api/v1/plans", body)
        assert made.status == 202, made.text
        return self.until(made.headers["location"], lambda plan: plan["state"] != "planning")

    def begin(self, **body):
        """Plans and starts; the job's id."""
        plan = self.plan(**body)
        assert plan["state"] == "ready", plan
        started = self.post("/api/v1/jobs", {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "an outage"})
        assert started.status == 201, started.text
        return plan["id"]

    def ended(self, job):
        """The job once its row says so, which is written last: its shards' checkpoints are there before its sums."""
        return self.until(f"/api/v1/jobs/{job}", lambda shown: shown["status"] in ("completed", "failed"))

    def log_in(self, token=OPERATOR):
        """A session's cookie."""
        reply = self.post("/api/v1/session", {"token": token}, token=None)
        assert reply.status == 204, reply.text
        return reply.headers["set-cookie"].split(";")[0]

    def by_cookie(self, cookie, **headers):
        return {"Cookie": cookie, "Origin": f"http://127.0.0.1:{self.port}", **headers}

    def execute(self, statement, *parameters):
        """Writes into its database, as somebody else would."""
        if not hasattr(self.books, "path"):
            with psycopg.connect(self.books.url, autocommit=True) as connection:
                connection.execute(statement, parameters)
            return
        with sqlite3.connect(self.books.path, timeout=10) as connection:
            connection.execute(statement.replace("%s", "?"), parameters)


class Stream:
    """Server-sent events as they come."""

    def __init__(self, service, path, headers=None, token=OPERATOR):
        self.connection = service.connect()
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        self.connection.request("GET", path, headers=sent)
        self.answer = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """(name, data, id) of the next event; None at the end."""
        event = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line:
                if "event" in event:
                    return event["event"], json.loads(event["data"]), event.get("id")
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value


def holders(lock):
    """Processes that have the file open."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(os.path.samefile(f"/proc/{number}/fd/{fd}", lock) for fd in os.listdir(f"/proc/{number}/fd")):
                yield int(number)
        except OSError:
            continue
