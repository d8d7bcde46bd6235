"""The service on Kubernetes: an operator's day, while it is killed and started again."""

import http.client

import pytest
from service import Service

from harness.api_proxy import LOSE_ANSWER, LOSE_REQUEST, ApiProxy
from harness.control_plane import WORKER
from harness.corpus import messages
from harness.waits import wait_until

V1 = "/api/v1"


@pytest.fixture
def kubeconfig(namespace):
    return namespace.kubeconfig()


@pytest.fixture
def service(kubeconfig, namespace, world, tmp_path):
    service = Service(tmp_path, world.database, {
        "KUBECONFIG": str(kubeconfig), "KUBERNETES_NAMESPACE": namespace.name,
        "REPROCESSING_WORKER_IMAGE": WORKER, "K8S_MAX_PARALLEL_WORKERS": "2",
        "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap, "KAFKA_DESTINATIONS_TOPIC": world.topic,
    })  # fmt: skip
    service.start()
    yield service
    service.end_all()


def planned(service, world, lines=1_000, rate=100):
    """What starts it."""
    for number in range(2):
        world.add(messages(lines, seed=number))
    plan = service.plan(paths=[str(world.input)], job=world.job_id, workers=2, max_messages_per_second=rate,
                        destination={"kafka": world.broker.bootstrap, "topic": world.topic})  # fmt: skip
    return {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "an outage"}


def begun(service, world, **options):
    started = service.post(f"{V1}/jobs", planned(service, world, **options))
    assert started.status == 201, started.text
    return f"{V1}/jobs/{world.job_id}"


def wait_two_pods_commit(world):
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has grown to its second pod", 120)


def test_a_job_grows_and_ends_under_a_service_that_is_killed_meanwhile(service, namespace, world):
    job = begun(service, world)
    service.program.kill()
    service.start()
    wait_two_pods_commit(world)
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
    job = begun(service, world, rate=40)  # as long as a dead keeper's lease holds, and longer
    wait_two_pods_commit(world)
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


class TestKilledAtAWrite:
    """At the first write to the API server that an act brings about, before it or after it: the service is
    started again, and asked the same again."""

    @pytest.fixture
    def proxy(self, plane):
        with ApiProxy(plane) as proxy:
            yield proxy

    @pytest.fixture
    def kubeconfig(self, proxy, namespace):
        return proxy.kubeconfig(namespace)

    @pytest.fixture(params=[LOSE_REQUEST, LOSE_ANSWER])
    def cut_short(self, request, service, proxy):
        def cut(method, path, body):
            def judge(asked):
                if not asked.writes:
                    return None
                service.program.kill()
                return request.param

            proxy.judge = judge
            try:
                service.call(method, path, body)
            except (http.client.HTTPException, OSError):
                pass
            wait_until(lambda: not service.program.running, "it was killed", 30)
            proxy.judge = lambda asked: None
            service.start()
            return service.call(method, path, body)

        return cut

    def test_each_act_is_made_whole_by_the_same_call(self, cut_short, service, namespace, world):
        name, job = f"reprocess-{world.job_id}", f"{V1}/jobs/{world.job_id}"
        assert cut_short("POST", f"{V1}/jobs", planned(service, world, rate=40)).status in (200, 201)
        wait_two_pods_commit(world)
        assert cut_short("POST", f"{job}/suspend", {}).status == 200
        wait_until(lambda: not namespace.pods(), "its pods are gone", 120)
        assert cut_short("POST", f"{job}/resume", {}).status == 200
        wait_until(namespace.pods, "it has pods again", 60)
        assert cut_short("PUT", f"{job}/parallelism", {"pods": 1}).status == 200
        wait_until(lambda: namespace.job(name)["spec"]["parallelism"] == 1, "it runs a pod at a time", 30)
        assert service.call("PUT", f"{job}/limits", {"max_messages_per_second": 0}).status == 200
        shown = service.until(job, lambda now: now["status"] in ("completed", "failed"), 120)
        assert shown["status"] == "completed", shown
        world.check_delivered()

    def test_a_cancelled_job_leaves_nothing(self, cut_short, service, namespace, world):
        job = begun(service, world, rate=40)
        wait_two_pods_commit(world)
        assert cut_short("POST", f"{job}/cancel", {"reason": "enough"}).json["status"] == "cancelled"
        wait_until(lambda: not namespace.objects() and not namespace.pods(), "nothing of it is left", 120)
        assert world.job()["status"] == "cancelled"


def test_while_the_api_server_hangs_acts_are_answered_in_time_and_the_rest_as_ever(plane, service, namespace, world):
    start = planned(service, world)
    plane.freeze_api_server()
    try:
        refused = service.post(f"{V1}/jobs", start)
        assert refused.status == 503, refused.text
        assert refused.json["hint"] and "kubernetes" in refused.text.lower(), refused.text
        assert service.get(f"{V1}/jobs/{world.job_id}").json["status"] == "pending"
        assert service.get("/healthz", token=None).status == 200
        assert service.get("/readyz", token=None).status == 503
    finally:
        plane.thaw_api_server()
    started = service.post(f"{V1}/jobs", {**start, "reason": "again"})
    assert started.status == 201, started.text
    wait_two_pods_commit(world)
    plane.freeze_api_server()
    try:
        assert service.get(f"{V1}/jobs/{world.job_id}/errors").status == 200
        limits = service.call("PUT", f"{V1}/jobs/{world.job_id}/limits", {"max_messages_per_second": 0})
        assert limits.status == 200, limits.text
    finally:
        plane.thaw_api_server()
    shown = service.until(f"{V1}/jobs/{world.job_id}", lambda now: now["status"] in ("completed", "failed"), 120)
    assert shown["status"] == "completed", shown
    world.check_delivered()
