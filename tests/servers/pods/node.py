"""A node: its object in the cluster, its pods, and the kubelet's port, where their logs are asked for."""

import calendar
import http.server
import re
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

from .contents import NotYet
from .pod import Pod, now
from .rest import STRATEGIC


class Node:
    """`images`: names, with or without a tag, and what they stand for. `labels`: for node selectors."""

    def __init__(self, api, directory, name, images, labels=None):
        self.api, self.name, self.images = api, name, images
        self.directory = directory / name
        self.directory.mkdir(parents=True)
        self.labels = {"kubernetes.io/hostname": name, **(labels or {})}
        self.pods = {}  # uid → Pod
        self.awake = threading.Event()
        self.awake.set()
        self.deleted = False  # from the cluster; what runs here goes on
        self._server = KubeletServer(self)
        self._register()

    def _register(self):
        self.api.create("nodes", None, {"metadata": {"name": self.name, "labels": self.labels}})
        self._put_status("True", "KubeletReady")

    def _put_status(self, ready, reason):
        room = {"cpu": "64", "memory": "256Gi", "pods": "500"}
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": self.name}]
        condition = {"type": "Ready", "status": ready, "reason": reason, "lastHeartbeatTime": now()}
        status = {"capacity": room, "allocatable": room, "addresses": addresses, "conditions": [condition],
                  "daemonEndpoints": {"kubeletEndpoint": {"Port": self._server.port}}}  # fmt: skip
        self.api.patch("nodes", None, self.name, {"status": status}, "status", STRATEGIC)

    def takes_pods(self):
        return self.awake.is_set() and not self.deleted

    def image_of(self, name):
        image = self.images.get(name) or self.images.get(re.sub(r"(@sha256)?:[^/:]*$", "", name))
        if image is None:
            raise NotYet("ErrImagePull", f'failed to pull image "{name}": not found')
        return image

    # --- its pods -----------------------------------------------------------------------------

    def told(self, pod):
        uid = pod["metadata"]["uid"]
        if uid in self.pods:
            self.pods[uid].told(pod)
        else:
            self.pods[uid] = Pod(self, pod)
            self.pods[uid].start()

    def forget(self, uid):
        if uid in self.pods:
            self.pods.pop(uid).gone()

    def tell(self, api, pod, kind, reason, message):
        tell_event(api, pod, kind, reason, message, component="kubelet", host=self.name)

    # --- what a test does to it ---------------------------------------------------------------

    def freeze(self):
        """It stands still, its pods too: as when its machine hangs."""
        self.awake.clear()
        for pod in list(self.pods.values()):
            for run in pod.runs[-1:]:
                run.signal(signal.SIGSTOP)

    def thaw(self):
        for pod in list(self.pods.values()):
            for run in pod.runs[-1:]:
                run.signal(signal.SIGCONT)
        self.awake.set()

    def lose(self, grace=30):
        """Freezes it, and what the cluster makes of that after some minutes happens at once: it is not
        ready, and its pods are to be deleted, with so many seconds of grace."""
        self.freeze()
        self._put_status("Unknown", "NodeStatusUnknown")
        for pod in list(self.pods.values()):
            condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
                         "message": "Taint manager: deleting due to NoExecute taint"}  # fmt: skip
            self.api.patch("pods", pod.namespace, pod.name, {"status": {"conditions": [condition]}}, "status", STRATEGIC)
            self.api.delete("pods", pod.namespace, pod.name, gracePeriodSeconds=grace)

    def end(self):
        self.awake.set()
        for pod in list(self.pods.values()):
            pod.end()
        self._server.end()


def tell_event(api, pod, kind, reason, message, **source):
    meta, at = pod["metadata"], now()
    about = {"kind": "Pod", "apiVersion": "v1", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    event = {"metadata": {"generateName": meta["name"] + "."}, "involvedObject": about, "type": kind, "reason": reason,
             "message": message, "source": source, "firstTimestamp": at, "lastTimestamp": at, "count": 1}  # fmt: skip
    api.create("events", meta["namespace"], event)


# --- the kubelet's port ---------------------------------------------------------------------------


class KubeletServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, node):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.node, self.port, self.open = node, self.server_port, True
        key, certificate = node.directory / "key.pem", node.directory / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={node.name}",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is left to the connection's own thread.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def end(self):
        self.open = False
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Clients go as they like."""


class _BadRequest(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.node.awake.wait()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            log = self._log(url.path, query.pop("previous", "") == "true")
            options = _options(query)
        except _BadRequest as refusal:
            return self._refuse(refusal)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for piece in log.read(alive=lambda: self.server.open, **options):
            self.server.node.awake.wait()
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, refusal):
        body = refusal.message.encode()
        self.send_response(refusal.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _log(self, path, previous):
        found = re.fullmatch(r"/containerLogs/([^/]+)/([^/]+)/([^/]+)", path)
        if not found:
            raise _BadRequest(404, f"{path} is not known here")
        namespace, name, container = found.groups()
        pods = [pod for pod in list(self.server.node.pods.values()) if (pod.namespace, pod.name) == (namespace, name)]
        if not pods:
            raise _BadRequest(404, f'pod "{name}" not found')
        if pods[-1].container["name"] != container:
            raise _BadRequest(404, f'container "{container}" not found in pod "{name}"')
        runs = pods[-1].runs
        if previous and len(runs) < 2:
            raise _BadRequest(400, f'previous terminated container "{container}" in pod "{name}" not found')
        if not runs:
            raise _BadRequest(400, f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating')
        return runs[-2 if previous else -1].log


def _options(query):
    """Of ContainerLog.read; what is not known is refused, not passed over."""
    options = {}
    for name, value in query.items():
        if name in ("follow", "timestamps"):
            options[name] = value == "true"
        elif name == "sinceTime":
            options["since"] = calendar.timegm(time.strptime(value, "%Y-%m-%dT%H:%M:%SZ")) * 10**9
        elif name == "sinceSeconds":
            options["since"] = time.time_ns() - int(value) * 10**9
        elif name == "tailLines":
            options["tail"] = int(value)
        elif name == "limitBytes":
            options["limit"] = int(value)
        else:
            raise _BadRequest(400, f"{name} is not known here")
    return options
