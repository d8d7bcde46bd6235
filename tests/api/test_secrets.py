"""What must not be told is nowhere: not in an answer, a log line, a row or a list of arguments; and what callers
name reaches nothing unescaped."""

import html
import json
import os
import sqlite3
import urllib.parse
from pathlib import Path

import pytest
from harness.command import SqliteBooks
from harness.programs import ROOT
from service import Stream

SECRETS = {
    "RAW_AUTH_TOKENS": "ops=operator-token-1,second=s3cret-of-raw",
    "REPROCESS_VIEW_TOKENS": "look=viewer-token-22,s3cret-of-view",
    "TOKEN_SECRET": "s3cret-of-hashes",
    "REPROCESS_METRICS_TOKEN": "s3cret-of-metrics",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "KAFKA_DESTINATIONS_TOPIC": "destinations",
    "KAFKA_SASL": json.dumps({"mechanism": "PLAIN", "username": "replay", "password": "s3cret-of-kafka"}),
    "REPOSITORY_AUTH_TOKEN": "s3cret-of-repository",
    "AWS_ACCESS_KEY_ID": "AKIAS3CRET",
    "AWS_SECRET_ACCESS_KEY": "s3cret-of-aws",
    "AWS_SESSION_TOKEN": "s3cret-of-session",
    "AWS_REGION": "eu-west-1",
    "S3_ENDPOINT": "http://127.0.0.1:1",
}
WORDS = ["s3cret", "operator-token-1", "viewer-token-22"]
READS = [path for path, methods in json.loads((ROOT / "src/api/documents/openapi.json").read_text())["paths"].items()
         if "get" in methods and not path.endswith(("/events", "/logs"))]  # fmt: skip


def check(text, where):
    for word in WORDS:
        assert word not in text, f"{word} is in {where}"


def rows_of(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return "\n".join(connection.iterdump())


def arguments_of_all():
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            arguments = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "reprocess" in arguments.partition("\0")[0]:
            yield arguments


def test_secrets_are_nowhere(new_service, tmp_path, logs):
    service = new_service(SqliteBooks(tmp_path / "jobs.db"), **SECRETS)
    cookie = service.log_in()
    body = {"paths": [str(logs)], "destination": {"out": str(tmp_path / "out")}, "connection_ids": ["c1"]}
    slow = service.begin(**body, max_messages_per_second=1)
    assert service.stop() == 0
    service.variables["REPOSITORY_URL"] = "http://user:s3cret-of-url@127.0.0.1:1/repository"
    service.start()
    check("\n".join(arguments_of_all()), "an argument list")
    answers = []
    with Stream(service, f"/api/v1/events?job={slow}") as stream:
        answers.append(json.dumps(stream.next()))
    for path in READS:
        answers.append(service.get(path.replace("{id}", slow)).text)
    # What fails, and says why: Kafka, the repository and S3 are away.
    answers.append(json.dumps(service.plan(**body)))
    answers.append(json.dumps(service.plan(paths=["s3://bucket/prefix/"], dry_run=True)))
    answers.append(service.post("/api/v1/plans", {**body, "destination": {"kafka": "x:1", "topic": "t"}}).text)
    answers.append(service.post(f"/api/v1/jobs/{slow}/verify").text)
    answers.append(service.get("/api/v1/jobs", token="s3cret-of-nobody").text)
    answers.append(service.get("/api/v1/jobs?token=s3cret-in-a-query", token=None).text)
    answers.append(service.post("/api/v1/session", {"token": "s3cret-in-a-body"}, token=None).text)
    answers.append(service.post(f"/api/v1/jobs/{slow}/cancel", {"reason": "enough"}).text)
    service.until(f"/api/v1/jobs/{slow}", lambda job: job["status"] == "cancelled")
    assert service.stop() == 0
    for answer in answers:
        check(answer, answer)
    check(service.program.out + service.program.err, "the log")
    check(rows_of(tmp_path / "jobs.db"), "a row")
    assert cookie.partition("=")[2] not in rows_of(tmp_path / "jobs.db")
    for log in (tmp_path / "state").rglob("*"):
        if log.is_file():
            check(log.read_text(errors="replace"), log)


NEVER = ["<script>alert(1)</script>", "a\nlevel=error msg=forged", "a\r\nX-Mine: 1", "$(touch /tmp/x)", "../../etc/passwd",
         "a" * 2000]  # fmt: skip
ODD = ["a'b", 'a"b', "a;DROP TABLE reprocessing_jobs;--", "<b onclick=alert(1)>", "app=x,job!=y", "$(id)`id`", "%s%n%2e", "{{7*7}}",
       "ž\u202e", "a b&c=d#e?f"]  # fmt: skip


def read_all(service, name):
    """Every document of a job; none is more than what it should be because of the name."""
    address = urllib.parse.quote(name, safe="")
    for path in READS:
        if "{id}" not in path:
            continue
        reply = service.get(path.replace("{id}", address))
        assert "x-mine" not in reply.headers
        if reply.headers["content-type"].startswith("application/json"):
            reply.json
        yield reply


def check_log(service):
    assert service.stop() == 0
    for line in service.program.err.splitlines():
        assert not line.startswith(("level=error msg=forged", "X-Mine")), line


@pytest.mark.parametrize("name", NEVER)
def test_a_name_that_no_job_may_have_reaches_nothing(quick_service, name):
    service, address = quick_service, urllib.parse.quote(name, safe="")
    assert {reply.status for reply in read_all(service, name)} <= {200, 400, 404}
    for act in ("pause", "cancel", "resume", "verify"):
        assert service.post(f"/api/v1/jobs/{address}/{act}", {"reason": name}).status in (400, 404)
    refused = service.post("/api/v1/plans", {"paths": ["s3://b/p"], "job": name, "dry_run": True})
    assert refused.status == 400 and refused.json["error"]
    assert service.get("/api/v1/jobs").json["jobs"] == []
    check_log(service)


@pytest.mark.parametrize("name", ODD)
def test_a_job_of_an_odd_name_is_a_job_like_any_other(quick_service, logs, name):
    service, address = quick_service, urllib.parse.quote(name, safe="")
    service.begin(paths=[str(logs)], destination={"out": str(service.home / "out")}, connection_ids=["c1"], job=name, workers=1)
    assert service.until(f"/api/v1/jobs/{address}", lambda job: job["status"] == "completed")["success_count"] == 40
    assert [job["id"] for job in service.get("/api/v1/jobs").json["jobs"]] == [name]
    assert {reply.status for reply in read_all(service, name)} == {200}
    page = service.get(f"/api/v1/jobs/{address}/report?format=html").text
    assert name == html.escape(name, quote=False) or name not in page
    check_log(service)
