"""What deploy/kubernetes/ has is taken by a real API server, which finds nothing to say."""

import re

import pytest

from harness.control_plane import DEPLOY

KINDS = {"Role": ("/apis/rbac.authorization.k8s.io/v1", "roles"), "ServiceAccount": ("/api/v1", "serviceaccounts"),
         "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings")}  # fmt: skip

DOCUMENTS = [(path.name, number, text) for path in sorted(DEPLOY.glob("*.yaml"))
             for number, text in enumerate(re.split(r"^---\n", path.read_text(), flags=re.MULTILINE))]  # fmt: skip


def test_there_are_manifests():
    assert {name for name, _, _ in DOCUMENTS} == {"role.yaml", "submitter.yaml", "worker.yaml"}


@pytest.mark.parametrize("annotated", [False, True], ids=["as it is", "with its annotations"])
@pytest.mark.parametrize("text", [text for _, _, text in DOCUMENTS], ids=[f"{name}:{number}" for name, number, _ in DOCUMENTS])
def test_a_manifest_is_applied_without_a_warning(namespace, text, annotated):
    if annotated:
        text = re.sub(r"^  # (annotations:|  )", r"  \1", text, flags=re.MULTILINE)
    kind, name = re.search(r"^kind: (\w+)", text, re.MULTILINE)[1], re.search(r"^  name: (\S+)", text, re.MULTILINE)[1]
    api, plural = KINDS[kind]
    path = f"{api}/namespaces/{namespace.name}/{plural}/{name}"
    query = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": "tests", "force": "true"}
    applied, warnings = namespace.api.apply(path, text.encode(), query)
    assert applied["metadata"]["name"] == name
    assert warnings == []
