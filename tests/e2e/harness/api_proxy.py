"""Stands before an API server and passes all on, until a test wants something else to happen."""

import http.client
import http.server
import json
import ssl
import threading
from dataclasses import dataclass

from .http_server import serving


@dataclass
class Request:
    method: str
    path: str  # with its query
    body: bytes

    @property
    def writes(self):
        return self.method != "GET" and "dryRun" not in self.path

    def changed(self, change):
        """With `change(object)` done to the object in it."""
        value = json.loads(self.body)
        change(value)
        return Request(self.method, self.path, json.dumps(value).encode())


LOSE_REQUEST, LOSE_ANSWER, HANG = "lose request", "lose answer", "hang"


class ApiProxy:
    """`judge(request)` says what becomes of each: None (passed on), another Request (in its place), one of
    the words above, or (status, headers, body). Requests that were passed on are in `passed`."""

    def __init__(self, plane):
        self.judge = lambda request: None
        self.passed, self.open = [], threading.Event()
        self._host, self._port = plane.api.host, plane.api.port
        authorities = plane.directory / "kube-apiserver" / "certificates" / "apiserver.crt"
        self._trusted = ssl.create_default_context(cafile=authorities)
        self._serving = None

    def __enter__(self):
        proxy = self

        class Handler(_Handler):
            pass

        Handler.proxy = proxy
        self._serving = serving(Handler)
        self.url = f"http://127.0.0.1:{self._serving.__enter__()}"
        return self

    def __exit__(self, *what):
        self.open.set()
        self._serving.__exit__(*what)

    def kubeconfig(self, namespace):
        """The namespace's own, but for the server."""
        path = namespace.kubeconfig()
        direct = f"https://{self._host}:{self._port}"
        text = path.read_text()
        assert direct in text
        proxied = path.with_suffix(".proxied")
        proxied.write_text(text.replace(direct, self.url))
        return proxied

    def ask(self, request, headers):
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._trusted, timeout=330)
        connection.request(request.method, request.path, request.body, headers)
        self.passed.append(request)
        return connection, connection.getresponse()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _pass(self):
        request = Request(self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
        verdict = self.proxy.judge(request)
        self.close_connection = True
        if verdict == HANG:
            self.proxy.open.wait()
        elif isinstance(verdict, tuple):
            self._answer(*verdict)
        elif verdict != LOSE_REQUEST:
            self._pass_on(verdict if isinstance(verdict, Request) else request, verdict == LOSE_ANSWER)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _pass

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _pass_on(self, request, lose_answer):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        connection, answer = self.proxy.ask(request, headers)
        try:
            if lose_answer:
                answer.read()
                return
            self.send_response(answer.status)
            for name in ("Content-Type", "Warning", "Retry-After"):
                for value in answer.headers.get_all(name, []):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(65536):
                self.wfile.write(piece)
        except OSError:
            pass
        finally:
            connection.close()
