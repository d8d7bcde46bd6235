"""Runs the pods of a whole cluster: hears of them, gives each a node, and tells the nodes."""

import contextlib
import threading
import time
from http.client import HTTPException
from pathlib import Path

from .node import Node, tell_event
from .rest import STRATEGIC, Refused

RETRY_SECONDS = 0.1  # the API server is away


class PodRunner:
    """Nodes by name; `images`: see Node. From start() to end() it follows the API server, also over its
    restarts."""

    def __init__(self, api, directory, images):
        self.api, self.directory, self.images = api, Path(directory), images
        self.nodes = {}
        self._unplaced = {}  # uid → the pod as it was told last
        self._ending, self._connection = threading.Event(), None
        self._thread = threading.Thread(target=self._follow, name="pod runner", daemon=True)

    def start(self, *names):
        for name in names:
            self.add_node(name)
        self._thread.start()
        return self

    def add_node(self, name, labels=None):
        self.nodes[name] = Node(self.api, self.directory, name, self.images, labels)
        for pod in list(self._unplaced.values()):
            self._place(pod)
        return self.nodes[name]

    def delete_node(self, name):
        """As an administrator who knows that it is gone; what the cluster makes of that in a minute happens
        at once: its pods have failed, and are deleted without asking it. What runs there goes on."""
        self.nodes[name].deleted = True
        self.api.delete("nodes", None, name)
        for pod in list(self.nodes[name].pods.values()):
            condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}
            status = {"phase": "Failed", "conditions": [condition]}
            self.api.patch("pods", pod.namespace, pod.name, {"status": status}, "status", STRATEGIC)
            self.api.delete("pods", pod.namespace, pod.name, gracePeriodSeconds=0)

    def end(self):
        self._ending.set()
        with contextlib.suppress(Exception):
            self._connection.sock.shutdown(2)
        self._thread.join(30)
        for node in self.nodes.values():
            node.end()

    # --- what a test asks ---------------------------------------------------------------------

    def pods(self, namespace=None):
        """Those that are on nodes, in the order of their names."""
        found = [pod for node in self.nodes.values() for pod in list(node.pods.values())]
        return sorted((pod for pod in found if namespace in (None, pod.namespace)), key=lambda pod: pod.name)

    # --- the watch ----------------------------------------------------------------------------

    def _follow(self):
        while not self._ending.is_set():
            try:
                self._follow_once()
            except (OSError, HTTPException, Refused, ValueError, AttributeError):
                # Away, expired, or cut in the middle of a line (http.client closes under a reader).
                self._ending.wait(RETRY_SECONDS)

    def _follow_once(self):
        listed = self.api.get("pods")
        known = {pod["metadata"]["uid"] for pod in listed["items"]}
        for node in list(self.nodes.values()):
            for uid in set(node.pods) - known:
                node.forget(uid)
        for uid in set(self._unplaced) - known:
            self._unplaced.pop(uid)
        for pod in listed["items"]:
            self._told("MODIFIED", pod)
        for event in self.api.watch("pods", listed["metadata"]["resourceVersion"], self._opened):
            if event["type"] == "ERROR" or self._ending.is_set():
                return
            if event["type"] != "BOOKMARK":
                self._told(event["type"], event["object"])

    def _opened(self, connection):
        self._connection = connection

    def _told(self, event, pod):
        uid, node = pod["metadata"]["uid"], self.nodes.get(pod["spec"].get("nodeName"))
        if event == "DELETED":
            self._unplaced.pop(uid, None)
            if node:
                node.forget(uid)
        elif node:
            self._unplaced.pop(uid, None)
            node.told(pod)
        elif "nodeName" not in pod["spec"]:
            self._place(pod)

    # --- the scheduler ------------------------------------------------------------------------

    def _place(self, pod):
        meta, spec = pod["metadata"], pod["spec"]
        if "deletionTimestamp" in meta or spec.get("schedulingGates"):
            return
        wanted = spec.get("nodeSelector", {}).items()
        fitting = [node for node in list(self.nodes.values()) if node.takes_pods() and wanted <= node.labels.items()]
        if not fitting:
            if meta["uid"] not in self._unplaced:
                self._tell_unschedulable(pod)
            self._unplaced[meta["uid"]] = pod
            return
        node = min(fitting, key=lambda node: len(node.pods))
        body = {"metadata": {"name": meta["name"], "uid": meta["uid"]}, "target": {"kind": "Node", "name": node.name}}
        try:
            self.api.create("pods", meta["namespace"], body, meta["name"], "binding")
        except Refused as error:
            if error.status not in (404, 409):
                raise

    def _tell_unschedulable(self, pod):
        message = f"0/{len(self.nodes)} nodes are available: none matches the pod's node selector."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        meta = pod["metadata"]
        with contextlib.suppress(Refused):
            self.api.patch("pods", meta["namespace"], meta["name"], {"status": {"conditions": [condition]}}, "status", STRATEGIC)
            tell_event(self.api, pod, "Warning", "FailedScheduling", message, component="default-scheduler")
