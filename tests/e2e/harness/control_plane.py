"""A real Kubernetes control plane, nodes that run its pods, and a namespace of a test's own."""

import os
import signal
from pathlib import Path

from pods.container import IMAGE_PATH, Image
from pods.rest import Refused, Rest
from pods.runner import PodRunner

from .databases import server_script
from .programs import BIN, ROOT
from .waits import wait_until
from .world import QUICK

DEPLOY = ROOT / "deploy" / "kubernetes"
SHELL, WORKER = "tests/shell", "tests/worker"  # images


def images(inputs):
    """What the nodes can pull. A worker sees the files below `inputs` where the tests have them, and does
    not wait for long."""
    folders = {BIN: "/app", inputs: str(inputs)}
    return {
        SHELL: Image(("/bin/sh",), {}, {"PATH": IMAGE_PATH}),
        WORKER: Image(("/app/reprocessing-worker",), folders, {"PATH": f"/app:{IMAGE_PATH}", **QUICK}),
    }


class ControlPlane:
    def __init__(self, directory, inputs):
        self.directory, self.inputs = Path(directory), Path(inputs)

    def start(self):
        server_script("kubernetes.sh", "start", self.directory)
        self.api = Rest(self.directory)
        pods = PodRunner(self.api, self.directory / "pods", images(self.inputs))
        self.nodes = pods.start("node-a", "node-b")
        return self

    def end(self):
        self.nodes.end()
        server_script("kubernetes.sh", "remove", self.directory)

    def kill_api_server(self):
        server_script("kubernetes.sh", "kill", self.directory, "kube-apiserver")

    def revive_api_server(self):
        server_script("kubernetes.sh", "again", self.directory, "kube-apiserver")

    def freeze_api_server(self):
        """It takes connections, and answers nothing."""
        os.kill(self._pid("kube-apiserver"), signal.SIGSTOP)

    def thaw_api_server(self):
        os.kill(self._pid("kube-apiserver"), signal.SIGCONT)

    def _pid(self, component):
        return int((self.directory / component / "pid").read_text())


class Namespace:
    """A namespace in which pods must be as `security` says, where `submitter` has the rights of deploy/kubernetes."""

    def __init__(self, plane, name, directory, security="restricted"):
        self.plane, self.api, self.name, self.directory = plane, plane.api, name, Path(directory)
        labels = {"pod-security.kubernetes.io/enforce": security}
        self.api.create("namespaces", None, {"metadata": {"name": name, "labels": labels}})
        role = (DEPLOY / "role.yaml").read_bytes()
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/roles"
        self.role = self.api.call("POST", path, role, content_type="application/yaml")
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": self.role["metadata"]["name"]}
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "submitter"}
        self.api.create("rolebindings", name, {"metadata": {"name": "submitter"}, "roleRef": reference, "subjects": [subject]})
        wait_until(lambda: self._has("serviceaccounts", "default"), "the default service account is there")
        self._wait_rights()

    def remove(self):
        """Its pods end at once; the rest goes in its own time."""
        for pod in self.pods():
            try:
                self.api.delete("pods", self.name, pod["metadata"]["name"], gracePeriodSeconds=0)
            except Refused as error:
                if error.status != 404:  # one that has gone meanwhile is what is wanted
                    raise
        self.api.delete("namespaces", None, self.name)

    def kubeconfig(self, user="submitter"):
        """A file whose current namespace is this one."""
        text = (self.plane.directory / f"{user}.kubeconfig").read_text()
        authorities = self.plane.directory / "kube-apiserver" / "certificates" / "apiserver.crt"
        text = text.replace("kube-apiserver/certificates/apiserver.crt", str(authorities))
        path = self.directory / f"{user}.kubeconfig"
        path.write_text(text.replace("namespace: replay", f"namespace: {self.name}"))
        return path

    def without_right(self, group, resource, verb):
        """From now on `submitter` may not do that."""
        rules = [rule | {"verbs": [v for v in rule["verbs"] if (group, resource, verb) != (rule["apiGroups"][0], rule["resources"][0], v)]}
                 for rule in self.role["rules"]]  # fmt: skip
        body = {"rules": [rule for rule in rules if rule["verbs"]]}
        self.api.patch("roles", self.name, self.role["metadata"]["name"], body)
        wait_until(lambda: not self._may(group, resource, verb), f"{verb} {resource} is taken")

    def with_right(self, group, resource, verb):
        """From now on `submitter` may do that too."""
        rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        self.api.patch("roles", self.name, self.role["metadata"]["name"], {"rules": [*self.role["rules"], rule]})
        wait_until(lambda: self._may(group, resource, verb), f"{verb} {resource} is granted")

    def with_all_rights(self):
        self.api.patch("roles", self.name, self.role["metadata"]["name"], {"rules": self.role["rules"]})
        self._wait_rights()

    def _wait_rights(self):
        rights = [(rule["apiGroups"][0], rule["resources"][0], verb) for rule in self.role["rules"] for verb in rule["verbs"]]
        wait_until(lambda: all(self._may(*right) for right in rights), "all rights are granted")

    def _may(self, group, resource, verb):
        """Whether the API server lets `submitter` do that: it goes by a Role some time after it has stored it."""
        kind, _, sub = resource.partition("/")
        wanted = {"namespace": self.name, "group": group, "resource": kind, "subresource": sub, "verb": verb}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": {"user": "submitter", "resourceAttributes": wanted}}  # fmt: skip
        return self.api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body)["status"]["allowed"]

    # --- what is in it ------------------------------------------------------------------------

    def _has(self, kind, name):
        try:
            return self.api.get(kind, self.name, name)
        except Refused as error:
            if error.status != 404:
                raise
            return None

    def job(self, name):
        """None when it is gone."""
        return self._has("jobs", name)

    def pods(self, **labels):
        chosen = ",".join(f"{key}={value}" for key, value in labels.items())
        return self.api.list("pods", self.name, labelSelector=chosen)

    def pod(self, name):
        return self._has("pods", name)

    def objects(self):
        """Names of the ConfigMaps and Secrets that are not the cluster's own."""
        kinds = ("configmaps", "secrets")
        found = [(kind, each["metadata"]["name"]) for kind in kinds for each in self.api.list(kind, self.name)]
        return sorted(name for name in found if name != ("configmaps", "kube-root-ca.crt"))

    def ended(self, name, deadline=60.0):
        """The condition that a Job ended with."""

        def found():
            conditions = self.job(name)["status"].get("conditions", [])
            return [each for each in conditions if each["status"] == "True" and each["type"] in ("Complete", "Failed")]

        return wait_until(found, f"Job {name} has ended", deadline)[0]["type"]

    def running_now(self):
        """The pods whose containers run, as their nodes have them."""
        return [pod for pod in self.plane.nodes.pods(self.name) if pod.runs and pod.runs[-1].exit_code is None]

    def running(self, count=1, deadline=30.0):
        """The same, once there are so many."""
        return wait_until(lambda: len(self.running_now()) >= count and self.running_now(), f"{count} containers run", deadline)

    def wait_phase(self, name, *phases, deadline=30.0):
        """The pod, once it is in one of these phases."""

        def reached():
            pod = self.pod(name)
            return pod if pod and pod["status"]["phase"] in phases else None

        return wait_until(reached, f"pod {name} is {' or '.join(phases)}", deadline)

    def wait_gone(self, kind, name, deadline=60.0):
        wait_until(lambda: self._has(kind, name) is None, f"{kind} {name} is gone", deadline)

    def evict(self, name):
        """As a drained node does."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": self.name}}
        self.api.create("pods", self.name, body, name, "eviction")
