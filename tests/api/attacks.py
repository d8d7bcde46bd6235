"""A client that sends what it likes, and what that costs the server."""

import contextlib
import itertools
import selectors
import socket
import time

MIB = 1 << 20
HOST = b"Host: 127.0.0.1\r\n"
PLANS = b"POST /api/v1/plans HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


def floods():
    """64 MiB each, from somebody without a token: by name what is sent, and the answer's status."""
    return {
        "bytes without a newline": ([b"x" * MIB] * 64, 431),
        "an endless header": (itertools.chain([b"GET / HTTP/1.1\r\nX: "], [b"x" * MIB] * 64), 431),
        "many headers": (itertools.chain([b"GET / HTTP/1.1\r\n"], [b"X: y\r\n" * 170_000] * 64), 431),
        "a chunked body": (itertools.chain([PLANS + b"Transfer-Encoding: chunked\r\n\r\n"], [CHUNK] * 1024), 413),
        "a body that is announced": (itertools.chain([PLANS + b"Content-Length: 67108864\r\n\r\n"], [b"x" * MIB] * 64), 413),
    }  # fmt: skip


class Answer:
    def __init__(self, text):
        self.text = text

    @property
    def status(self):
        """Of the first answer; None where there is none."""
        return int(self.text.split()[1]) if self.text.startswith(b"HTTP/1.1 ") else None


def exchange(port, pieces, *, patience=60):
    """Sends all of `pieces` as far as it is taken, reading meanwhile, until the server closes."""
    pieces = iter(pieces)
    answer, rest, deadline = b"", b"", time.monotonic() + patience
    with socket.create_connection(("127.0.0.1", port)) as peer, selectors.DefaultSelector() as ready:
        peer.setblocking(False)
        ready.register(peer, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while True:
            assert time.monotonic() < deadline, f"not closed after {patience} s: {answer[:200]}"
            for _, events in ready.select(1):
                try:
                    if events & selectors.EVENT_READ:
                        got = peer.recv(65536)
                        answer += got
                        if not got:
                            return Answer(answer)
                    if events & selectors.EVENT_WRITE:
                        rest = rest or next(pieces, None)
                        if rest is None:
                            ready.modify(peer, selectors.EVENT_READ)
                        else:
                            rest = rest[peer.send(rest):]
                except ConnectionError:  # it was closed while we sent
                    return Answer(answer)


def ask(port, text):
    """One request, and that is all."""
    return exchange(port, [text])


@contextlib.contextmanager
def peers(port, number, text=b""):
    """So many connections that sent that."""
    with contextlib.ExitStack() as all_of_them:
        opened = []
        for _ in range(number):
            peer = all_of_them.enter_context(socket.create_connection(("127.0.0.1", port)))
            peer.sendall(text)
            opened.append(peer)
        yield opened


class Memory:
    """What a process has had at the most since then, in bytes."""

    def __init__(self, process):
        self._folder = f"/proc/{process.pid}"
        with open(f"{self._folder}/clear_refs", "w") as file:
            file.write("5")  # the peak begins anew
        self._before = self._peak()

    def _peak(self):
        with open(f"{self._folder}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def grown(self):
        return self._peak() - self._before
