"""`reprocess submit`: from a plan to pods that have sent all of it, against a real API server."""

import itertools
import json

import pytest

from harness.api_proxy import LOSE_ANSWER, LOSE_REQUEST, ApiProxy
from harness.command import json_of
from harness.corpus import message
from harness.waits import wait_until
from s3_world import KEYS, Server


@pytest.mark.parametrize("workers", [1, 5])
def test_a_planned_job_is_submitted_sends_everything_and_is_verified(replay, workers):
    replay.add_files(workers * 2, 100)
    plan = replay.plan(workers=workers)
    shown = replay.call("submit", "--job", replay.job, "--yes", "--plan-hash", plan["plan_hash"], "--json").out
    assert json.loads(shown)["job"] == replay.job
    replay.wait_complete()
    replay.world.check_delivered()
    assert json_of(replay.about("verify", "--json"))["verdict"] == "all_there"
    assert "every sent line is there, each once" in replay.about("report").out


def test_103_files_go_ten_pods_at_a_time(replay):
    replay.add_files(103, 10)
    submitted = replay.start_submit("--parallelism", 10, workers=100)
    most = 0

    def complete():
        nonlocal most
        most = max(most, len(replay.namespace.running_now()))
        job = replay.namespace.job(replay.name)
        return job and job["status"].get("succeeded") == 100

    wait_until(complete, "100 workers have ended", 300)
    submitted.expect(0)
    assert 1 < most <= 10
    replay.world.check_delivered()


@pytest.fixture
def bucket(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("s3"))
    server.client.create_bucket(Bucket="failover")
    yield server
    server.remove()


def test_several_workers_read_from_s3_with_a_filter_and_a_limit(replay, bucket):
    numbers = itertools.count()
    for file in range(6):
        lines = [message(next(numbers), stream=stream) for stream in ("a", "b") for _ in range(50)]
        key = f"day/kafka_failover_2026_05_01T00_00_{file:02}.ndjson"
        bucket.client.put_object(Bucket="failover", Key=key, Body=b"\n".join(lines) + b"\n")
    given = ["--job", replay.job, "--workers", 3, "--kafka", replay.world.broker.bootstrap, "--topic", replay.world.topic]
    replay.call("submit", "s3://failover/day/", *given, "--stream", "a", "--connection", "c", "--limit", 90, "--yes",
                AWS_ENDPOINT_URL_S3=bucket.url, **KEYS)  # fmt: skip
    replay.wait_complete()
    records = replay.world.records()
    assert len({record.key for record in records}) == len(records) == 90
    assert {json.loads(record.value)["origin"]["sourceId"] for record in records} == {"a"}


def test_all_objects_are_the_jobs_and_go_with_it(replay):
    replay.add_files(2, 10)
    replay.submit()
    suffixes = [("configmaps", "-config"), ("configmaps", "-files"), ("secrets", "-credentials")]
    assert replay.objects() == [("jobs", replay.name)] + [(kind, replay.name + suffix) for kind, suffix in suffixes]
    replay.wait_complete()
    replay.delete()
    replay.wait_objects_gone()


def test_another_plan_than_was_seen_is_not_started(replay):
    replay.add_files(1, 10)
    replay.plan()
    refused = replay.call("submit", "--job", replay.job, "--yes", "--plan-hash", "0" * 64, expect=1)
    assert "its plan is" in refused.err
    assert replay.objects() == []


def test_one_pod_shows_that_it_works_before_others_start(replay):
    replay.add_files(4, 50)
    submitted = replay.start_submit(workers=4)
    first = replay.namespace.running()
    assert len(first) == 1
    submitted.expect(0)
    replay.wait_complete()
    replay.world.check_delivered()


def test_a_setting_that_is_wrong_costs_one_shard_and_is_told(replay):
    replay.add_files(4, 10)
    failed = replay.start_submit(workers=4, KAFKA_PROPERTIES="no.such.property=1").expect(1, 120)
    assert "no.such.property" in failed.err
    indexes = {pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for pod in replay.namespace.pods()}
    assert len(indexes) <= 1


RIGHTS = [("batch", "jobs", "create"), ("batch", "jobs", "patch"), ("", "configmaps", "create"), ("", "secrets", "create"),
          ("", "pods", "list")]  # fmt: skip


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: f"{right[2]} {right[1]}")
def test_a_missing_right_is_named_and_once_it_is_granted_the_same_command_finishes(replay, right):
    replay.add_files(2, 20)
    group, resource, verb = right
    replay.namespace.without_right(*right)
    refused = replay.submit(expect=1, workers=2)
    assert f'{{apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]}}' in refused.err
    replay.namespace.with_all_rights()
    replay.submit(workers=2)
    replay.wait_complete()
    replay.world.check_delivered()


@pytest.mark.parametrize("loses", [LOSE_REQUEST, LOSE_ANSWER])
def test_killed_at_any_write_the_same_command_finishes_with_nothing_doubled(plane, replay, loses):
    """The Job, two ConfigMaps, the Secret, what unsuspends it."""
    replay.add_files(2, 20)
    with ApiProxy(plane) as proxy:
        replay.kubeconfig = proxy.kubeconfig(replay.namespace)
        for step in range(1, 6):
            seen = []

            def judge(request, step=step, seen=seen):
                if not request.writes:
                    return None
                seen.append(request)
                if len(seen) < step:
                    return None
                return loses

            proxy.judge = judge
            submitted = replay.start_submit(workers=2)
            wait_until(lambda seen=seen, step=step: len(seen) >= step or not submitted.running, f"write {step}")
            submitted.kill()
            proxy.judge = lambda request: None
        replay.submit(workers=2)
    replay.wait_complete()
    replay.world.check_delivered()
    assert len(replay.objects()) == 4


def test_while_the_api_server_is_away_it_says_so_and_the_same_command_finishes(plane, replay):
    replay.add_files(1, 20)
    with ApiProxy(plane) as proxy:
        replay.kubeconfig = proxy.kubeconfig(replay.namespace)
        proxy.judge = lambda request: LOSE_REQUEST
        refused = replay.start_submit().expect(1, 120)
        assert "kubernetes" in refused.err
        left = [2]

        def busy(request):
            if left[0]:
                left[0] -= 1
                return 429, {"Retry-After": "1"}, b'{"kind":"Status","message":"slow down"}'
            return None

        proxy.judge = busy
        replay.submit()
        assert left == [0]
    replay.wait_complete()
    replay.world.check_delivered()


NEW_FIELDS = ("backoffLimitPerIndex", "maxFailedIndexes", "podReplacementPolicy", "podFailurePolicy")


def test_an_older_server_gets_a_job_that_it_understands_with_a_warning(plane, replay):
    """One that knows nothing of limits a shard: it drops such fields, without a word."""

    def forget(request):
        if request.method == "POST" and "/jobs" in request.path:
            return request.changed(lambda job: [job["spec"].pop(field, None) for field in NEW_FIELDS])
        return None

    replay.add_files(3, 20)
    with ApiProxy(plane) as proxy:
        replay.kubeconfig = proxy.kubeconfig(replay.namespace)
        proxy.judge = forget
        submitted = replay.submit(workers=3)
    assert "older" in submitted.err or "1.29" in submitted.err, submitted.err
    spec = replay.namespace.job(replay.name)["spec"]
    assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (18, "OnFailure")
    replay.wait_complete()
    replay.world.check_delivered()


def test_printed_objects_are_taken_by_the_server_and_do_the_job(replay):
    replay.add_files(2, 20)
    namespace, values = replay.namespace, replay.world.directory / "values.yaml"
    values.write_text("existingSecret: settings\n")
    printed = replay.submit("--print", "json", "--values", values, workers=2)
    settings = {"DATABASE_URL": replay.world.database.url, "KAFKA_BOOTSTRAP_SERVERS": replay.world.broker.bootstrap,
                "KAFKA_DESTINATIONS_TOPIC": replay.world.topic, **replay.world.environment}  # fmt: skip
    namespace.api.create("secrets", namespace.name, {"metadata": {"name": "settings"}, "stringData": settings})
    for item in json.loads(printed.out)["items"]:
        namespace.api.create({"ConfigMap": "configmaps", "Job": "jobs"}[item["kind"]], namespace.name, item)
    replay.wait_complete()
    replay.world.check_delivered()


def test_a_killed_a_deleted_and_an_evicted_pod_are_succeeded_and_each_line_arrives_once(replay):
    replay.add_files(3, 3_000)
    replay.submit("--max-messages-per-second", 300, workers=3)
    killed, deleted, evicted = replay.namespace.running(3)
    killed.kill()
    replay.namespace.api.delete("pods", replay.namespace.name, deleted.name)
    replay.namespace.evict(evicted.name)
    replay.about("set", "max_messages_per_second=0")
    replay.wait_complete(180)
    replay.world.check_delivered()


def test_files_that_another_job_has_replayed_are_sent_again_only_if_that_is_said(replay):
    replay.add_files(1, 20)
    first = replay.submit()
    replay.wait_complete()
    assert "local paths" in first.err
    again = ["submit", replay.world.input, "--job", f"{replay.job}-2", "--yes", "--kafka", replay.world.broker.bootstrap,
             "--topic", replay.world.topic]  # fmt: skip
    refused = replay.call(*again, expect=1)
    assert "already replayed" in refused.err and "--again" in refused.err
    assert replay.namespace.job(f"{replay.name}-2") is None
    replay.call(*again, "--again")
    assert replay.namespace.ended(f"{replay.name}-2") == "Complete"
    assert len(replay.world.records()) == 40
