"""Rights missing one by one on a broker that checks them, and what `delivery: auto` makes of it."""

import pytest

from harness.books import check_books
from harness.corpus import Line, messages
from harness.programs import COMPLETED, FATAL
from harness.rights import CREDENTIALS, Rights
from harness.world import World

# What the documents ask for. Write implies Describe, and Read does; both are granted all the same.
ALL = ("TransactionalId Write", "TransactionalId Describe", "Group Read",
       "Topic Write", "Topic Read", "Topic Describe")  # fmt: skip


@pytest.fixture
def guarded(fresh_name, tmp_path, acl_broker, cluster, programs):
    """A world on the broker that checks rights, as a user who has none yet."""
    world = World(fresh_name, tmp_path, acl_broker, cluster.create(), programs)
    acl_broker.create_topic(world.topic)
    world.environment["KAFKA_SASL"] = CREDENTIALS
    world.rights = Rights(world)
    return world


def mode(world):
    rows = world.database.rows("SELECT mode FROM reprocessing_shards")
    return rows[0]["mode"] if rows else None


def test_the_documented_rights_are_enough_for_exactly_once(guarded):
    guarded.rights.grant(*ALL)
    guarded.add([*messages(50), Line(b"x", "invalid_json")])
    program = guarded.run()
    guarded.check_delivered()
    check_books(guarded)
    assert mode(guarded) == "exactly_once"
    assert "SASL_PLAINTEXT" in program.err.upper(), "SASL without TLS is warned about"
    assert "replay-secret" not in program.err


@pytest.mark.parametrize(
    "lacking, named",
    [
        (("TransactionalId Write", "TransactionalId Describe"), "TransactionalId"),
        (("TransactionalId Write",), "TransactionalId"),
        (("Group Read",), "Group"),
        (("Topic Write",), "Topic"),
        (("Topic Read",), "Topic"),
        (("Topic Write", "Topic Read", "Topic Describe"), "Topic"),
    ],
    ids=[
        "no transactional id",
        "describe only",
        "no group",
        "topic write",
        "topic read",
        "no topic",
    ],
)
def test_exactly_once_without_a_right_is_fatal_and_names_it(guarded, lacking, named):
    guarded.config["delivery"] = "exactly_once"
    guarded.rights.grant(*(right for right in ALL if right not in lacking))
    guarded.add(messages(20))
    program = guarded.run(expect=FATAL, deadline=40, REPROCESS_KAFKA_TIMEOUT_MS=5_000)
    message = guarded.worker()["error"]
    for text in (program.err, message):
        assert named.lower() in text.lower().replace("transactional id", "transactionalid"), text
    assert lacking[0].split()[1].lower() in message.lower(), f"{lacking[0]} is to be granted"
    assert guarded.records() == []
    guarded.rights.grant(*lacking)
    guarded.run()
    guarded.check_delivered()


@pytest.mark.parametrize(
    "lacking",
    [
        ("TransactionalId Write", "TransactionalId Describe"),
        ("TransactionalId Write",),
        ("Group Read",),
    ],
    ids=["no transactional id", "describe only", "no group"],
)
def test_auto_falls_back_to_at_least_once_and_stays_with_it(guarded, lacking):
    guarded.rights.grant(*(right for right in ALL if right not in lacking))
    guarded.add(messages(30_000))
    running = guarded.start(REPROCESS_COMMIT_LINES=500)
    running.expect(COMPLETED)
    guarded.check_delivered()
    check_books(guarded)
    assert mode(guarded) == "at_least_once"
    assert lacking[0].split()[0].lower() in running.err.lower().replace(
        "transactional id", "transactionalid"
    )
    guarded.rights.grant(*lacking)
    guarded.run()
    assert mode(guarded) == "at_least_once", "decided at the first claim and for good"
    guarded.check_delivered()


def test_auto_without_the_right_to_write_the_topic_is_fatal(guarded):
    guarded.rights.grant(*(right for right in ALL if right != "Topic Write"))
    guarded.add(messages(20))
    program = guarded.run(expect=FATAL, deadline=40, REPROCESS_KAFKA_TIMEOUT_MS=5_000)
    assert "topic" in program.err.lower() and guarded.topic in program.err
    assert guarded.records() == []
    assert guarded.worker()["error_count"] == 0, "no line is to blame"


def test_a_shard_begun_exactly_once_stops_when_its_rights_are_taken_and_goes_on_when_given(guarded):
    guarded.rights.grant(*ALL)
    guarded.config["max_messages_per_second"] = 5_000  # so that it is killed in its middle
    guarded.add(messages(30_000))
    running = guarded.start(REPROCESS_COMMIT_LINES=500)
    guarded.wait_committed(1_000, unless=lambda: not running.running)
    assert running.kill()
    guarded.rights.take("TransactionalId Write", "TransactionalId Describe")
    program = guarded.run(expect=FATAL, deadline=40, REPROCESS_KAFKA_TIMEOUT_MS=5_000)
    assert "transactional" in program.err.lower() and mode(guarded) == "exactly_once"
    guarded.rights.grant("TransactionalId Write", "TransactionalId Describe")
    guarded.run()
    guarded.check_delivered()
    check_books(guarded)


def test_a_broker_that_does_not_answer_is_no_reason_to_fall_back(world):
    world.add(messages(3))
    world.run(
        expect=FATAL,
        deadline=30,
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
        REPROCESS_START_TIMEOUT_MS=1_500,
    )
    assert mode(world) is None
    world.run()
    world.check_delivered()
    assert mode(world) == "exactly_once"


def test_a_wrong_password_is_fatal_named_and_secret(guarded):
    guarded.rights.grant(*ALL)
    guarded.add(messages(3))
    wrong = '{"mechanism": "PLAIN", "username": "replay", "password": "not-this-one"}'
    program = guarded.run(
        expect=FATAL, deadline=40, KAFKA_SASL=wrong, REPROCESS_START_TIMEOUT_MS=3_000
    )
    text = program.err + guarded.worker()["error"]
    assert "authentication" in text.lower() and "not-this-one" not in text


def test_kafka_properties_and_the_security_protocol_are_honoured(guarded):
    """The same credentials as plain librdkafka properties, and the protocol named outright."""
    guarded.rights.grant(*ALL)
    guarded.add(messages(5))
    properties = (
        "sasl.mechanism=PLAIN\nsasl.username=replay\nsasl.password=replay-secret\nclient.id=e2e\n"
    )
    guarded.run(
        KAFKA_SASL=None, KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT", KAFKA_PROPERTIES=properties
    )
    guarded.check_delivered()
