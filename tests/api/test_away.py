"""The database, or S3, is away at each step of an operator's day: what needs it says so, with what helps; the rest
goes on; and the same call makes it whole once it is back."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from harness.command import SqliteBooks
from harness.waits import wait_until
from s3_world import KEYS, Server, s3_script
from test_cut_short import ANNOUNCED, Gate, ids, to_files

V1 = "/api/v1"


def starts(plan):
    return {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "an outage"}


def test_while_the_database_is_away_each_act_says_so_and_does_nothing(new_service, own_cluster, logs):
    service = new_service(own_cluster.create())
    job = service.begin(**to_files(service, logs))
    service.ended(job)
    plan = service.plan(**to_files(service, logs))
    acts = [("/plans", to_files(service, logs, job="later")), ("/jobs", starts(plan)),
            (f"/jobs/{job}/retry", {}), (f"/jobs/{job}/verify", {}), (f"/jobs/{plan['id']}/cancel", {})]  # fmt: skip
    own_cluster.stop("immediate")
    try:
        for path, body in acts:
            reply = service.post(V1 + path, body)
            assert (reply.status, reply.json["code"]) == (503, "away"), f"{path}: {reply.text}"
            assert reply.headers["retry-after"] and reply.json["hint"]
        assert service.get(f"{V1}/jobs").status == service.get("/readyz").status == 503
        for path in ("/healthz", "/", "/api/openapi.json", f"{V1}/about"):
            assert service.get(path).status == 200, path
    finally:
        own_cluster.start()
    wait_until(lambda: service.get("/readyz").status == 200, "it is ready again")
    assert sorted(ids(service)) == sorted([job, plan["id"]])
    assert service.get(f"{V1}/jobs/{plan['id']}").json["status"] == "pending"
    assert [service.post(V1 + path, body).status for path, body in acts[:4]] == [202, 201, 201, 202]
    assert service.ended(plan["id"])["success_count"] == 40


def test_a_database_that_goes_away_while_a_plan_is_stored_leaves_none_and_the_plan_says_why(new_service, own_cluster, logs):
    books, key = own_cluster.create(), {"Idempotency-Key": "k"}
    service = new_service(books)
    body = to_files(service, logs)
    gate = Gate(books, "reprocessing_files")
    made = service.post(f"{V1}/plans", body, headers=key)
    gate.until_reached()
    own_cluster.stop("immediate")
    own_cluster.start()
    assert service.get(f"{V1}/jobs").status == 200  # its connections were lost while nobody used them
    refused = service.until(made.headers["location"], lambda plan: plan["state"] == "refused")
    assert refused["error"]["code"] == "away" and refused["error"]["error"], refused
    gate.open()
    assert ids(service) == []
    again = service.post(f"{V1}/plans", body, headers=key)
    assert again.json["id"] == made.json["id"]
    service.until(again.headers["location"], lambda plan: plan["state"] == "ready")
    assert ids(service) == [made.json["id"]]


def whole_acts(service, logs, topic):
    """A job that is there, and three acts that find all they need: {path: (body, what its status is)}."""
    service.ended(service.begin(**to_files(service, logs, job="failed")))
    service.ended(service.begin(paths=[str(logs)], connection_ids=["c1"], destination={"topic": topic}, job="sent"))
    plan = service.plan(**to_files(service, logs, job="planned"))
    return {f"{V1}/jobs": (starts(plan), 201), f"{V1}/jobs/failed/retry": ({}, 201), f"{V1}/jobs/sent/verify": ({}, 202)}


# Held where each of them writes: the start its announcement, the retry its plan, the verification its verdict.
@pytest.mark.parametrize("lost", ["killed", "frozen"])
def test_a_database_that_is_lost_in_the_middle_of_acts_leaves_nothing_half_done(lost, new_service, own_cluster, logs, broker, tmp_path):
    topic, books = f"lost-{tmp_path.name}", own_cluster.create()
    broker.create_topic(topic)
    service = new_service(SimpleNamespace(url=f"{books.url}?statement_timeout=15000"), KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap,
                          KAFKA_DESTINATIONS_TOPIC=topic)  # fmt: skip
    acts = whole_acts(service, logs, topic)
    gate = Gate(books, "reprocessing_jobs", ANNOUNCED)
    gate.also("reprocessing_files")
    gate.also("reprocessing_verdicts")
    with ThreadPoolExecutor() as callers:
        start, retry, verify = [callers.submit(service.post, path, body) for path, (body, _) in acts.items()]
        assert verify.result().status == 202
        gate.until_reached(writers=3)
        own_cluster.stop("immediate") if lost == "killed" else own_cluster.freeze()
        for path in ("/healthz", "/", "/api/openapi.json", f"{V1}/about"):
            assert service.get(path).status == 200, path
        for reply in (start.result(), retry.result()):
            assert (reply.status, reply.json["code"]) == (503, "away") and reply.json["hint"], reply.text
            assert reply.headers["retry-after"]
    own_cluster.start() if lost == "killed" else own_cluster.thaw()
    wait_until(lambda: service.get("/readyz").status == 200, "it is ready again")
    gate.open()
    assert service.get(f"{V1}/jobs/planned").json["status"] == "pending"
    told = service.until(f"{V1}/jobs/sent/verify", lambda now: now["state"] != "running")
    assert (told["state"], told["error"]["code"]) == ("failed", "away"), told
    for path, (body, status) in acts.items():
        # A connection that was lost is one call's trouble.
        wait_until(lambda path=path, body=body, status=status: service.post(path, body).status == status, f"{path} is made")
    assert service.ended("planned")["success_count"] == 40
    assert service.until(f"{V1}/jobs/sent/verify", lambda now: now["state"] == "done")["verdict"]["verdict"] == "all_there"
    (retried,) = set(ids(service)) - {"failed", "sent", "planned"}
    assert service.ended(retried)["error_count"] == 2


class TestS3:
    def fill(self, server, logs):
        server.client.create_bucket(Bucket="outage")
        for file in logs.iterdir():
            server.client.put_object(Bucket="outage", Key=file.name, Body=file.read_bytes())

    @pytest.fixture
    def server(self, tmp_path):
        server = Server(tmp_path / "s3")
        yield server
        server.remove()

    @pytest.fixture
    def service(self, new_service, tmp_path, server):
        return new_service(SqliteBooks(tmp_path / "jobs.db"), AWS_ENDPOINT_URL_S3=server.url, REPROCESS_S3_RETRY_WAIT_MS="1",
                           REPROCESS_RETRY_WAIT_MS="1", REPROCESS_START_TIMEOUT_MS="1000", **KEYS)  # fmt: skip

    @pytest.fixture
    def body(self, service, server, logs):
        self.fill(server, logs)
        return to_files(service, logs, paths=["s3://outage/"])

    @pytest.fixture
    def away(self, server):
        port = server.url.rpartition(":")[2]

        class Away:
            def __enter__(self):
                s3_script("stop", server.directory)

            def __exit__(self, *_):
                s3_script("start", server.directory, port)

        return Away()

    def test_while_s3_is_away_a_plan_says_so_and_the_rest_goes_on(self, service, body, away):
        with away:
            plan = service.plan(**body, job="p")
            assert plan["state"] == "refused" and plan["error"]["hint"], plan
            assert service.get("/readyz").status == 200 and ids(service) == []
        assert service.plan(**body, job="p")["state"] == "ready"

    def test_a_job_that_is_started_while_s3_is_away_says_what_failed_and_its_retry_sends_it(self, service, body, away):
        plan = service.plan(**body)
        with away:
            started = service.post(f"{V1}/jobs", starts(plan))
            assert started.status == 201, started.text
            failed = service.ended(plan["id"])
            assert failed["files"]["failed"] == 2 and "connect" in failed["failed_files"][0]["reason"], failed
            assert service.get(f"{V1}/jobs/{plan['id']}/errors").json["reasons"][0]["reason"] == "unreadable"
        retried = service.post(f"{V1}/jobs/{plan['id']}/retry")
        assert retried.status == 201, retried.text
        assert service.ended(retried.json["id"])["success_count"] == 40

    def test_a_retry_and_a_verification_while_s3_is_away_say_so_and_are_made_when_it_is_back(self, new_service, tmp_path, server, logs, broker, away):
        topic = f"s3-{tmp_path.name}"
        broker.create_topic(topic)
        service = new_service(SqliteBooks(tmp_path / "jobs.db"), KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap, KAFKA_DESTINATIONS_TOPIC=topic,
                              AWS_ENDPOINT_URL_S3=server.url, REPROCESS_S3_RETRY_WAIT_MS="1", REPROCESS_RETRY_WAIT_MS="1",
                              REPROCESS_START_TIMEOUT_MS="1000", **KEYS)  # fmt: skip
        self.fill(server, logs)
        body = {"paths": ["s3://outage/"], "connection_ids": ["c1"]}
        job = service.begin(**body)
        service.ended(job)
        retry, verify = f"{V1}/jobs/{job}/retry", f"{V1}/jobs/{job}/verify"
        with away:
            retried = service.post(retry).json["id"]
            assert service.ended(retried)["files"]["failed"] == 2
            assert service.post(verify).status == 202
            told = service.until(verify, lambda now: now["state"] == "done")["verdict"]
            assert (told["verdict"], told["doubts"]) == ("unverified", 2)
            assert service.get("/readyz").status == 200
        again = service.post(f"{V1}/jobs/{retried}/retry").json["id"]
        assert service.ended(again)["files"]["failed"] == 0
        assert service.post(verify).status == 202
        assert service.until(verify, lambda now: now["verdict"] and now["verdict"]["verdict"] != "unverified")["verdict"]["verdict"] == "all_there"
