"""What a pod's container is given: files of its volumes, and its environment."""

import base64
import re
from pathlib import Path

from .rest import Refused


class NotYet(Exception):
    """The container cannot start now: `reason` as a kubelet has it."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason, self.message = reason, message


def _data(node, kind, namespace, name, optional, reason):
    """{key: bytes} of a ConfigMap or Secret."""
    try:
        found = node.api.get(kind, namespace, name)
    except Refused as error:
        if error.status == 404 and optional:
            return {}
        if error.status == 404:
            raise NotYet(reason, f'{kind[:-1]} "{name}" not found') from None
        raise
    plain = found.get("data") or {}
    if kind == "secrets":
        return {key: base64.b64decode(value) for key, value in plain.items()}
    binary = {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
    return {key: value.encode() for key, value in plain.items()} | binary


def field_of(pod, path):
    """What a fieldRef names."""
    subscript = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if subscript:
        return pod["metadata"].get(subscript[1], {}).get(subscript[2], "")
    if path in ("status.podIP", "status.hostIP"):
        return "127.0.0.1"
    value = pod
    for step in path.split("."):
        value = value.get(step, {})
    if not isinstance(value, str):
        raise NotYet("CreateContainerConfigError", f"fieldRef {path} is not known here")
    return value


# --- volumes ------------------------------------------------------------------------------------


class Volumes:
    """Writes a pod's volumes below a directory, a folder each."""

    def __init__(self, node, pod, directory):
        self.node, self.pod, self.directory = node, pod, Path(directory)
        self.namespace = pod["metadata"]["namespace"]

    def write(self):
        """{name: folder}."""
        return {volume["name"]: self._write(volume) for volume in self.pod["spec"].get("volumes", [])}

    def _write(self, volume):
        folder = self.directory / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777 if "emptyDir" in volume else 0o755)
        if "emptyDir" not in volume:
            (kind, source), *more = [item for item in volume.items() if item[0] != "name"]
            assert not more, volume
            for name, content in self._files(kind, source).items():
                self._put(folder / name, content, source.get("defaultMode", 0o644))
        return folder

    def _put(self, path, content, mode):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)

    def _files(self, kind, source):
        makers = {"configMap": self._config_map, "secret": self._secret, "projected": self._projected,
                  "downwardAPI": self._downward, "serviceAccountToken": self._token}  # fmt: skip
        if kind not in makers:
            raise NotYet("CreateContainerConfigError", f"volumes of {kind} are not known here")
        return makers[kind](source)

    def _config_map(self, source):
        return self._chosen("configmaps", source["name"], source)

    def _secret(self, source):
        return self._chosen("secrets", source.get("secretName") or source["name"], source)

    def _chosen(self, kind, name, source):
        data = _data(self.node, kind, self.namespace, name, source.get("optional"), "ContainerCreating")
        if "items" not in source:
            return data
        missing = [item["key"] for item in source["items"] if item["key"] not in data]
        if missing:
            raise NotYet("ContainerCreating", f"references non-existent config key: {missing[0]}")
        return {item["path"]: data[item["key"]] for item in source["items"]}

    def _projected(self, source):
        files = {}
        for part in source["sources"]:
            ((kind, inner),) = part.items()
            files.update(self._files(kind, inner))
        return files

    def _downward(self, source):
        return {item["path"]: field_of(self.pod, item["fieldRef"]["fieldPath"]).encode() for item in source["items"]}

    def _token(self, source):
        account = self.pod["spec"].get("serviceAccountName", "default")
        spec = {"expirationSeconds": source.get("expirationSeconds", 3600)}
        spec["audiences"] = [source["audience"]] if "audience" in source else []
        made = self.node.api.create("serviceaccounts", self.namespace, {"spec": spec}, account, "token")
        return {source["path"]: made["status"]["token"].encode()}


# --- environment --------------------------------------------------------------------------------

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")


def expanded(text, variables):
    """$(NAME) as Kubernetes has it: unknown ones stay, $$ is $."""
    return _REFERENCE.sub(lambda found: "$" if found[0] == "$$" else variables.get(found[1], found[0]), text)


def environment_of(node, pod, container, image_variables):
    namespace = pod["metadata"]["namespace"]
    name = pod["spec"].get("hostname") or pod["metadata"]["name"]
    variables = {**image_variables, "HOSTNAME": name, "KUBERNETES_SERVICE_HOST": node.api.host,
                 "KUBERNETES_SERVICE_PORT": str(node.api.port)}  # fmt: skip
    for source in container.get("envFrom", []):
        kind, reference = ("secrets", source["secretRef"]) if "secretRef" in source else ("configmaps", source["configMapRef"])
        data = _data(node, kind, namespace, reference["name"], reference.get("optional"), "CreateContainerConfigError")
        variables |= {source.get("prefix", "") + key: value.decode() for key, value in data.items()}
    for entry in container.get("env", []):
        value = _value(node, pod, entry["valueFrom"]) if "valueFrom" in entry else expanded(entry.get("value", ""), variables)
        if value is not None:
            variables[entry["name"]] = value
    return variables


def _value(node, pod, source):
    """None: an optional one that is not there."""
    if "fieldRef" in source:
        return field_of(pod, source["fieldRef"]["fieldPath"])
    for key, kind in (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")):
        if key in source:
            chosen, error = source[key], "CreateContainerConfigError"
            data = _data(node, kind, pod["metadata"]["namespace"], chosen["name"], chosen.get("optional"), error)
            if chosen["key"] in data:
                return data[chosen["key"]].decode()
            if chosen.get("optional"):
                return None
            raise NotYet(error, f"couldn't find key {chosen['key']} in {kind[:-1]} {chosen['name']}")
    raise NotYet("CreateContainerConfigError", f"env from {', '.join(source)} is not known here")
