"""A proxy between S3's client and server that does to answers what networks and services do.

`proxy.fault = f`: f(request) is asked for each request and returns what is to happen, or None.
Requests are signed for the proxy's address, which is passed on as Host. It is an HTTP proxy as well, which
takes the server for every host.
"""

import dataclasses
import http.client
import http.server
import re
import socket
import struct
import threading
import time
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Request:
    number: int  # from 1, of those for this path
    path: str
    first: int  # byte of the range, or 0
    headers: dict
    origin: str  # "http://host:port" of a request to an HTTP proxy; else empty


@dataclasses.dataclass(frozen=True)
class Fault:
    status: int = 0  # instead of asking the server
    body: bytes = b""
    headers: tuple = ()
    cut_after: int | None = None  # bytes of the body, then …
    end: str = "close"  # … close, reset, or hold until the client gives up or release()
    corrupt_at: int | None = None  # byte of the body that is changed
    longer_by: int = 0  # what Content-Length adds to the truth
    drip: int = 0  # bytes at a time, `apart` seconds apart
    apart: float = 0.01
    chunked: bool = False  # without a last chunk, then `end`
    endless: str = ""  # "head", or where it is chunked "trailer": has a line more, `apart` from the one before, for ever


def refusal(status, code, **headers):
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>as told</Message></Error>".encode()
    pairs = tuple((name.replace("_", "-"), str(value)) for name, value in headers.items())
    return Fault(status=status, body=body, headers=pairs)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    origin = ""

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:  # the client has given up
            self.close_connection = True

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        proxy = self.server.proxy
        if named := re.match(r"(http://[^/]+)(/.*)", self.path):
            self.origin, self.path = named.groups()
        request = proxy.note(self)
        fault = proxy.fault(request) or Fault()
        if fault.status:
            status, headers, body = fault.status, list(fault.headers), fault.body
        else:
            status, headers, body = proxy.ask(self)
        if fault.corrupt_at is not None and fault.corrupt_at < len(body):
            changed = bytearray(body)
            changed[fault.corrupt_at] ^= 0xFF
            body = bytes(changed)
        length = next((value for name, value in headers if name.lower() == "content-length"), len(body))
        headers = [pair for pair in headers if pair[0].lower() not in ("content-length", "connection")]
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if fault.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(int(length) + fault.longer_by))
        if fault.endless == "head":
            self.flush_headers()
            self.send_lines(fault)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            if fault.chunked:
                body = b"%x\r\n%s\r\n" % (len(body), body)
            if fault.endless == "trailer":
                self.wfile.write(body + b"0\r\n")
                self.send_lines(fault)
            self.send_body(body, fault)
        except OSError:
            self.close_connection = True

    def send_lines(self, fault):
        while True:  # until the client gives up
            self.wfile.write(b"X-More: 1\r\n")
            time.sleep(fault.apart)

    def send_body(self, body, fault):
        sent = body if fault.cut_after is None else body[: fault.cut_after]
        step = fault.drip or len(sent) or 1
        for at in range(0, len(sent), step):
            self.wfile.write(sent[at : at + step])
            if fault.drip:
                time.sleep(fault.apart)
        if fault.cut_after is None and not fault.longer_by and not fault.chunked:
            return
        self.close_connection = True
        if fault.end == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif fault.end == "hold":
            self.server.proxy.hold(self.connection)


class FaultProxy:
    def __init__(self, server_url):
        self.upstream = urllib.parse.urlsplit(server_url)
        self.fault = lambda request: None
        self.requests = []
        self.held = 0
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.proxy = self
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def note(self, handler):
        path = urllib.parse.unquote(handler.path.partition("?")[0])
        found = re.match(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        with self._lock:
            number = 1 + sum(request.path == path for request in self.requests)
            request = Request(number, path, int(found[1]) if found else 0, dict(handler.headers), handler.origin)
            self.requests.append(request)
        return request

    def ask(self, handler):
        connection = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port)
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), body

    def hold(self, connection):
        with self._lock:
            self.held += 1
        connection.settimeout(0.05)
        while not self._released.is_set():
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                pass

    def release(self):
        self._released.set()

    def close(self):
        self.release()
        self._http.shutdown()
        self._http.server_close()
