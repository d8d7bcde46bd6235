"""The service is killed in the middle of an act, and started again: nothing half done or doubled is left, and the
same call makes it whole. PostgreSQL alone: a transaction can be held there where it is."""

import contextlib
import http.client
import threading

import psycopg
import pytest
from harness.waits import wait_until

V1 = "/api/v1"
KEY = {"Idempotency-Key": "k-1"}
GATE = 4242


class Gate:
    """Who writes such a row of a table waits within the transaction, until this is opened."""

    def __init__(self, books, table, when="true"):
        self.books, self.tables = books, []
        self.held = psycopg.connect(books.url, autocommit=True)
        self.held.execute("SELECT pg_advisory_lock(%s)", (GATE,))
        books.run(
            "CREATE OR REPLACE FUNCTION await_gate() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"
        )
        self.also(table, when)

    def also(self, table, when="true"):
        self.tables.append(table)
        self.books.run(f"CREATE TRIGGER gate BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW "
                       f"WHEN ({when}) EXECUTE FUNCTION await_gate()")  # fmt: skip

    def until_reached(self, writers=1):
        wait_until(lambda: len(self.books.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")) >= writers,
                   f"somebody writes {self.tables}")  # fmt: skip

    def open(self):
        self.held.close()
        for table in self.tables:
            self.books.run(f"DROP TRIGGER gate ON {table}")


@pytest.fixture
def books(cluster):
    return cluster.create()


@pytest.fixture
def cut(service, books):
    """Makes a call, kills the service where it writes such a row, and starts it again."""

    def killed(table, method, path, body, when="true", headers=None):
        gate = Gate(books, table, when)

        def call():
            with contextlib.suppress(http.client.HTTPException, OSError):
                service.call(method, path, body, headers=headers)

        caller = threading.Thread(target=call)
        caller.start()
        gate.until_reached()
        service.program.kill()
        caller.join()
        gate.open()
        service.start()

    return killed


def to_files(service, logs, **more):
    return {"paths": [str(logs)], "destination": {"out": str(service.home / "out")}, "connection_ids": ["c1"], **more}


def ids(service):
    return [job["id"] for job in service.get(f"{V1}/jobs").json["jobs"]]


def last_act(service):
    return service.get(f"{V1}/audit").json["acts"][0]


@pytest.mark.parametrize("table", ["reprocessing_files", "reprocessing_idempotency"])
def test_a_plan_that_was_being_stored_is_made_by_the_same_call(service, logs, cut, table):
    body = to_files(service, logs)
    cut(table, "POST", f"{V1}/plans", body, headers=KEY)
    assert ids(service) == [] and service.books.rows("SELECT * FROM reprocessing_idempotency") == []
    made = service.post(f"{V1}/plans", body, headers=KEY)
    service.until(made.headers["location"], lambda plan: plan["state"] == "ready")
    again = service.post(f"{V1}/plans", body, headers=KEY)
    assert again.status == 202 and again.json["id"] == made.json["id"]
    service.stop()
    service.start()
    assert service.post(f"{V1}/plans", body, headers=KEY).json["id"] == made.json["id"]
    assert ids(service) == [made.json["id"]]


def test_limits_are_changed_or_not_and_the_audit_says_that_it_does_not_know(service, logs, cut):
    job = service.plan(**to_files(service, logs))["id"]
    path, body = f"{V1}/jobs/{job}/limits", {"max_bytes_per_second": 5000, "reason": "live traffic"}
    cut("reprocessing_controls", "PUT", path, body)
    assert service.get(f"{V1}/jobs/{job}").json["limits"]["max_bytes_per_second"] == 0
    act = service.get(f"{V1}/jobs/{job}/audit").json["acts"][0]
    assert (act["verb"], act["who"], act["reason"], act["status"]) == ("limits", "ops", "live traffic", None)
    assert act["after"].startswith("outcome unknown")
    assert service.call("PUT", path, body).json["limits"]["max_bytes_per_second"] == 5000
    assert last_act(service)["status"] == 200


ANNOUNCED, BEGUN = "NEW.started_at IS NOT NULL AND NEW.status = 'pending'", "NEW.status = 'running' AND NEW.id <> 'first'"


# Without a key, one whose process had begun it is another call's: what failed again in it may be retried.
@pytest.mark.parametrize("table, when, headers", [
    ("reprocessing_files", "true", None), ("reprocessing_files", "true", KEY),
    ("reprocessing_jobs", ANNOUNCED, None), ("reprocessing_jobs", ANNOUNCED, KEY), ("reprocessing_jobs", BEGUN, KEY),
], ids=["stored", "stored-keyed", "announced", "announced-keyed", "begun-keyed"])  # fmt: skip
def test_a_retry_that_was_cut_short_is_made_once(service, logs, cut, table, when, headers):
    service.begin(**to_files(service, logs, job="first"))
    service.ended("first")
    retry = f"{V1}/jobs/first/retry"
    cut(table, "POST", retry, {"why": "mended"}, when, headers)
    again = service.post(retry, {"why": "mended"}, headers=headers)
    assert again.status == 201, again.text
    shown = service.ended(again.json["id"])
    assert shown["total_lines"] == shown["error_count"] == 2
    assert sorted(ids(service)) == sorted(["first", again.json["id"]])


@pytest.mark.parametrize("table, when", [
    ("reprocessing_workers", "true"), ("reprocessing_jobs", ANNOUNCED),
])  # fmt: skip
def test_a_post_that_plans_and_starts_at_once_makes_one_job(service, logs, cut, table, when):
    jobs, body = "/api/admin/reprocessing/jobs", {"local_path": str(logs), "dry_run": True, "connection_ids": ["c1"]}
    cut(table, "POST", jobs, body, when, KEY)
    made = service.post(jobs, body, headers=KEY)
    assert made.status == 200, made.text
    assert service.ended(made.json["id"])["success_count"] == 40
    assert service.post(jobs, body, headers=KEY).json["id"] == made.json["id"]
    assert ids(service) == [made.json["id"]]


def test_a_verification_that_was_cut_short_is_made_by_the_same_call(new_service, books, logs, broker):
    topic = "verified-" + books.name.replace("_", "-")
    broker.create_topic(topic)
    service = new_service(books, KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap, KAFKA_DESTINATIONS_TOPIC=topic)
    job = service.begin(paths=[str(logs)], connection_ids=["c1"])
    service.ended(job)
    verify = f"{V1}/jobs/{job}/verify"
    gate = Gate(books, "reprocessing_verdicts")
    assert service.post(verify).status == 202
    gate.until_reached()
    service.program.kill()
    gate.open()
    service.start()
    assert service.get(verify).json["state"] == "none"
    assert service.post(verify).status == 202
    assert service.until(verify, lambda now: now["state"] == "done")["verdict"]["verdict"] == "all_there"
    assert len(broker.records(topic)) == 40
