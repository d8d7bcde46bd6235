"""Streams of what happens with jobs."""

import pytest
from service import OPERATOR, VIEWER, Stream

V1 = "/api/v1"


@pytest.fixture
def slow_job(service, logs):
    return service.begin(paths=[str(logs)], destination={"out": str(service.home / "out")}, connection_ids=["c1"],
                         max_messages_per_second=10)  # fmt: skip


def applied(document, patch):
    for change in patch:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in change["path"].split("/")[1:]]
        at = document
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            last = len(at) if last == "-" else int(last)
        if change["op"] == "remove":
            del at[last]
        elif isinstance(at, list) and change["op"] == "add":
            at.insert(last, change["value"])
        else:
            at[last] = change["value"]
    return document


def test_changes_make_of_the_snapshot_what_the_job_is(service, slow_job):
    with Stream(service, f"{V1}/events?job={slow_job}") as stream:
        name, document, number = stream.next()
        assert name == "snapshot" and document["id"] == slow_job and number
        while document["status"] != "completed":  # which is written last: checkpoints are there before sums
            name, patch, _ = stream.next()
            assert name == "change"
            document = applied(document, patch)
    assert document["success_count"] == 40
    shown = service.get(f"{V1}/jobs/{slow_job}").json
    assert [list(row) for row in document["shards"]] == [list(row) for row in shown["shards"]]


def test_a_listener_that_comes_back_gets_what_it_missed(service, slow_job):
    with Stream(service, f"{V1}/events?job={slow_job}") as first, Stream(service, f"{V1}/events?job={slow_job}") as other:
        first.next()
        _, _, seen = other.next()
        missed = other.next()
        with Stream(service, f"{V1}/events?job={slow_job}", {"Last-Event-ID": seen}) as again:
            assert again.next() == missed
    with Stream(service, f"{V1}/events?job={slow_job}", {"Last-Event-ID": "another-7"}) as unknown:
        assert unknown.next()[0] == "snapshot"


def test_without_a_job_the_list_is_told(service, slow_job):
    with Stream(service, f"{V1}/events", token=VIEWER) as stream:
        name, document, _ = stream.next()
        assert name == "snapshot" and [job["id"] for job in document["jobs"]] == [slow_job]


def test_a_stream_ends_with_its_session(service, slow_job):
    cookie = service.log_in(OPERATOR)
    with Stream(service, f"{V1}/events?job={slow_job}", {"Cookie": cookie}, token=None) as stream:
        assert stream.next()[0] == "snapshot"
        head = service.by_cookie(cookie, **{"Content-Type": "application/json"})
        assert service.call("DELETE", f"{V1}/session", token=None, headers=head).status == 204
        while stream.next() is not None:
            pass


def test_streams_end_when_the_service_does(service, slow_job):
    with Stream(service, f"{V1}/events?job={slow_job}") as stream:
        assert stream.next()[0] == "snapshot"
        assert service.stop() == 0
        while stream.next() is not None:
            pass


def test_a_database_that_cannot_be_asked_is_told_and_a_snapshot_when_it_can(service, slow_job):
    with Stream(service, f"{V1}/events?job={slow_job}") as stream:
        assert stream.next()[0] == "snapshot"
        service.execute("ALTER TABLE reprocessing_jobs RENAME TO hidden_jobs")
        names = []
        while not names or names[-1] != "away":
            names.append(stream.next()[0])
        service.execute("ALTER TABLE hidden_jobs RENAME TO reprocessing_jobs")
        assert stream.next()[0] == "snapshot"


def test_an_unknown_job_has_no_events(quick_service):
    assert quick_service.get(f"{V1}/events?job=nobody").status == 404
    assert quick_service.get(f"{V1}/events?job=nobody", token=None).status == 401


def test_logs_are_followed_to_the_end_of_the_job(service, slow_job):
    with Stream(service, f"{V1}/jobs/{slow_job}/logs?follow=1") as stream:
        names = []
        while (event := stream.next()) is not None:
            names.append(event[0])
    assert names[-1] == "end" and "line" in names
