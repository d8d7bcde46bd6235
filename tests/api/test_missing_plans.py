"""A job of what its topic lacks, asked for over HTTP: what was found, what must be said, when it starts."""

import pytest

from harness.command import SqliteBooks

V1 = "/api/v1"
MAY_1 = 1_777_593_600_000  # milliseconds: as the lines were created


@pytest.fixture
def topic(broker, request):
    name = "lacks-" + str(abs(hash(request.node.name)))
    broker.create_topic(name, partitions=2)
    return name


@pytest.fixture
def kafka_service(new_service, tmp_path, broker, topic):
    return new_service(SqliteBooks(tmp_path / "jobs.db"), KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap,
                       KAFKA_DESTINATIONS_TOPIC=topic)  # fmt: skip


def lines_of(logs):
    found = [line for file in sorted(logs.iterdir()) for line in file.read_bytes().splitlines()]
    return [line for line in found if b"origin" in line]


def plan(service, logs, **more):
    return service.plan(paths=[str(logs)], connection_ids=["c1"], only_missing=True, **more)


def start(service, plan):
    return service.post(f"{V1}/jobs", {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "an outage"})


def test_a_job_of_what_is_missing_says_what_it_found_and_sends_that_alone(kafka_service, logs, broker, topic):
    lines = lines_of(logs)
    broker.deliver(topic, *lines[:15], since=MAY_1 - 1000)
    # Without a record of where they went, they count for a part of their connections.
    made = plan(kafka_service, logs, partly="skip")
    assert made["state"] == "ready", made
    found = made["only_missing"]
    assert (found["lines"], found["partly"], found["missing"], found["sent"]) == (42, 15, 25, 25)
    assert found["lines"] == sum(found[key] for key in ("there", "partly", "missing", "outside", "foreign", "not_sent"))
    assert start(kafka_service, made).status == 201
    assert kafka_service.ended(made["id"])["success_count"] == 25
    assert sorted(record.value for record in broker.records(topic) if record.value != b"{}") == sorted(lines)
    report = kafka_service.get(f"{V1}/jobs/{made['id']}/report")
    assert report.json["config"]["only_missing"]["sent"] == 25
    assert "25 of 42 lines" in kafka_service.get(f"{V1}/jobs/{made['id']}/report?format=html").text


def test_where_a_line_has_come_since_it_says_to_plan_again(kafka_service, logs, broker, topic):
    lines = lines_of(logs)
    broker.deliver(topic, since=MAY_1 - 1000)
    made = plan(kafka_service, logs)
    broker.deliver(topic, lines[3])
    refused = start(kafka_service, made)
    assert refused.status == 409 and refused.json["code"] == "changed", refused.text
    assert "1 of its lines" in refused.json["error"] and "plan again" in refused.json["hint"]
    assert kafka_service.get(f"{V1}/jobs/{made['id']}").json["status"] == "pending"
    assert [record.value for record in broker.records(topic) if record.value != b"{}"] == [lines[3]]


def test_what_the_topic_cannot_tell_of_must_be_decided(kafka_service, logs, broker, topic):
    broker.deliver(topic, since=MAY_1 + 1000)
    made = plan(kafka_service, logs)
    assert made["state"] == "refused" and made["error"]["code"] == "conflict"
    assert made["only_missing"]["undecided"] is True and made["only_missing"]["outside"] == 40
    made = plan(kafka_service, logs, outside="send")
    assert made["state"] == "ready" and made["only_missing"]["sent"] == 40


def test_of_two_plans_of_the_same_lines_one_is_started(kafka_service, logs, broker, topic):
    broker.deliver(topic, since=MAY_1 - 1000)
    first, second = plan(kafka_service, logs, max_messages_per_second=1), plan(kafka_service, logs)
    assert start(kafka_service, first).status == 201
    refused = start(kafka_service, second)
    assert refused.status == 409 and first["id"] in refused.json["error"], refused.text
