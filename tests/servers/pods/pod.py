"""The life of one pod on its node: from what it mounts to its last status, and its deletion."""

import queue
import shutil
import signal
import threading
import time
from http.client import HTTPException

from .container import SIGNAL_BASE, Container, Mount
from .contents import NotYet, Volumes, environment_of, expanded
from .rest import STRATEGIC, Refused

RETRY_SECONDS = 0.2  # what it mounts is not there yet
FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 2.0  # of restarts in place; a kubelet's are 10 s and 5 minutes
GRACE_OF_THE_REMOVED = 30.0  # its pod was deleted without waiting for this node


class Gone(Exception):
    """The API server does not have this pod any more."""


class Deleted(Exception):
    """Somebody wants the pod to end, before it had a container."""


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Pod:
    """`told` and `gone` are called as the API server's watch says; all else happens on a thread of its own."""

    def __init__(self, node, pod):
        self.namespace, self.name, self.uid = (pod["metadata"][key] for key in ("namespace", "name", "uid"))
        self.node, self.spec = node, pod["spec"]
        self.pod = pod
        self.runs = []  # Containers, the last one is the newest
        self.directory = node.directory / self.uid
        self._news = queue.Queue()
        self._started, self._restarts, self._last_state, self._killed_as = now(), 0, {}, None
        self._removed = False
        self._waiting_for = None

    @property
    def container(self):
        return self.spec["containers"][0]

    # --- what others say ----------------------------------------------------------------------

    def told(self, pod):
        self.pod = pod
        self._news.put("told")

    def gone(self):
        self._removed = True
        self._news.put("gone")

    def kill(self, reason="Error"):
        """SIGKILL to its container now ("OOMKilled": as for too much memory); whether it was running."""
        self._killed_as = reason
        return bool(self.runs) and self.runs[-1].kill()

    def end(self):
        """For good: the node goes."""
        self.gone()
        if self.runs:
            self.runs[-1].signal(signal.SIGCONT)
            self.runs[-1].kill()

    @property
    def _deleting(self):
        return "deletionTimestamp" in self.pod["metadata"]

    # --- the thread ---------------------------------------------------------------------------

    def start(self):
        threading.Thread(target=self._run, name=f"pod {self.name}", daemon=True).start()

    def _run(self):
        try:
            self._live()
        except Gone:
            pass
        finally:
            self._end_removed()
            shutil.rmtree(self.directory, ignore_errors=True)

    def _live(self):
        try:
            if self._has_ended():
                self._until(lambda: self._deleting)
            else:
                self._run_to_the_end()
        except Deleted:
            self._never_ran()
        self._until(lambda: self._deleting)
        self._call(lambda api: api.delete("pods", self.namespace, self.name, gracePeriodSeconds=0,
                                          preconditions={"uid": self.uid}))  # fmt: skip

    def _has_ended(self):
        return self.pod.get("status", {}).get("phase") in ("Succeeded", "Failed")

    def _run_to_the_end(self):
        while True:
            run = self._begin()
            self._report("Running", {"running": {"startedAt": now()}}, ready=True)
            code = self._await_end(run)
            ended = {"terminated": self._terminated(code)}
            if self._deleting or not self._starts_again(code):
                return self._report("Failed" if code else "Succeeded", ended)
            self._last_state = ended
            backoff = min(FIRST_BACKOFF * 2**self._restarts, LONGEST_BACKOFF)
            self._report("Running", _waiting("CrashLoopBackOff", f"back-off {backoff:.1f}s restarting failed container"))
            self._until(lambda: self._deleting, backoff)
            self._restarts += 1
            if self._deleting:
                return self._report("Failed", ended)

    def _starts_again(self, code):
        policy = self.spec["restartPolicy"]
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    def _begin(self):
        while True:
            if self._deleting:
                raise Deleted
            try:
                return self._start()
            except NotYet as reason:
                self._tell_why(reason)
                self._until(lambda: self._deleting, RETRY_SECONDS)
            except Refused:
                self._until(lambda: self._deleting, RETRY_SECONDS)

    def _start(self):
        node, container = self.node, self.container
        image = node.image_of(container["image"])
        if len(self.spec["containers"]) > 1 or self.spec.get("initContainers"):
            raise NotYet("CreateContainerConfigError", "more than one container is not known here")
        folders = self._patiently(lambda: Volumes(node, self.pod, self.directory / "volumes").write())
        variables = self._patiently(lambda: environment_of(node, self.pod, container, image.environment))
        mounts = [Mount(source, target, True) for source, target in image.folders.items()]
        for mount in container.get("volumeMounts", []):
            source = folders[mount["name"]] / mount.get("subPath", "")
            mounts.append(Mount(source, mount["mountPath"], mount.get("readOnly", False)))
        user, read_only = self._security(image)
        run = Container(self.directory, self._command(image, variables), variables, mounts, user, read_only,
                        lambda code: self._news.put("ended"))  # fmt: skip
        self.runs.append(run)
        return run

    def _command(self, image, variables):
        container = self.container
        given = [*container.get("command", []), *container.get("args", [])]
        return [expanded(word, variables) for word in given] or list(image.command)

    def _security(self, image):
        merged = {**self.spec.get("securityContext", {}), **self.container.get("securityContext", {})}
        user = merged.get("runAsUser", image.user)
        if merged.get("runAsNonRoot") and user == 0:
            raise NotYet("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")
        return user, merged.get("readOnlyRootFilesystem", False)

    def _await_end(self, run):
        """The exit code; on deletion SIGTERM at once and SIGKILL after the grace."""
        asked_at = None
        while run.exit_code is None:
            if self._deleting:
                if asked_at is None:
                    asked_at = time.monotonic()
                    run.signal(signal.SIGTERM)
                left = asked_at + self._grace() - time.monotonic()
                if left <= 0:
                    run.kill()
                self._next(max(left, 0.05))
            else:
                self._next()
        return run.exit_code

    def _grace(self):
        return self.pod["metadata"].get("deletionGracePeriodSeconds", 30)

    def _end_removed(self):
        """What still runs of a pod that the API server does not have any more."""
        run = self.runs[-1] if self.runs else None
        if run and run.exit_code is None and run.signal(signal.SIGCONT) and run.signal(signal.SIGTERM):
            end = time.monotonic() + GRACE_OF_THE_REMOVED
            while run.exit_code is None and time.monotonic() < end:
                time.sleep(0.02)
            run.kill()

    # --- waiting ------------------------------------------------------------------------------

    def _next(self, seconds=None):
        """Until there is news; nothing happens on a node that is frozen."""
        try:
            self._news.get(timeout=seconds)
        except queue.Empty:
            pass
        self.node.awake.wait()
        if self._removed:
            raise Gone

    def _until(self, condition, seconds=None):
        end = None if seconds is None else time.monotonic() + seconds
        while not condition() and (end is None or time.monotonic() < end):
            self._next(None if end is None else max(end - time.monotonic(), 0.01))

    def _patiently(self, call):
        """`call()`, again while the API server is away."""
        while True:
            self.node.awake.wait()
            if self._removed:
                raise Gone
            try:
                return call()
            except (OSError, HTTPException):
                pass
            except Refused as error:
                if error.status < 500 and error.status != 429:
                    raise
            self._until(lambda: False, RETRY_SECONDS)

    def _call(self, call):
        try:
            return self._patiently(lambda: call(self.node.api))
        except Refused as error:
            if error.status in (404, 409):
                raise Gone from None
            raise

    # --- what it says -------------------------------------------------------------------------

    def _report(self, phase, state, ready=False):
        self._waiting_for = None
        conditions = [{"type": kind, "status": "True" if yes else "False", "lastTransitionTime": now()}
                      for kind, yes in (("Initialized", True), ("ContainersReady", ready), ("Ready", ready))]  # fmt: skip
        container = {
            "name": self.container["name"],
            "image": self.container["image"],
            "imageID": f"tests/{self.container['image']}",
            "ready": ready,
            "started": ready,
            "restartCount": self._restarts,
            "state": state,
            "lastState": self._last_state,
        }
        status = {"phase": phase, "hostIP": "127.0.0.1", "podIP": "127.0.0.1", "startTime": self._started,
                  "conditions": conditions, "containerStatuses": [container]}  # fmt: skip
        body = {"metadata": {"uid": self.uid}, "status": status}
        self._call(lambda api: api.patch("pods", self.namespace, self.name, body, "status", STRATEGIC))

    def _tell_why(self, reason):
        if self._waiting_for != reason.message:
            self._report("Pending", _waiting(reason.reason, reason.message))
            self._waiting_for = reason.message
            self._call(lambda api: self.node.tell(api, self.pod, "Warning", reason.reason, reason.message))

    def _terminated(self, code):
        state = {"exitCode": code, "startedAt": self._started, "finishedAt": now(),
                 "reason": self._killed_as or ("Error" if code else "Completed")}  # fmt: skip
        if code > SIGNAL_BASE:
            state["signal"] = code - SIGNAL_BASE
        self._killed_as = None
        return state

    def _never_ran(self):
        self._report("Failed", {"terminated": {
            "exitCode": SIGNAL_BASE + signal.SIGKILL, "reason": "ContainerStatusUnknown",
            "message": "The container could not be located when the pod was terminated"}})  # fmt: skip


def _waiting(reason, message):
    return {"waiting": {"reason": reason, "message": message}}
