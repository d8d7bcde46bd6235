"""The API as an operator uses it: plan, confirm, start, look, change, retry, report; and who may."""

import concurrent.futures

import pytest
from harness.command import SqliteBooks
from harness.repository import serve, stream
from service import JSON, OPERATOR, VIEWER

V1 = "/api/v1"


def to_files(service, logs, **more):
    return {"paths": [str(logs)], "destination": {"out": str(service.home / "out")}, "connection_ids": ["c1"], **more}


def test_a_job_is_planned_confirmed_started_and_reported(service, logs):
    plan = service.plan(**to_files(service, logs))
    assert plan["state"] == "ready" and plan["plan"]["files"] == 2 and plan["error"] is None
    started = service.post(f"{V1}/jobs", {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "outage of 1 May"})
    assert started.status == 201 and started.headers["location"] == f"{V1}/jobs/{plan['id']}"
    job = service.ended(plan["id"])
    assert job["state"] == "completed" and job["success_count"] == 40 and job["error_count"] == 2
    assert service.get(f"{V1}/plans/{plan['id']}").json["state"] == "started"
    workers = service.get(f"{V1}/jobs/{plan['id']}/workers").json["workers"]
    assert [list(row) for row in workers] == [list(row) for row in job["shards"]]
    assert sum(row["success_count"] for row in workers) == 40
    report = service.get(f"{V1}/jobs/{plan['id']}/report")
    assert report.json["balanced"] and report.json["lines"] == 42
    page = service.get(f"{V1}/jobs/{plan['id']}/report?format=html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-document-sha256"] == report.headers["x-document-sha256"] and report.headers["x-document-sha256"] in page.text
    acts = service.get(f"{V1}/jobs/{plan['id']}/audit").json["acts"]
    assert [(act["verb"], act["who"], act["reason"], act["status"]) for act in acts] == [
        ("start", "ops", "outage of 1 May", 201), ("plan", "ops", None, 202)]  # fmt: skip


def test_only_what_was_seen_is_started(service, logs):
    plan = service.plan(**to_files(service, logs))
    refused = service.post(f"{V1}/jobs", {"plan": plan["id"], "plan_hash": "another"})
    assert refused.status == 409 and refused.json["code"] == "conflict" and refused.json["hint"]
    assert service.get(f"{V1}/jobs/{plan['id']}").json["status"] == "pending"
    assert service.get(f"{V1}/audit").json["acts"][0]["status"] == 409


def test_what_was_sent_before_is_refused_by_a_code_of_its_own_and_sent_where_that_is_meant(new_service, tmp_path, logs, broker):
    topic = f"again-{tmp_path.name}"
    broker.create_topic(topic)
    service = new_service(SqliteBooks(tmp_path / "jobs.db"), KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap, KAFKA_DESTINATIONS_TOPIC=topic)
    service.ended(service.begin(paths=[str(logs)], connection_ids=["c1"]))
    plan = service.plan(paths=[str(logs)], connection_ids=["c1"])
    start = {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"]}
    refused = service.post(f"{V1}/jobs", start)
    assert (refused.status, refused.json["code"]) == (409, "replayed") and refused.json["hint"], refused.text
    assert service.post(f"{V1}/jobs", {**start, "again": True}).status == 201
    assert service.ended(plan["id"])["success_count"] == 40


def test_what_a_retry_has_taken_up_is_refused_by_the_same_code_and_taken_up_again_where_that_is_meant(quick_service, logs):
    retry = f"{V1}/jobs/{quick_service.begin(**to_files(quick_service, logs))}/retry"
    quick_service.ended(retry.split("/")[-2])
    quick_service.ended(quick_service.post(retry, {"reason": "invalid_json"}).json["id"])
    refused = quick_service.post(retry)
    assert (refused.status, refused.json["code"]) == (409, "replayed") and refused.json["hint"], refused.text
    assert quick_service.post(retry, {"again": True}).status == 201


def test_a_plan_that_cannot_be_made_says_why(quick_service):
    plan = quick_service.plan(paths=[str(quick_service.home / "nothing")], dry_run=True)
    assert plan["state"] == "refused" and plan["error"]["code"] == "not_found"


@pytest.mark.parametrize("body, words", [
    ({}, "paths"),
    ({"paths": ["/x"], "limt": 3}, "limt"),
    ({"paths": "x"}, "expected an array"),
    ({"paths": ["s3://b/p"], "dry_run": True, "limit": -1}, "limit"),
    ({"paths": ["/etc"], "dry_run": True}, "REPROCESS_LOCAL_ROOT"),
    ({"paths": ["relative"], "dry_run": True}, "absolute"),
    ({"paths": ["s3://b/p"], "job": "a/b", "dry_run": True}, "JOB_ID"),
    ({"paths": ["s3://b/p"], "workers": 101, "dry_run": True}, "workers"),
    ({"paths": ["s3://b/p"]}, "destination"),
    ({"paths": ["s3://b/p"], "date_from": "yesterday", "dry_run": True}, "date_from"),
    ({"paths": ["s3://b/p"], "connection_ids": ["a"], "only_connections": ["b"], "dry_run": True},
     "only_connections: an array: expected no connection_ids beside it"),
    ({"paths": ["s3://b/p"], "only_connections": ["b"], "stream_connections": {"s": ["b"]}, "dry_run": True},
     "stream_connections"),
    ({"paths": ["s3://b/p"], "outside": "send", "dry_run": True}, "only_missing"),
    ({"paths": ["s3://b/p"], "only_missing": True, "partly": "no", "dry_run": True}, "send or skip"),
    ({"paths": ["s3://b/p"], "only_missing": True, "dry_run": True}, "Kafka topic"),
])  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused_with_what_was_expected(quick_service, body, words):
    reply = quick_service.post(f"{V1}/plans", body)
    assert reply.status == 400 and reply.json["code"] == "invalid", reply.text
    assert words in reply.text


def test_a_plan_keeps_of_a_look_up_the_connections_that_are_asked_for(new_service, books, logs):
    with serve([stream("src0001", "conn-us", "conn-eu"), stream("src0002", "conn-us")]) as repository:
        service = new_service(books, **repository)
        body = to_files(service, logs, connection_ids=[], only_connections=["conn-eu"])
        assert service.plan(**{**body, "only_connections": ["con-eu"]})["error"]["hint"] == "did you mean conn-eu?"
        plan = service.plan(**body)
        assert plan["state"] == "ready", plan
        config = service.get(f"{V1}/jobs/{plan['id']}").json["config"]
        (listed,) = service.get(f"{V1}/jobs").json["jobs"]
    assert listed["config"]["only_connections"] == ["conn-eu"] and "stream_connections" not in listed["config"]
    assert config["only_connections"] == ["conn-eu"] and config["stream_connections"] == {"src0001": ["conn-eu"]}


def test_a_call_that_is_made_again_is_done_once(service, logs):
    body, key = to_files(service, logs), {"Idempotency-Key": "k-1"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: service.post(f"{V1}/plans", body, headers=key), range(8)))
    made = [reply for reply in replies if reply.status == 202]
    assert made and all(reply.status in (202, 409) for reply in replies)
    again = service.post(f"{V1}/plans", body, headers=key)
    assert again.status == 202 and again.headers["location"] == made[0].headers["location"]
    assert {reply.json["id"] for reply in made} == {again.json["id"]}
    other = service.post(f"{V1}/plans", {**body, "limit": 1}, headers=key)
    assert other.status == 409


def test_limits_are_changed_while_it_runs_and_a_pause_is_one(service, logs):
    job = service.begin(**to_files(service, logs, max_messages_per_second=1))
    limits = service.call("PUT", f"{V1}/jobs/{job}/limits", {"max_bytes_per_second": 5000, "max_messages_per_second": None})
    assert limits.status == 200, limits.text
    assert limits.json["limits"]["max_bytes_per_second"] == 5000 and limits.json["limits"]["max_messages_per_second"] == 1
    assert service.post(f"{V1}/jobs/{job}/pause", {"reason": "live traffic"}).status == 200
    assert service.get(f"{V1}/jobs/{job}").json["paused"] is True
    assert service.post(f"{V1}/jobs/{job}/resume").status == 200
    service.call("PUT", f"{V1}/jobs/{job}/limits", {"max_bytes_per_second": 0, "max_messages_per_second": 0})
    assert service.ended(job)["success_count"] == 40
    verbs = [act["verb"] for act in service.get(f"{V1}/jobs/{job}/audit").json["acts"]]
    assert verbs == ["limits", "resume", "pause", "limits", "start", "plan"]


def test_the_documented_rights_are_enough_for_the_service(new_service, cluster, logs):
    books = cluster.create()
    assert new_service(books).stop() == 0  # the tables are there
    books.url = books.documented_user("worker", "operator", "service")
    service = new_service(books)
    head = service.by_cookie(service.log_in(), **JSON, **{"Idempotency-Key": "k-1"})
    made = service.post(f"{V1}/plans", to_files(service, logs, max_messages_per_second=1), token=None, headers=head)
    plan = service.until(made.headers["location"], lambda plan: plan["state"] != "planning")
    job = f"{V1}/jobs/{plan['id']}"
    assert service.post(f"{V1}/jobs", {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"]}).status == 201
    assert service.post(f"{job}/pause").status == 200
    assert service.post(f"{job}/resume").status == 200
    assert service.call("PUT", f"{job}/limits", {"max_messages_per_second": 0}).status == 200
    assert service.ended(plan["id"])["error_count"] == 2
    assert service.get(f"{job}/report").json["balanced"]
    retried = service.post(f"{job}/retry").json["id"]
    assert service.ended(retried)["error_count"] == 2
    assert service.post(f"{V1}/jobs/{service.plan(**to_files(service, logs))['id']}/cancel").status == 200
    assert service.call("DELETE", f"{V1}/session", token=None, headers=head).status == 204
    assert "permission denied" not in service.program.err


def test_lists_are_pages(service, logs):
    jobs = [service.plan(**to_files(service, logs))["id"] for _ in range(3)]
    first = service.get(f"{V1}/jobs?limit=2").json
    second = service.get(f"{V1}/jobs?limit=2&after={first['next']}").json
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == jobs[::-1]
    assert second["next"] is None
    files = service.get(f"{V1}/jobs/{jobs[0]}/files?limit=1").json
    rest = service.get(f"{V1}/jobs/{jobs[0]}/files?limit=1&after={files['next']}").json
    assert [file["position"] for file in files["files"] + rest["files"]] == [0, 1]
    assert service.get(f"{V1}/jobs?limit=501").status == 400
    assert service.get(f"{V1}/jobs?after=nobody").status == 404
    assert service.get(f"{V1}/jobs?status=running").json["jobs"] == []
    acts = service.get(f"{V1}/audit?limit=2").json
    assert len(service.get(f"{V1}/audit?limit=2&after={acts['next']}").json["acts"]) == 1


def test_errors_are_by_reason_and_in_pages_and_are_retried(service, logs):
    job = service.begin(**to_files(service, logs))
    service.ended(job)
    errors = service.get(f"{V1}/jobs/{job}/errors?limit=1").json
    assert {group["reason"] for group in errors["reasons"]} == {"invalid_json", "not_object"}
    rest = service.get(f"{V1}/jobs/{job}/errors?limit=5&after={errors['next']}").json
    assert len(errors["rows"]) == len(rest["rows"]) == 1 and rest["next"] is None
    assert len(service.get(f"{V1}/jobs/{job}/errors?reason=invalid_json").json["rows"]) == 1
    retried = service.post(f"{V1}/jobs/{job}/retry", {"why": "mended"})
    assert retried.status == 201, retried.text
    assert retried.json["retry_of"] == job
    assert service.ended(retried.json["id"])["error_count"] == 2


def test_who_may_only_look_is_told_so_and_remembered(service, logs):
    plan = service.plan(**to_files(service, logs))
    assert service.get(f"{V1}/about", token=VIEWER).json["may"] == "view"
    for path in (f"/jobs/{plan['id']}/cancel", "/plans", "/jobs"):
        reply = service.post(V1 + path, token=VIEWER)
        assert reply.status == 403 and reply.json["code"] == "forbidden"
    acts = service.get(f"{V1}/jobs/{plan['id']}/audit").json["acts"]
    assert [(act["who"], act["verb"], act["status"]) for act in acts][:1] == [("look", "cancel", 403)]


def test_a_session_ends_with_its_logout(quick_service):
    cookie = quick_service.log_in()
    assert "HttpOnly" in quick_service.post(f"{V1}/session", {"token": OPERATOR}, token=None).headers["set-cookie"]
    head = quick_service.by_cookie(cookie, **JSON)
    assert quick_service.get(f"{V1}/about", token=None, headers=head).json["who"] == "ops"
    assert quick_service.call("DELETE", f"{V1}/session", token=None, headers=head).status == 204
    refused = quick_service.get(f"{V1}/about", token=None, headers=head)
    assert refused.status == 401 and refused.json["code"] == "expired"
    assert quick_service.books.rows("SELECT * FROM reprocessing_sessions") and OPERATOR not in str(
        quick_service.books.rows("SELECT * FROM reprocessing_sessions"))  # fmt: skip


@pytest.mark.parametrize("head", [
    {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": None}, {"Content-Type": "text/plain"},
])  # fmt: skip
def test_another_sites_page_may_do_nothing_by_cookie(quick_service, head):
    sent = {**quick_service.by_cookie(quick_service.log_in(), **JSON), **head}
    sent = {name: value for name, value in sent.items() if value is not None}
    reply = quick_service.call("POST", f"{V1}/jobs/x/cancel", "{}", token=None, headers=sent)
    assert reply.status == 403, reply.text


def test_only_names_that_it_goes_by_are_answered(new_service, tmp_path):
    from harness.command import SqliteBooks

    service = new_service(SqliteBooks(tmp_path / "jobs.db"), REPROCESS_ALLOWED_HOSTS="replay.example,*.inside")
    hosts = {"evil.example": 421, "replay.example": 200, "a.inside": 200, "localhost": 200, "127.0.0.1": 200, "[::1]:3049": 200}
    for host, status in hosts.items():
        assert service.get(f"{V1}/about", headers={"Host": host}).status == status, host


def test_other_origins_are_those_that_are_named(new_service, tmp_path):
    from harness.command import SqliteBooks

    service = new_service(SqliteBooks(tmp_path / "jobs.db"), REPROCESS_CORS_ORIGINS="https://ops.example")
    for origin, allowed in (("https://ops.example", "https://ops.example"), ("https://evil.example", None)):
        reply = service.get(f"{V1}/about", headers={"Origin": origin})
        assert reply.headers.get("access-control-allow-origin") == allowed
        asked = service.call("OPTIONS", f"{V1}/jobs", token=None, headers={"Origin": origin})
        assert asked.status == (204 if allowed else 401)


def test_every_answer_says_what_a_browser_must_not_do(quick_service):
    for path in ("/", "/health", f"{V1}/about", f"{V1}/nothing", "/assets/nothing"):
        head = quick_service.get(path).headers
        assert "default-src 'none'" in head["content-security-policy"], path
        assert head["x-content-type-options"] == "nosniff" and head["referrer-policy"] == "no-referrer"


def test_wrong_tokens_are_slowed_and_right_ones_are_not(quick_service):
    assert quick_service.get(f"{V1}/about").status == 200
    statuses = [quick_service.get(f"{V1}/about", token=f"guess-{n}").status for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert quick_service.get(f"{V1}/about").status == 200


def test_a_first_start_prints_an_address_that_logs_in_once(new_service, tmp_path):
    from harness.command import SqliteBooks

    service = new_service(SqliteBooks(tmp_path / "jobs.db"), RAW_AUTH_TOKENS=None, REPROCESS_VIEW_TOKENS=None, HTTP_ADDRESS=None)
    assert service.code and service.code not in service.program.err
    assert service.post(f"{V1}/session", {"code": service.code}, token=None).status == 204
    assert service.post(f"{V1}/session", {"code": service.code}, token=None).status == 401
    assert service.get(f"{V1}/about", token=None).json["open"] is True
    crossed = service.post(f"{V1}/jobs/x/cancel", "{}", token=None, headers={"Origin": "https://evil.example"})
    assert crossed.status == 403


@pytest.mark.parametrize("variables, words", [
    ({"RAW_AUTH_TOKENS": None, "REPROCESS_VIEW_TOKENS": None, "HTTP_ADDRESS": "0.0.0.0"}, ["HTTP_ADDRESS", "RAW_AUTH_TOKENS"]),
    ({"HTTP_PORT": "x", "AUTH_TOKENS": "abc", "REPROCESS_NO_AUTH": "maybe"}, ["HTTP_PORT", "salt.hash", "REPROCESS_NO_AUTH"]),
    ({"REPROCESS_LAUNCHER": "moon"}, ["expected here or kubernetes"]),
    ({"REPROCESS_TLS_CERT": "/x.pem"}, ["--tls-key"]),
    ({"REPROCESS_STATE_DIR": "/proc/no/such"}, ["make the state folder", "mount a volume"]),
])  # fmt: skip
def test_settings_that_make_no_sense_are_all_told_at_once(tmp_path, variables, words):
    from golden import reprocess

    given = {name: value for name, value in {"RAW_AUTH_TOKENS": "a-token-1", **variables}.items() if value is not None}
    ended = reprocess("serve", "--database", tmp_path / "x.db", home=tmp_path, **given)
    assert ended.returncode == 1
    assert all(word in ended.stderr for word in words), ended.stderr


def test_a_port_that_is_taken_is_an_error(quick_service):
    from golden import reprocess

    ended = reprocess("serve", "--port", quick_service.port, "--database", quick_service.home / "y.db",
                      home=quick_service.home, RAW_AUTH_TOKENS="t-1234567", HTTP_ADDRESS="127.0.0.1")  # fmt: skip
    assert ended.returncode == 1 and str(quick_service.port) in ended.stderr


def test_a_service_that_ends_stops_no_job_and_the_next_one_finds_it(service, logs):
    job = service.begin(**to_files(service, logs, max_messages_per_second=10))
    service.until(f"{V1}/jobs/{job}", lambda shown: shown["state"] == "running")
    assert service.stop() == 0
    service.start()
    assert service.ended(job)["success_count"] == 40


def test_the_document_is_served_and_ready_says_that_all_answers(quick_service):
    assert quick_service.get("/api/openapi.json").json["openapi"] == "3.1.0"
    assert quick_service.get("/readyz", token=None).json == {"status": "ready"}
    assert quick_service.get("/metrics").status == 401
