"""Stands for STS, SSO, the container's agent, instance metadata and a bucket that knows their keys.

versitygw refuses session tokens, so what reads with temporary keys is served from here: a bucket of
one object, which looks at key id and token alone (signatures are test_sign.py's and the real
server's to check).
"""

import datetime
import http.server
import json
import re
import threading
import urllib.parse


def in_seconds(seconds):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        stub = self.server.stub
        length = int(self.headers.get("Content-Length", 0))
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        path, _, query = self.path.partition("?")
        if path.startswith("/bucket"):
            return self.serve_bucket(stub, path)
        place = form.get("Action") or path
        with stub.lock:
            stub.asked.append((self.command, place, form, dict(self.headers), query))
        answer = stub.answers(self.command, place)
        self.answer(*answer)

    do_GET = do_PUT = do_POST = serve

    def serve_bucket(self, stub, path):
        found = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        key = found[1] if found else None
        token = self.headers.get("x-amz-security-token", "")
        with stub.lock:
            stub.reads.append((key, token))
        if stub.refuse_reads(len(stub.reads), key):
            return self.answer(400, "<Error><Code>ExpiredToken</Code><Message>too old</Message></Error>")
        if stub.accepted(key) != token:
            return self.answer(403, "<Error><Code>InvalidAccessKeyId</Code></Error>")
        if path.rstrip("/") == "/bucket":
            return self.answer(200, f"""<ListBucketResult><Contents><Key>a.ndjson</Key><Size>{len(stub.body)}</Size>
                <LastModified>2026-05-01T00:00:00.000Z</LastModified><ETag>"e"</ETag></Contents></ListBucketResult>""")
        first, last = map(int, re.match(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        part = stub.body[first : last + 1]
        where = f"bytes {first}-{first + len(part) - 1}/{len(stub.body)}"
        self.answer(206, part, [("Content-Range", where), ("ETag", '"e"')])


class IdentityStub:
    def __init__(self, body):
        self.body = body
        self.lock = threading.Lock()
        self.asked, self.reads = [], []
        self.lifetime = 3600
        self.issued = 0
        self.refuse_reads = lambda number, key: False
        self.override = {}  # place → function of the number of calls, giving an answer or None
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.stub = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def accepted(self, key):
        """The token that belongs to a key."""
        if key == "AKSTATIC":
            return ""
        return f"token//+=of {key}" if key else None

    def calls(self, place):
        return [call for call in self.asked if call[1] == place]

    def json_keys(self, **more):
        self.issued += 1
        key = f"AK{self.issued}"
        return json.dumps({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "hush",
                           "Token": self.accepted(key), "Expiration": in_seconds(self.lifetime), **more})

    def answers(self, method, place):
        special = self.override.get(place)
        if special and (answer := special(len(self.calls(place)))):
            return answer
        if place.startswith("AssumeRole"):
            self.issued += 1
            key = f"AK{self.issued}"
            return 200, f"""<{place}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{place}Result><Credentials>
                <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>hush</SecretAccessKey>
                <SessionToken>{self.accepted(key)}</SessionToken><Expiration>{in_seconds(self.lifetime)}</Expiration>
                </Credentials></{place}Result></{place}Response>"""
        if place == "/federation/credentials":
            self.issued += 1
            key = f"AK{self.issued}"
            return 200, json.dumps({"roleCredentials": {
                "accessKeyId": key, "secretAccessKey": "hush", "sessionToken": self.accepted(key),
                "expiration": 1000 * (int(datetime.datetime.now().timestamp()) + self.lifetime)}})
        if place == "/latest/api/token" and method == "PUT":
            return 200, "session-token"
        if place == "/latest/meta-data/iam/security-credentials/":
            return 200, "node-role"
        if place in ("/latest/meta-data/iam/security-credentials/node-role", "/container"):
            return 200, self.json_keys()
        return 404, "no such place"
