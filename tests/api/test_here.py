"""Jobs that run on this machine: processes that outlive the service, and come back when they die."""

import os
import signal
import stat
from pathlib import Path

import pytest
from harness.waits import wait_until
from service import OPERATOR, Service, Stream, holders

V1 = "/api/v1"
LINES = 240


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    line = '{"messageCreated":"2026-05-01T00:00:00Z","origin":{"sourceId":"s"},"n":%d}\n'
    for hour in (0, 1):
        name = f"kafka_failover_2026_05_01T0{hour}_00_00.ndjson"
        (folder / name).write_text("".join(line % (hour * LINES + n) for n in range(LINES // 2)))
    return folder


def slow(service, logs, rate=10):
    return service.begin(paths=[str(logs)], destination={"out": str(service.home / "out")},
                         connection_ids=["c1"], workers=2, max_messages_per_second=rate)  # fmt: skip


def process_of(service, job):
    return wait_until(lambda: next(holders(service.home / "state" / f"{job}.lock"), None), "its process is there")


def sent(service, job):
    return service.get(f"{V1}/jobs/{job}").json["success_count"]


def under_way(service, job):
    wait_until(lambda: sent(service, job) > 0, "it has sent something")


def quickly(service, job):
    assert service.call("PUT", f"{V1}/jobs/{job}/limits", {"max_messages_per_second": 0}).status == 200


def check_delivered(service, job):
    shown = service.ended(job)
    assert shown["state"] == "completed" and shown["success_count"] == LINES, shown
    written = [line for file in (service.home / "out" / job).glob("*.ndjson") for line in file.read_text().splitlines()]
    assert len(written) == len(set(written)) == LINES


def test_a_job_goes_on_when_the_service_ends_and_is_found_again(service, logs):
    job = slow(service, logs)
    under_way(service, job)
    process = process_of(service, job)
    assert service.stop() == 0
    os.kill(process, 0)
    service.start()
    assert process_of(service, job) == process, "nobody has started it again"
    quickly(service, job)
    check_delivered(service, job)
    wait_until(lambda: not (service.home / "state" / f"{job}.job").exists(), "it is forgotten")


@pytest.mark.parametrize("killed", ["service", "process", "both"])
def test_whatever_is_killed_each_line_is_sent_once(service, logs, killed):
    job = slow(service, logs)
    under_way(service, job)
    process = process_of(service, job)
    if killed != "process":
        service.program.kill()
    if killed != "service":
        os.kill(process, signal.SIGKILL)
    if killed != "process":
        service.start()
    again = wait_until(lambda: next((one for one in holders(service.home / "state" / f"{job}.lock")
                                     if killed == "service" or one != process), None), "it goes on")  # fmt: skip
    assert (again == process) == (killed == "service")
    quickly(service, job)
    check_delivered(service, job)


def test_two_services_of_one_folder_start_a_job_again_once(service, logs):
    job = slow(service, logs)
    under_way(service, job)
    other = Service(service.home, service.books, {})
    other.start()
    try:
        os.kill(process_of(service, job), signal.SIGKILL)
        quickly(other, job)
        check_delivered(other, job)
        assert [shard["generation"] for shard in service.get(f"{V1}/jobs/{job}").json["shards"]] == [2, 2]
    finally:
        other.stop()


def test_a_job_is_paused_and_resumed_and_cancelled_and_its_process_ends(service, logs):
    job = slow(service, logs)
    under_way(service, job)
    process = process_of(service, job)
    assert service.post(f"{V1}/jobs/{job}/pause").status == 200
    service.until(f"{V1}/jobs/{job}", lambda shown: shown["state"] == "paused")
    assert service.post(f"{V1}/jobs/{job}/resume").status == 200
    at = sent(service, job)
    wait_until(lambda: sent(service, job) > at, "it goes on")
    assert process_of(service, job) == process
    cancelled = service.post(f"{V1}/jobs/{job}/cancel", {"reason": "not that"})
    assert cancelled.status == 200 and cancelled.json["status"] == "cancelled"
    wait_until(lambda: not list(holders(service.home / "state" / f"{job}.lock")), "its process has ended")
    assert service.post(f"{V1}/jobs/{job}/resume").status == 409
    assert sent(service, job) < LINES


def test_what_a_process_cannot_do_is_refused_with_what_it_can(quick_service, logs):
    service = quick_service
    job = slow(service, logs)
    suspended = service.post(f"{V1}/jobs/{job}/suspend")
    assert suspended.status == 409 and "pause" in suspended.json["hint"]
    assert service.call("PUT", f"{V1}/jobs/{job}/parallelism", {"pods": 1}).status == 409
    assert service.call("POST", f"{V1}/jobs/{job}/release", {"worker": 0}).status == 409


def test_its_log_is_read_and_followed_to_its_end(quick_service, logs):
    service = quick_service
    job = slow(service, logs)

    def claimed():
        return {line["worker"] for line in service.get(f"{V1}/jobs/{job}/logs").json["lines"] if "claimed" in line["text"]}

    wait_until(lambda: claimed() == {0, 1}, "both have claimed their shards")
    assert all(line["time"].endswith("Z") for line in service.get(f"{V1}/jobs/{job}/logs").json["lines"])
    assert {line["worker"] for line in service.get(f"{V1}/jobs/{job}/logs?worker=1").json["lines"]} == {1}
    assert service.get(f"{V1}/jobs/{job}/pods").json["pods"][0]["name"].startswith("process ")
    with Stream(service, f"{V1}/jobs/{job}/logs?follow=1") as stream:
        quickly(service, job)
        texts = []
        while (event := stream.next())[0] != "end":
            texts.append(event[1].get("text", ""))
    assert any("ended" in text for text in texts)


def test_secrets_of_the_service_are_not_the_process_s_and_its_files_are_nobody_else_s(quick_service, logs):
    service = quick_service
    job = slow(service, logs)
    process = Path(f"/proc/{process_of(service, job)}")
    environment = (process / "environ").read_text()
    assert OPERATOR not in environment and "TOKENS" not in environment
    assert "REPROCESS_COMMIT_INTERVAL_MS=50" in environment
    assert (process / "cmdline").read_text() == f"reprocess\0run\0--job={job}\0"
    ours = {os.readlink(fd) for fd in (process / "fd").iterdir()}
    assert str(service.home / "state" / f"{job}.lock") in ours
    assert not any("state/" in name and job not in name for name in ours)
    for file in (service.home / "state").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert stat.S_IMODE((service.home / "state").stat().st_mode) == 0o700


def test_a_job_that_cannot_begin_is_not_started_and_the_cause_is_told(new_service, logs):
    from harness.command import SqliteBooks

    service = new_service(SqliteBooks(logs.parent / "jobs.db"), REPROCESS_START_TIMEOUT_MS="1000")
    plan = service.plan(paths=[str(logs)], destination={"kafka": "127.0.0.1:1", "topic": "t"}, connection_ids=["c1"])
    refused = service.post(f"{V1}/jobs", {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"]})
    assert refused.status == 503 and "127.0.0.1:1" in refused.text, refused.text
    assert service.get(f"{V1}/jobs/{plan['id']}").json["status"] == "pending"
