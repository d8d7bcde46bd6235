"""What strangers send to the port: they are refused, it costs little, and others are served meanwhile."""

import json
import socket
import threading

import pytest
from attacks import HOST, MIB, PLANS, Memory, ask, exchange, floods, peers
from service import OPERATOR, Stream

MOST = 16 * MIB  # what any of these may cost; all of the service stays within 32 MiB more than it began with


def is_served(service):
    """Whoever has a token has its answers."""
    return service.get("/health").status == 200 and service.get("/api/v1/jobs").json["jobs"] == []


class Others:
    """Somebody who asks all the time."""

    def __init__(self, service):
        self.service, self.ends, self.asked, self.served = service, threading.Event(), 0, 0
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self.ends.is_set() or self.asked == 0:
            self.asked += 1
            self.served += is_served(self.service)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()


@pytest.mark.parametrize("name", floods())
def test_a_flood_is_refused_costs_little_and_holds_up_nobody(quick_service, name):
    pieces, status = floods()[name]
    memory = Memory(quick_service.program.process)
    with Others(quick_service) as others:
        answer = exchange(quick_service.port, pieces)
    assert answer.status == status, answer.text
    assert others.served == others.asked
    assert memory.grown() < MOST


@pytest.mark.parametrize("text, number", [(b"", 2000), (b"GET / HT", 40), (b"GET / HT", 2000), (PLANS, 2000)],
                         ids=["2000 that say nothing", "40 half lines", "2000 half lines", "2000 half heads"])  # fmt: skip
def test_half_requests_cost_little_and_hold_up_nobody(quick_service, text, number):
    memory = Memory(quick_service.program.process)
    with peers(quick_service.port, number, text):
        assert is_served(quick_service)
    assert memory.grown() < MOST


def test_half_bodies_share_a_bound(quick_service):
    """100 times 1 MiB but for the last byte would be 100 MiB."""
    memory = Memory(quick_service.program.process)
    head = PLANS + b"Content-Length: 1048576\r\n\r\n"
    with peers(quick_service.port, 100, head) as opened:
        for peer in opened:
            peer.settimeout(5)
            try:
                peer.sendall(b"x" * (MIB - 1))
            except OSError:  # it made room
                pass
        assert is_served(quick_service)
    assert memory.grown() < 2 * MOST


def test_streams_that_nobody_reads_hold_up_nobody(quick_service, logs):
    job = quick_service.begin(paths=[str(logs)], destination={"out": str(quick_service.home / "out")}, connection_ids=["c1"])
    text = f"GET /api/v1/events?job={job} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {OPERATOR}\r\n\r\n".encode()
    memory = Memory(quick_service.program.process)
    with peers(quick_service.port, 300, text), Stream(quick_service, f"/api/v1/events?job={job}") as reader:
        assert reader.next()[0] == "snapshot"
        assert quick_service.ended(job)["state"] == "completed"
    assert memory.grown() < MOST


GET = b"GET /health HTTP/1.1\r\n"
REQUESTS = {
    "Content-Length beside Transfer-Encoding": (PLANS + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "Transfer-Encoding beside Content-Length": (PLANS + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (PLANS + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    "a length that is none": (PLANS + b"Content-Length: -1\r\n\r\n", 400),
    "a chunk that is none": (PLANS + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "two Hosts": (GET + HOST + b"Host: other\r\n\r\n", 400),
    "no Host": (GET + b"\r\n", 400),
    "an absolute target": (b"GET http://127.0.0.1/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path that climbs": (b"GET /../health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path that climbs, encoded": (b"GET /x/%2e%2E/health HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a path that climbs in an asset": (b"GET /assets/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "NUL in the path": (b"GET /health%00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "NUL in the head": (GET + HOST + b"X: \x00\r\n\r\n", 400),
    "an unknown method": (b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "CONNECT": (b"CONNECT 10.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "HTTP/0.9": (b"GET /health\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/3.0": (b"GET /health HTTP/3.0\r\n" + HOST + b"\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_wrong_is_refused_and_the_connection_closed(quick_service, name):
    text, status = REQUESTS[name]
    answer = ask(quick_service.port, text)
    head, _, body = answer.text.partition(b"\r\n\r\n")
    assert answer.status == status, answer.text
    assert head.lower().count(b"\r\nconnection: close") == 1
    assert json.loads(body)["error"]
    assert is_served(quick_service)


def test_an_old_client_is_answered_and_closed(quick_service):
    answer = ask(quick_service.port, b"GET /health HTTP/1.0\r\n\r\n")
    assert answer.text.startswith(b"HTTP/1.1 200 ") and answer.text.endswith(b'{"status":"ok"}')


def test_an_old_client_that_names_no_host_is_refused_what_is_not_for_all(quick_service):
    assert ask(quick_service.port, b"GET /api/v1/jobs HTTP/1.0\r\n\r\n").status == 421
    assert is_served(quick_service)


def test_requests_may_follow_each_other_before_their_answers(quick_service):
    """In their order, also where one of them waits for the database."""
    jobs = f"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {OPERATOR}\r\n\r\n".encode()
    text = (jobs + GET + HOST + b"\r\n") * 50 + GET + HOST + b"Connection: close\r\n\r\n"
    answers = ask(quick_service.port, text).text.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [b'"jobs"' in answer for answer in answers] == [True, False] * 50 + [False]


def test_what_a_body_smuggles_is_no_request(quick_service):
    """The inner one is the body of the outer, whatever its length says."""
    inner = b"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    text = PLANS + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(inner) + inner
    answer = ask(quick_service.port, text)
    assert answer.status == 401 and answer.text.count(b"HTTP/1.1 ") == 1


def test_a_client_that_leaves_while_it_is_answered_costs_nothing(quick_service):
    text = f"GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {OPERATOR}\r\n\r\n".encode()
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", quick_service.port)) as peer:
            peer.sendall(text)
    assert is_served(quick_service)
