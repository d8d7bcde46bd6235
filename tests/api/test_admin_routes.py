"""The admin service's calls, as its clients make them: what was observed of it, asked of ours."""

import hashlib
import json
import re

import pytest
from service import OPERATOR

JOBS = "/api/admin/reprocessing/jobs"
UTC_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

JOB_KEYS = ["id", "status", "config", "created_at", "started_at", "completed_at", "current_file", "current_line",
            "current_timestamp", "total_files", "processed_files", "total_lines", "success_count", "error_count",
            "skipped_count", "processed_bytes", "last_error", "progress", "total_workers", "k8s_job_name", "k8s_job_status"]  # fmt: skip
ALWAYS = {"id", "status", "config", "created_at", "current_line", "total_files", "processed_files", "total_lines",
          "success_count", "error_count", "skipped_count", "processed_bytes", "progress"}  # fmt: skip
CONFIG_KEYS = ["s3_path", "local_path", "stream_ids", "connection_ids", "files", "dry_run", "start_file", "start_line",
               "batch_size", "retry_attempts", "date_from", "date_to", "limit"]  # fmt: skip


def in_order(keys, order):
    return list(keys) == [key for key in order if key in keys]


def start(service, logs, **body):
    reply = service.post(JOBS, {"local_path": str(logs), "dry_run": True, "connection_ids": ["c1"], **body})
    assert reply.status == 200, reply.text
    return reply.json


def until_ended(service, job):
    return service.until(f"{JOBS}/{job}", lambda shown: shown["status"] in ("completed", "failed", "cancelled"))


def test_health_is_told_to_everybody(quick_service):
    reply = quick_service.get("/health", token=None)
    assert (reply.status, reply.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("sent, status, error", [
    ({}, 401, "Authorization header with Bearer token is required"),
    ({"Authorization": ""}, 401, "Authorization header with Bearer token is required"),
    ({"Authorization": "Bearer wrong"}, 401, "Invalid token"),
    ({"Authorization": f"bearer {OPERATOR}"}, 401, "Invalid token"),
    ({"Authorization": f"Bearer {OPERATOR}"}, 200, None),
    ({"Authorization": OPERATOR}, 200, None),
])  # fmt: skip
def test_a_token_is_taken_as_the_admin_takes_it(quick_service, sent, status, error):
    reply = quick_service.get(JOBS, token=None, headers=sent)
    assert reply.status == status
    if error:
        assert reply.json == {"error": error}


@pytest.mark.parametrize("secret, hashed", [
    ("s3cret", lambda token, salt: hashlib.sha512(f"{token}{salt}s3cret".encode()).hexdigest()),
    ("", lambda token, salt: hashlib.sha512(f"{token}{salt}dea42a58-acf4-45af-85bb-e77e94bd5025".encode()).hexdigest()),
    ("other,s3cret", lambda token, salt: hashlib.sha512(f"{token}{salt}s3cret".encode()).hexdigest()),
    ("", lambda token, salt: _base64(hashlib.sha512(f"{token}{salt}".encode()).digest())),
])  # fmt: skip
def test_hashed_tokens_are_those_of_the_admin(new_service, tmp_path, secret, hashed):
    from harness.command import SqliteBooks

    service = new_service(SqliteBooks(tmp_path / "jobs.db"), RAW_AUTH_TOKENS=None, TOKEN_SECRET=secret,
                          ADMIN_AUTH_TOKENS="salt1." + hashed("a-token", "salt1"))  # fmt: skip
    assert service.get(JOBS, token="a-token").status == 200
    assert service.get(JOBS, token="b-token").status == 401


def _base64(digest):
    import base64

    return base64.b64encode(digest).decode().rstrip("=")


def test_an_unknown_path_is_told_to_whoever_has_a_token(quick_service):
    assert quick_service.get("/api/admin/nothing", token=None).status == 401
    reply = quick_service.get("/api/admin/nothing")
    assert (reply.status, reply.text) == (404, "404 page not found")


@pytest.mark.parametrize("body, error", [
    ("", "EOF"),
    ('{"batch_size":"10","s3_path":"s3://b/p"}',
     "json: cannot unmarshal string into Go struct field ReprocessingStartRequest.batch_size of type int"),
    ('{"date_from":"","s3_path":"s3://b/p"}',
     'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'),
    ('{"date_from":"2026-05-01","s3_path":"s3://b/p"}',
     'parsing time "2026-05-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'),
    ('{"limit":1e999}', "json: cannot unmarshal number into Go value of type float64"),
    ("{}", "either s3_path or local_path must be provided"),
    ('{"s3_path":"s3://b/p","local_path":"/x"}', "only one of s3_path or local_path can be provided"),
    ('{"s3_path":"b/p"}', "no files found to process"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_its_words(quick_service, body, error):
    reply = quick_service.post(JOBS, body)
    assert (reply.status, reply.json) == (400, {"error": error})


def test_a_job_is_started_watched_and_looked_at(service, logs):
    made = start(service, logs, stream_ids=["s"])
    assert in_order(made, JOB_KEYS) and ALWAYS <= set(made)
    assert made["status"] in ("running", "completed") and made["total_files"] == 2
    assert in_order(made["config"], CONFIG_KEYS)
    assert made["config"]["batch_size"] == 1000 and made["config"]["dry_run"] is True
    assert made["config"]["date_from"] == made["config"]["date_to"] == "0001-01-01T00:00:00Z"
    ended = until_ended(service, made["id"])
    assert ended["status"] == "completed" and ended["progress"] == 1
    assert ended["success_count"] == 40 and ended["error_count"] == 2 and ended["total_lines"] == 42
    for key in ("created_at", "started_at", "completed_at"):
        assert UTC_SECONDS.fullmatch(ended[key]), key
    listed = service.get(JOBS).json["jobs"]
    assert [job["id"] for job in listed] == [made["id"]]


def test_workers_have_its_names_and_an_unknown_job_has_null(service, logs):
    made = start(service, logs)
    until_ended(service, made["id"])
    workers = service.get(f"{JOBS}/{made['id']}/workers").json["workers"]
    assert workers and all(list(row) == sorted(row) for row in workers)
    assert sum(row["success_count"] for row in workers) == 40
    assert "total_bytes" not in workers[0] and UTC_SECONDS.fullmatch(workers[0]["updated_at"])
    assert service.get(f"{JOBS}/nobody/workers").text == '{"workers":null}'


def test_a_job_that_is_not_there_is_named(quick_service):
    reply = quick_service.get(f"{JOBS}/nobody")
    assert (reply.status, reply.json) == (404, {"error": "job not found: nobody"})
    reply = quick_service.call("POST", f"{JOBS}/nobody/cancel")
    assert (reply.status, reply.json) == (400, {"error": "job not found: nobody"})


def test_a_finished_job_cannot_be_cancelled(service, logs):
    made = start(service, logs)
    until_ended(service, made["id"])
    reply = service.call("POST", f"{JOBS}/{made['id']}/cancel")
    assert reply.status == 400
    assert reply.json == {"error": f"job {made['id']} is already finished"}


def test_a_job_that_has_failed_may_be_given_up(service):
    service.execute(
        "INSERT INTO reprocessing_jobs (id, config, status, created_at, k8s_job_name, total_files, total_workers, error) "
        "VALUES ('old', '{}', 'failed', '2026-05-01T02:04:02Z', 'reprocess-old', 2, 1, 'K8s job has failed pods')")  # fmt: skip
    reply = service.call("POST", f"{JOBS}/old/cancel")
    assert reply.status == 200 and reply.json["status"] == "cancelled" and "last_error" not in reply.json
    again = service.call("POST", f"{JOBS}/old/cancel")
    assert (again.status, again.json) == (400, {"error": "job old is already finished"})


def test_a_running_job_is_cancelled(service, logs):
    job = service.begin(paths=[str(logs)], destination={"out": str(service.home / "out")}, connection_ids=["c1"],
                        max_messages_per_second=1)  # fmt: skip
    reply = service.call("POST", f"{JOBS}/{job}/cancel")
    assert reply.status == 200 and reply.json["status"] == "cancelled", reply.text


def test_a_job_of_the_admin_itself_is_listed_and_shown(service):
    service.execute(
        "INSERT INTO reprocessing_jobs (id, config, status, created_at, k8s_job_name, total_files, total_workers) "
        "VALUES (%s, %s, 'completed', '2026-05-01T02:04:02Z', 'reprocess-old', 2, 1)",
        "old", json.dumps({"s3_path": "s3://b/p", "dry_run": False, "batch_size": 1000}))  # fmt: skip
    shown = service.get(f"{JOBS}/old").json
    assert shown["k8s_job_name"] == "reprocess-old" and shown["created_at"] == "2026-05-01T02:04:02Z"
    assert [job["id"] for job in service.get(JOBS).json["jobs"]] == ["old"]


@pytest.mark.parametrize("query, status", [("", 200), ("?tail=0", 200), ("?tail=x", 400), ("?since=x", 400)])
def test_logs_are_by_pod_or_in_their_order(quick_service, logs, query, status):
    made = start(quick_service, logs)
    until_ended(quick_service, made["id"])
    reply = quick_service.get(f"{JOBS}/{made['id']}/logs{query}")
    assert reply.status == status, reply.text
    if status == 400:
        assert reply.json == {"error": f"invalid {query[1:-2]} parameter"}
        return
    assert list(reply.json) == ["job_id", "logs", "sorted"]
    assert list(quick_service.get(f"{JOBS}/{made['id']}/logs?sort=true").json) == ["job_id", "lines", "sorted"]


def test_the_page_of_logs_needs_a_session(quick_service):
    assert quick_service.get(f"{JOBS}/x/logs/view", token=None).status == 401
    cookie = quick_service.log_in()
    reply = quick_service.get(f"{JOBS}/x';alert(1);'/logs/view", token=None, headers={"Cookie": cookie})
    assert reply.status == 200 and "alert(1)" not in reply.text


def test_names_with_the_admins_prefix_win_and_those_of_its_file_count(new_service, tmp_path):
    from harness.command import SqliteBooks

    (tmp_path / "admin.env").write_text("ADMIN_RAW_AUTH_TOKENS=from-the-file\nREPROCESS_VIEW_TOKENS=looks-only\n")
    service = new_service(SqliteBooks(tmp_path / "jobs.db"), RAW_AUTH_TOKENS=None, REPROCESS_VIEW_TOKENS=None,
                          ADMIN_CONFIG_PATH=str(tmp_path), K8S_NAMESPACE="x")  # fmt: skip
    assert service.get(JOBS, token="from-the-file").status == 200
    assert service.get(JOBS, token="looks-only").status == 200
    assert service.post(JOBS, {"local_path": "/x"}, token="looks-only").status == 403
    assert "K8S_NAMESPACE is read by nothing" in service.program.err
