"""The metrics port, and whoever may connect to it: floods, half requests, clients that drip."""

import contextlib
import re
import socket
import threading
from pathlib import Path

import pytest

from harness.programs import COMPLETED
from harness.seen import ask, empty_job
from harness.waits import wait_until

AMOUNT = 64 << 20
MOST_MORE = 8 << 20  # bytes resident
CONNECTIONS = 4
START = b"GET /readyz HTTP/1.1\r\nHost: x\r\n"
POST = START.replace(b"GET", b"POST")

# What is sent first, and then again and again.
FLOODS = {
    "bytes without a newline": (b"", b"x" * 65_536),
    "a header without end": (START + b"A: ", b"x" * 65_536),
    "headers without end": (START, b"A: b\r\n" * 10_000),
    "a body of a known length": (POST + b"Content-Length: 67108864\r\n\r\n", b"x" * 65_536),
    "a body in chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n",
                         b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    "a chunk's name without end": (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65_536),
    "requests whose answers nobody takes": (b"", (START + b"\r\n") * 1_000),
}  # fmt: skip


@pytest.fixture
def watched(programs, tmp_path):
    """A worker that serves, and waits for a scrape that does not come."""
    watched = empty_job(programs, tmp_path)
    wait_until(lambda: "waiting to be scraped" in watched.program.err, "it has ended its work")
    wait_until(lambda: ask(watched.port, "/healthz")[0] == 200, "it serves")
    return watched


class Memory:
    def __init__(self, program):
        self.directory = Path(f"/proc/{program.process.pid}")
        (self.directory / "clear_refs").write_text("5")  # the peak begins here
        self.before = self._read("VmRSS")

    def _read(self, name):
        text = (self.directory / "status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) << 10

    def more(self):
        return self._read("VmHWM") - self.before


def pour(port, head, again):
    """Sends until all is sent, the server closes, or it takes no more."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as peer:
        peer.settimeout(2)
        peer.sendall(head)
        for _ in range(AMOUNT // len(again)):
            peer.sendall(again)


@pytest.mark.parametrize("head, again", FLOODS.values(), ids=FLOODS)
def test_floods_cost_no_memory_and_hold_up_no_probe(watched, head, again):
    memory = Memory(watched.program)
    floods = [threading.Thread(target=pour, args=(watched.port, head, again))
              for _ in range(CONNECTIONS)]  # fmt: skip
    for flood in floods:
        flood.start()
    probes = [ask(watched.port, "/healthz")]
    while any(flood.is_alive() for flood in floods):
        probes.append(ask(watched.port, "/healthz"))
    assert set(probes) == {(200, "ok\n")}
    assert memory.more() <= MOST_MORE
    assert watched.program.running


def test_clients_that_drip_hold_up_neither_probes_nor_the_end(watched):
    memory = Memory(watched.program)
    with contextlib.ExitStack() as open_ones:
        for _ in range(200):
            peer = open_ones.enter_context(socket.create_connection(("127.0.0.1", watched.port)))
            peer.sendall(START + b"A: b\r\n" * 1_200)
            assert ask(watched.port, "/readyz")[0] == 200
        assert memory.more() <= MOST_MORE
        watched.program.signal(15)
        watched.program.expect(COMPLETED, deadline=20)


def test_answers_that_nobody_takes_hold_up_neither_a_scrape_nor_the_end(watched):
    with contextlib.ExitStack() as open_ones:
        for _ in range(50):
            peer = open_ones.enter_context(socket.create_connection(("127.0.0.1", watched.port)))
            peer.settimeout(0.05)
            with contextlib.suppress(OSError):
                peer.sendall((START + b"\r\n") * 100_000)
        assert ask(watched.port, "/metrics")[0] == 200
        watched.program.expect(COMPLETED, deadline=20)


REFUSED = [
    (START + b"Host: y\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (START.replace(b"/readyz", b"/../readyz") + b"\r\n", 400),
    (START.replace(b"/readyz", b"/x/%2e%2e/readyz") + b"\r\n", 400),
    (START.replace(b"GET", b"BREW") + b"\r\n", 501),
    (POST + b"\r\n", 405),
    (POST + b"Content-Length: 1\r\n\r\nx", 413),
    (START.replace(b"/readyz", b"/") + b"\r\n", 404),
]


def test_what_is_wrong_is_refused(watched):
    for request, status in REFUSED:
        with socket.create_connection(("127.0.0.1", watched.port), timeout=30) as peer:
            peer.sendall(request)
            answer = peer.recv(65_536)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (request, answer)
