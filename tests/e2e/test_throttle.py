"""Kind to live traffic: pauses, rates, consumer lag and quotas, on a real broker."""

import signal
import time

from kafka import KafkaConsumer, TopicPartition

from harness.books import check_books
from harness.command import Operator, json_of
from harness.corpus import messages
from harness.programs import COMPLETED, STOPPED
from harness.topics import kafka_sh
from harness.waits import wait_until


def shard_row(world, index=0):
    if not world.database.has_table("reprocessing_shards"):
        return None
    rows = world.database.rows(
        "SELECT * FROM reprocessing_shards WHERE job_id = %s AND shard = %s", world.job_id, index
    )
    return rows[0] if rows else None


def held_by(world, index=0):
    row = shard_row(world, index)
    return (row["throttle"] if row else None) or ""


def wait_held(world, why, running, index=0):
    def held():
        assert running.running, running.err
        return why in held_by(world, index)

    wait_until(held, f"shard {index} is held by {why}", 60)


def committed(world):
    return sum(world.broker.end_offsets(world.topic).values())


def control(world, command, *arguments):
    return json_of(Operator(world).about(command, "--json", *arguments))


def test_a_pause_stops_the_records_and_a_resume_sends_the_rest_exactly_once(world):
    world.config["max_messages_per_second"] = 200
    world.add(messages(3_000))
    running = world.start()
    wait_held(world, "rate limit", running)
    assert control(world, "pause")["paused"] is True
    wait_held(world, "paused", running)
    count, beat = committed(world), shard_row(world)["heartbeat_ms"]
    assert 0 < count
    wait_until(lambda: shard_row(world)["heartbeat_ms"] > beat, "it lives while it is paused")
    status = json_of(Operator(world).about("status", "--json"))
    assert status["paused"] is True and status["shards"][0]["throttle"] == "paused"
    assert committed(world) == count
    control(world, "set", "max_messages_per_second=0")
    assert control(world, "resume")["paused"] is False
    running.expect(COMPLETED)
    world.check_delivered()
    check_books(world)
    assert held_by(world) == ""


def test_a_worker_that_starts_on_a_paused_job_sends_nothing_and_ends_at_sigterm(world):
    world.add(messages(100))
    world.config["limit"] = 1
    world.run()  # makes the job's row
    before = committed(world)
    world.database.run(
        "INSERT INTO reprocessing_controls (job_id, paused, updated_at) "
        f"VALUES ('{world.job_id}-b', 1, now())"
    )
    world.config, world.job_id = {}, f"{world.job_id}-b"
    running = world.start()
    wait_held(world, "paused", running)
    running.signal(signal.SIGTERM)
    running.expect(STOPPED)
    assert world.checkpoint()["s.lines"] == 0
    # Claims and checkpoints are committed to the group's own topic alone.
    assert committed(world) == before
    assert held_by(world) == ""


def test_a_rate_set_while_running_takes_effect(world):
    """Slow enough that the job would not end: what ends it is the change."""
    world.config["max_messages_per_second"] = 1
    world.add(messages(500))
    running = world.start()
    wait_held(world, "rate limit", running)
    assert world.checkpoint()["s.lines"] < 250
    limits = control(world, "set", "max_messages_per_second=100000")["limits"]
    assert limits["max_messages_per_second"] == 100_000
    running.expect(COMPLETED)
    world.check_delivered()


def test_a_rate_is_never_exceeded_and_two_shards_share_it(world):
    """What was committed is at most the rate times the time, and two seconds' worth saved up."""
    world.config["max_messages_per_second"] = 60
    for shard in range(2):
        world.add(messages(150, first=1_000 * shard))
    world.mount()
    start = time.monotonic()
    workers = [world.start(index, 2, mount=False) for index in range(2)]
    for worker in workers:
        worker.expect(COMPLETED, deadline=120)
    took = time.monotonic() - start
    assert 300 <= 60 * (took + 2)
    world.check_delivered()
    check_books(world, workers=2)


def test_a_byte_rate_bounds_transactions_too(world):
    world.config["max_bytes_per_second"] = 10_000
    world.add(messages(120, size=500))
    start = time.monotonic()
    world.run()
    assert 120 * 500 <= 10_000 * (time.monotonic() - start + 2) + 1_000
    world.check_delivered()


class Consumer:
    """A live consumer group that reads and commits as far as the test says."""

    def __init__(self, world, group):
        self.consumer = KafkaConsumer(
            bootstrap_servers=world.broker.bootstrap,
            group_id=group,
            enable_auto_commit=False,
            isolation_level="read_committed",
        )
        numbers = self.consumer.partitions_for_topic(world.topic)
        self.partitions = [TopicPartition(world.topic, n) for n in sorted(numbers)]
        self.consumer.assign(self.partitions)
        self.commit_at(self.consumer.end_offsets(self.partitions))

    def commit_at(self, ends):
        for partition, offset in ends.items():
            self.consumer.seek(partition, offset)
        self.consumer.commit()

    def catch_up(self):
        """How far it has come."""
        ends = self.consumer.end_offsets(self.partitions)
        self.commit_at(ends)
        return sum(ends.values())


def test_the_lag_of_a_group_stops_the_replay_and_consuming_resumes_it(world):
    live = Consumer(world, f"live-{world.job_id}")
    world.config.update(max_consumer_lag=300, lag_groups=[f"live-{world.job_id}"])
    world.add(messages(1_500))
    running = world.start()
    wait_held(world, "consumer lag", running)
    ends = world.broker.end_offsets(world.topic)
    assert sum(ends.values()) <= 300 + 3 * 10  # markers of commits besides the records
    lag = "SELECT consumer_lag FROM reprocessing_shards"
    wait_until(lambda: (world.database.row(lag)["consumer_lag"] or 0) >= 300, "the lag is told")
    seen = 0
    while running.running:
        count = committed(world)
        assert count <= seen + 300 + 60, "no more than the group may be behind"
        seen = live.catch_up()
    live.consumer.close()
    running.expect(COMPLETED)
    world.check_delivered()
    check_books(world)


def test_a_group_that_never_committed_holds_the_replay_until_the_limit_is_taken_back(world):
    world.add(messages(1_000))
    world.config.update(max_consumer_lag=100, lag_groups=["no-such-group"])
    running = world.start()
    wait_held(world, "of group no-such-group", running)
    wait_until(lambda: committed(world) > 0, "as many as may be behind are sent")
    control(world, "set", "max_consumer_lag=0")
    running.expect(COMPLETED)
    world.check_delivered()


def test_set_refuses_what_it_does_not_know(world):
    world.add(messages(1))
    world.run()
    operator = Operator(world)
    for words, told in (
        (["max_messages=3"], "max_messages_per_second"),
        (["max_messages_per_second=fast"], "fast"),
        (["max_consumer_lag=5"], "lag_groups"),
        (["lag_groups=a,,b"], "commas"),
        ([], "KEY=VALUE"),
    ):
        program = operator.about("set", *words, expect=1)
        assert told in program.err, program.err
    missing = operator.call("pause", "nobody", "--database", world.database.url, expect=1)
    assert "no such job" in missing.err
    assert world.database.rows("SELECT * FROM reprocessing_controls") == []


def test_without_the_right_to_read_the_controls_the_configuration_holds_with_one_warning(world):
    world.add(messages(10))
    world.run()
    user = f"few_{world.database.name}"
    world.database.run(
        f"CREATE USER {user}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}",
        f"REVOKE ALL ON reprocessing_controls FROM {user}",
    )
    world.job_id, world.config["max_messages_per_second"] = f"{world.job_id}-b", 100
    running = world.run(DATABASE_URL=world.database.url_of(user))
    assert running.err.count("limits not read") == 1, running.err


def test_the_delay_of_a_brokers_quota_is_shown(world):
    client = f"client-{world.job_id}"
    kafka_sh("tool", "kafka.admin.ConfigCommand", "--bootstrap-server", world.broker.bootstrap,
             "--alter", "--add-config", "producer_byte_rate=20000",
             "--entity-type", "clients", "--entity-name", client)  # fmt: skip
    world.add(messages(2_000, size=500))
    running = world.start(
        KAFKA_PROPERTIES=f"client.id={client}", REPROCESS_COMMIT_LINES=100, LOG_LEVEL="debug"
    )
    wait_held(world, "broker quota", running)
    running.expect(COMPLETED, deadline=180)
    world.check_delivered()
