"""What a monitoring system sees: scrapes, pushes, probes, parsed without the program's own code."""

import contextlib
import json
import re
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler

from .databases import free_port
from .http_server import serving
from .waits import wait_until

_SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def ask(port, path):
    """(status, body); (None, "") while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return None, ""


class Samples:
    """One scrape."""

    def __init__(self, text):
        self.text, self.types, self._values = text, {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.types[name] = kind
            elif line and not line.startswith("#"):
                name, labels, value = _SAMPLE.match(line).groups()
                key = name, frozenset(_LABEL.findall(labels or ""))
                assert key not in self._values, f"twice: {line}"
                self._values[key] = float(value)

    def value(self, name, **labels):
        """The one sample of that name that has these labels."""
        found = [value for (other, has), value in self._values.items()
                 if other == name and has >= set(labels.items())]  # fmt: skip
        assert len(found) == 1, f"{name} {labels}: {len(found)} samples"
        return found[0]

    def total(self, name):
        return sum(value for (other, _), value in self._values.items() if other == name)

    def state(self):
        return next(dict(labels)["state"] for (name, labels), value in self._values.items()
                    if name == "reprocess_shard_state" and value == 1)  # fmt: skip

    def counters(self):
        return {key: value for key, value in self._values.items()
                if self.types.get(key[0]) == "counter"}  # fmt: skip


class Watched:
    """A program whose metrics are scraped again and again, until it ends."""

    def __init__(self, program, port):
        self.program, self.port, self.scrapes = program, port, []

    def scrape(self):
        status, text = ask(self.port, "/metrics")
        if status is not None:
            assert status == 200
            self.scrapes.append(Samples(text))
        return self.scrapes[-1] if status is not None else None

    def wait_for(self, condition, what):
        def passed():
            samples = self.scrape()
            return samples if samples and condition(samples) else None

        return wait_until(passed, what)

    def to_the_end(self, code=0):
        """Scrapes until the program has ended; returns the last scrape."""
        wait_until(lambda: self.scrape() is None and not self.program.running, "it ends")
        self.program.expect(code)
        return self.scrapes[-1]


def empty_job(programs, directory, **more):
    """A worker with nothing to do that waits for a scrape: a dry run, so that no server is needed."""
    lists = {"files/files.json": [], "job/config.json": {"dry_run": True}}
    for name, content in lists.items():
        path = directory / "config" / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    port = free_port()
    variables = {"JOB_ID": "names", "WORKER_INDEX": "0", "TOTAL_WORKERS": "1",
                 "DATABASE_URL": f"sqlite://{directory}/books.db",
                 "REPROCESS_CONFIG_DIR": str(directory / "config"), "METRICS_PORT": str(port),
                 "METRICS_ADDRESS": "127.0.0.1", "METRICS_LINGER_MS": "60000", **more}  # fmt: skip
    return Watched(programs.start(["reprocessing-worker"], variables), port)


@contextlib.contextmanager
def push_receiver(status=200):
    """A stand-in for a Pushgateway: yields (its address, a list of (method, path, headers, body))."""
    pushes = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pushes.append((self.command, self.path, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with serving(Handler) as port:
        yield f"127.0.0.1:{port}", pushes
