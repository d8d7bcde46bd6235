"""A cluster's REST API, as the tests' own hands: nothing here shares code with the client under test."""

import contextlib
import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

CORE, BATCH, RBAC = "/api/v1", "/apis/batch/v1", "/apis/rbac.authorization.k8s.io/v1"
APIS = {"jobs": BATCH, "roles": RBAC, "rolebindings": RBAC, "leases": "/apis/coordination.k8s.io/v1"}
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


class Refused(Exception):
    def __init__(self, status, body):
        self.status, self.message = status, body.decode(errors="replace")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            self.message = json.loads(body)["message"]
        super().__init__(f"HTTP {status}: {self.message}")


def path_of(kind, namespace=None, name=None, sub=None):
    parts = [APIS.get(kind, CORE)]
    parts += [f"namespaces/{quote(namespace)}"] if namespace else []
    return "/".join([*parts, kind, *(quote(part) for part in (name, sub) if part)])


class Rest:
    """Calls as `user` of the control plane in this directory (tests/servers/kubernetes.sh)."""

    def __init__(self, directory, user="admin", timeout=30.0):
        directory = Path(directory)
        url = urlsplit((directory / "url").read_text().strip())
        self.host, self.port, self.timeout = url.hostname, url.port, timeout
        self._authorities = (directory / "kube-apiserver" / "certificates" / "apiserver.crt").read_text()
        self.token = f"{user}-token"

    def get(self, kind, namespace=None, name=None, **query):
        return self.call("GET", path_of(kind, namespace, name), query=query)

    def list(self, kind, namespace=None, **query):
        return self.get(kind, namespace, **query)["items"]

    def create(self, kind, namespace, body, name=None, sub=None):
        return self.call("POST", path_of(kind, namespace, name, sub), body)

    def patch(self, kind, namespace, name, body, sub=None, how=MERGE):
        return self.call("PATCH", path_of(kind, namespace, name, sub), body, content_type=how)

    def delete(self, kind, namespace, name, **options):
        return self.call("DELETE", path_of(kind, namespace, name), options)

    def call(self, method, path, body=None, query=None, content_type="application/json"):
        return json.loads(self.read(method, path, body, query, content_type))

    def apply(self, path, yaml, query):
        """Server-side; the object, and what the server has to say of it."""
        connection, answer = self._ask("PATCH", path, yaml, query, "application/apply-patch+yaml")
        with contextlib.closing(connection):
            return json.loads(answer.read()), answer.headers.get_all("Warning", [])

    def log(self, namespace, pod, **query):
        return self.read("GET", path_of("pods", namespace, pod, "log"), query=query)

    def read(self, method, path, body=None, query=None, content_type="application/json"):
        """The answer as it is."""
        connection, answer = self._ask(method, path, body, query, content_type)
        with contextlib.closing(connection):
            return answer.read()

    def watch(self, kind, version, opened=lambda connection: None, seconds=300):
        """The events after that version, for so many seconds; `opened` gets the connection, to be closed."""
        query = {"watch": 1, "resourceVersion": version, "timeoutSeconds": seconds, "allowWatchBookmarks": "true"}
        connection, answer = self._ask("GET", path_of(kind), query=query)
        with contextlib.closing(connection):
            opened(connection)
            while line := answer.readline():
                yield json.loads(line)

    def _ask(self, method, path, body=None, query=None, content_type="application/json"):
        trusted = ssl.create_default_context(cadata=self._authorities)
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=trusted)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path + ("?" + urlencode(query) if query else ""), content, headers)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise Refused(answer.status, answer.read())
        except BaseException:
            connection.close()
            raise
        return connection, answer
