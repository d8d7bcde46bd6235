"""The service on Kubernetes: an operator's day, while it is killed and started again."""

import pytest
from service import Service

from harness.control_plane import WORKER
from harness.corpus import messages
from harness.waits import wait_until

V1 = "/api/v1"


@pytest.fixture
def service(namespace, world, tmp_path):
    service = Service(tmp_path, world.database, {
        "KUBECONFIG": str(namespace.kubeconfig()), "KUBERNETES_NAMESPACE": namespace.name,
        "REPROCESSING_WORKER_IMAGE": WORKER, "K8S_MAX_PARALLEL_WORKERS": "2",
        "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap, "KAFKA_DESTINATIONS_TOPIC": world.topic,
    })  # fmt: skip
    service.start()
    yield service
    service.end_all()


def begun(service, world, lines=1_000, rate=100):
    for number in range(2):
        world.add(messages(lines, seed=number))
    started = service.begin(paths=[str(world.input)], job=world.job_id, workers=2, max_messages_per_second=rate,
                            destination={"kafka": world.broker.bootstrap, "topic": world.topic})  # fmt: skip
    assert started == world.job_id
    return f"{V1}/jobs/{world.job_id}"


def test_a_job_grows_and_ends_under_a_service_that_is_killed_meanwhile(service, namespace, world):
    job = begun(service, world)
    service.program.kill()
    service.start()
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has grown to its second pod", 120)
    pods = service.get(f"{job}/pods").json["pods"]
    assert {pod["worker"] for pod in pods} == {0, 1}
    assert any("claimed" in line["text"] for line in service.get(f"{job}/logs").json["lines"])
    service.program.kill()
    service.start()
    assert service.call("PUT", f"{job}/limits", {"max_messages_per_second": 0}).status == 200
    shown = service.until(job, lambda now: now["status"] in ("completed", "failed"), 120)
    assert shown["status"] == "completed", shown
    world.check_delivered()


def test_a_job_is_suspended_resumed_scaled_and_cancelled_by_calls(service, namespace, world):
    job = begun(service, world)
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has committed", 120)
    assert service.post(f"{job}/suspend").status == 200
    service.program.kill()  # before it was carried out, or just after
    service.start()
    wait_until(lambda: not namespace.pods(), "its pods are gone", 120)
    assert "suspended by ops" in service.get(job).json["phase"]
    assert service.post(f"{job}/resume").status == 200
    wait_until(namespace.pods, "it has pods again", 60)
    assert service.call("PUT", f"{job}/parallelism", {"pods": 1}).status == 200
    assert service.post(f"{job}/cancel", {"reason": "enough"}).json["status"] == "cancelled"
    service.program.kill()
    service.start()
    wait_until(lambda: not namespace.objects() and not namespace.pods(), "nothing of it is left", 120)
    assert world.job()["status"] == "cancelled"
