"""A stand-in for the streams repository: one answer, behind a bearer token."""

import contextlib
import json
from http.server import BaseHTTPRequestHandler

from .http_server import serving


def stream(stream_id, *connections, **options):
    """An entry of the repository; each connection becomes a destination that counts."""
    destinations = [
        {
            "id": f"dst-{id}",
            "connectionId": id,
            "destinationType": "clickhouse",
            "options": {"a": [1]},
        }
        for id in connections
    ]
    return {
        "stream": {"id": stream_id, "workspaceId": "ws", "name": f"Stream {stream_id}"},
        "updatedAt": "2026-05-01T00:00:00Z",
        "destinations": destinations + options.get("more", []),
    }


@contextlib.contextmanager
def serve(content, token="secret-token", status=200, meanwhile=()):
    """Serves `content` (a value, or bytes as they are); yields the worker's variables for it. While the
    n-th who asks waits for its answer, the n-th of `meanwhile` is called."""
    meanwhile = list(meanwhile)
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if meanwhile:
                meanwhile.pop(0)()
            allowed = self.headers.get("Authorization") == f"Bearer {token}"
            self.send_response(status if allowed else 401)
            answer = body if allowed else b'{"error":"who are you"}'
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with serving(Handler) as port:
        url = f"http://127.0.0.1:{port}/api/repository"
        yield {"REPOSITORY_URL": url, "REPOSITORY_AUTH_TOKEN": token}
