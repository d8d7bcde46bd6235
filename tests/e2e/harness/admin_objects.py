"""The Kubernetes objects of a job as Bulker's admin service makes them, and the order it makes them in."""

import base64
import gzip
import json

from .control_plane import WORKER

SECRETS = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_DESTINATIONS_TOPIC", "REPOSITORY_URL", "REPOSITORY_AUTH_TOKEN")


def _meta(job_id, suffix, kind):
    return {"name": f"reprocess-{job_id}-{suffix}", "labels": {"app": "bulker-reprocessing", "type": kind}}


def submit(namespace, world, workers):
    """Of a world: its files, its configuration, and as much of its environment as that service passes on."""
    job, variables = world.job_id, world.variables()
    listed = gzip.compress(json.dumps([file.listed for file in world.files]).encode())
    api, ns = namespace.api, namespace.name
    api.create("configmaps", ns, {
        "metadata": _meta(job, "files", "file-list"),
        "data": {"total_files": str(len(world.files)), "worker_count": str(workers)},
        "binaryData": {"files.json": base64_of(listed)}})  # fmt: skip
    api.create("configmaps", ns, {"metadata": _meta(job, "config", "job-config"), "data": {"config.json": json.dumps(world.config)}})
    data = {name: base64_of(variables.get(name, "").encode()) for name in SECRETS}
    api.create("secrets", ns, {"metadata": _meta(job, "credentials", "credentials"), "type": "Opaque", "data": data})
    api.create("jobs", ns, {"metadata": {"name": f"reprocess-{job}", "labels": _labels(job)}, "spec": _spec(job, workers)})
    return f"reprocess-{job}"


def base64_of(content):
    return base64.b64encode(content).decode()


def _labels(job):
    return {"app": "bulker-reprocessing", "job-id": job}


def _spec(job, workers):
    index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    container = {
        "name": "worker",
        "image": WORKER,
        "envFrom": [{"secretRef": {"name": f"reprocess-{job}-credentials"}}],
        "env": [{"name": "JOB_ID", "value": job}, {"name": "WORKER_INDEX", "valueFrom": {"fieldRef": {"fieldPath": index}}},
                {"name": "TOTAL_WORKERS", "value": str(workers)}],
        "resources": {"limits": {"cpu": "1", "memory": "2Gi"}, "requests": {"cpu": "310m", "memory": "1Gi"}},
        "volumeMounts": [{"name": "file-list", "readOnly": True, "mountPath": "/config/files"},
                         {"name": "job-config", "readOnly": True, "mountPath": "/config/job"}],
    }  # fmt: skip
    pod = {
        "restartPolicy": "OnFailure",
        "tolerations": [{"key": "kubernetes.io/arch", "operator": "Equal", "value": "arm64", "effect": "NoSchedule"}],
        "containers": [container],
        "volumes": [{"name": "file-list", "configMap": {"name": f"reprocess-{job}-files"}},
                    {"name": "job-config", "configMap": {"name": f"reprocess-{job}-config"}}],
    }  # fmt: skip
    return {"parallelism": workers, "completions": workers, "backoffLimit": 3, "ttlSecondsAfterFinished": 86400,
            "completionMode": "Indexed", "template": {"metadata": {"labels": _labels(job)}, "spec": pod}}  # fmt: skip
