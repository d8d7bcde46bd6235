"""What deploy/kubernetes/ has is taken by a real API server, which finds nothing to say."""

import json
import re

import pytest

from harness.control_plane import DEPLOY

KINDS = {"Role": ("/apis/rbac.authorization.k8s.io/v1", "roles"), "ServiceAccount": ("/api/v1", "serviceaccounts"),
         "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"), "Deployment": ("/apis/apps/v1", "deployments"),
         "Service": ("/api/v1", "services"), "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies")}  # fmt: skip
STRICTLY = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "tests", "force": "true"}

DOCUMENTS = [(path.name, number, text) for path in sorted(DEPLOY.glob("*.yaml"))
             for number, text in enumerate(re.split(r"^---\n", path.read_text(), flags=re.MULTILINE))]  # fmt: skip


def test_there_are_manifests():
    assert {name for name, _, _ in DOCUMENTS} == {"role.yaml", "serve.yaml", "submitter.yaml", "worker.yaml"}


def applied(namespace, text):
    """What the API server makes of it, and what it says to it; nothing is stored."""
    kind, name = re.search(r"^kind: (\w+)", text, re.MULTILINE)[1], re.search(r"^  name: (\S+)", text, re.MULTILINE)[1]
    api, plural = KINDS[kind]
    made, warnings = namespace.api.apply(f"{api}/namespaces/{namespace.name}/{plural}/{name}", text.encode(), STRICTLY)
    assert made["metadata"]["name"] == name
    return made, warnings


@pytest.mark.parametrize("annotated", [False, True], ids=["as it is", "with its annotations"])
@pytest.mark.parametrize("text", [text for _, _, text in DOCUMENTS], ids=[f"{name}:{number}" for name, number, _ in DOCUMENTS])
def test_a_manifest_is_applied_without_a_warning(namespace, text, annotated):
    if annotated:
        text = re.sub(r"^  # (annotations:|  )", r"  \1", text, flags=re.MULTILINE)
    assert applied(namespace, text)[1] == []


def test_pods_that_serve_pass_the_restricted_profile_and_are_who_may_submit(namespace):
    """The namespace enforces it: a pod that does not pass is refused."""
    text = next(text for name, _, text in DOCUMENTS if name == "serve.yaml")
    template = applied(namespace, text)[0]["spec"]["template"]
    assert template["spec"]["serviceAccountName"] == "reprocess-submitter"
    template["spec"]["serviceAccountName"] = "default"  # the other is not there
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "serve"}, "spec": template["spec"]}
    path = f"/api/v1/namespaces/{namespace.name}/pods/serve"
    made, warnings = namespace.api.apply(path, json.dumps(pod).encode(), STRICTLY)
    assert (made["metadata"]["name"], warnings) == ("serve", [])
