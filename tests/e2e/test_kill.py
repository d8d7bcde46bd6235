"""Exactly once, whoever dies on the way: kill -9, fault points, lost brokers, rivals, zombies."""

import pytest

from harness.books import check_books
from harness.corpus import Line, messages
from harness.databases import free_port
from harness.kills import kill_again_and_again
from harness.oracle import parse_checkpoint
from harness.programs import COMPLETED, FATAL, FENCED
from harness.seen import Watched
from harness.waits import wait_until
from harness.world import FAULTY_WORKER

KILLS, LINES, COMMIT_LINES = 20, 60_000, 200


def mixed_files(world, lines):
    """Three files, gzip, zstd and plain, with an error line and a blank one every few hundred."""
    for n, codec in enumerate(("gzip", "zstd", "plain")):
        content = messages(lines // 3, first=n * lines)
        for at in range(250, len(content), 700):
            content.insert(at, Line(b"{bad", "invalid_json"))
            content.insert(at, Line(b"", "blank"))
        world.add(content, codec=codec, **({"members": 5} if codec == "gzip" else {}))
    return sum(len(file.lines) for file in world.files)


def test_twenty_kills_at_random_points_lose_nothing_and_double_nothing(world):
    total = mixed_files(world, LINES)

    def committed():
        checkpoint = world.checkpoint()
        return checkpoint["s.lines"] if checkpoint else 0

    # Records leave at once, not with the commit; yet librdkafka 2.8 sends none right after one. So
    # each kill waits for records of an open transaction.
    settings = {"REPROCESS_COMMIT_LINES": COMMIT_LINES, "KAFKA_PROPERTIES": "linger.ms=0"}
    inside = kill_again_and_again(
        total, KILLS, committed, lambda: world.start(**settings), seed=7,
        under_way=lambda: open_transactions(world),
    )  # fmt: skip
    assert inside >= 15, f"only {inside} of {KILLS} kills were inside the run"
    world.run()
    world.check_delivered()
    check_books(world)
    assert world.worker()["status"] == "completed" and world.job()["status"] == "completed"
    aborted = len(world.broker.records(world.topic, "read_uncommitted")) - len(world.expected())
    assert aborted > 0, "some records were sent in transactions that died: else nothing was proved"


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize(
    "point", ["between_send_offsets_and_commit", "after_commit", "after_commit_before_status"]
)
def test_a_worker_that_dies_at_a_fault_point_is_resumed_exactly(world, point, nth):
    mixed_files(world, 3_000)
    settings = {"REPROCESS_COMMIT_LINES": 400}
    world.run(program=FAULTY_WORKER, expect=-9, REPROCESS_FAULT_POINT=f"{point}:{nth}", **settings)
    before = len(world.records())
    assert before < len(world.expected()), "it died inside the run"
    if nth == 3 and point.startswith("after_commit"):
        assert before > 0, "what was committed is there"
    world.run(**settings)
    world.check_delivered()
    check_books(world)


def test_a_worker_whose_commit_never_comes_back_ends_and_is_resumed_exactly(world):
    """As librdkafka may hang where a group's coordinator is gone for good."""
    mixed_files(world, 3_000)
    settings = {"REPROCESS_COMMIT_LINES": 400, "REPROCESS_KAFKA_TIMEOUT_MS": 1_000}
    hangs = {"REPROCESS_FAULT_POINT": "between_send_offsets_and_commit:3", "REPROCESS_FAULT": "hang"}
    hung = world.run(program=FAULTY_WORKER, expect=FATAL, deadline=60, **hangs, **settings)
    assert "commit: librdkafka has not come back in 11000 ms" in hung.err
    assert "a commit has not come back" in hung.err, "what is waited for is told meanwhile"
    assert world.worker()["status"] == "running", "it ended as by kill -9"
    world.run(REPROCESS_COMMIT_LINES=400)
    world.check_delivered()
    check_books(world)


def test_a_worker_that_dies_at_every_commit_still_gets_through(world):
    """Each start gets exactly one transaction further."""
    mixed_files(world, 2_000)
    for _ in range(40):
        running = world.start(
            program=FAULTY_WORKER,
            REPROCESS_FAULT_POINT="after_commit:3",
            REPROCESS_COMMIT_LINES=300,
        )
        if running.wait() == COMPLETED:
            break
        assert running.process.returncode == -9, running.err[-3000:]
    else:
        raise AssertionError("40 starts did not get through")
    world.check_delivered()
    check_books(world)


def test_a_lone_worker_whose_broker_restarts_goes_on_by_itself(world):
    mixed_files(world, 90_000)
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(2_000, unless=lambda: not running.running)
    assert running.running
    world.broker.kill()
    world.broker.start()
    running.expect(COMPLETED, deadline=90)
    world.check_delivered()
    check_books(world)


def test_of_two_live_workers_on_one_shard_the_second_waits_and_finds_it_complete(world):
    mixed_files(world, 60_000)
    settings = {"REPROCESS_COMMIT_LINES": 200, "REPROCESS_CLAIM_WAIT_MS": 2_000}
    first = world.start(**settings)
    world.wait_committed(1_000, unless=lambda: not first.running)
    assert first.running
    second = world.start(**settings)
    first.expect(COMPLETED)
    second.expect(COMPLETED)
    assert "already complete" in second.err
    world.check_delivered()
    check_books(world)
    assert world.worker()["status"] == "completed"


def test_a_frozen_worker_thawed_after_its_successor_took_over_exits_3_and_changes_nothing(world):
    world.config["max_messages_per_second"] = 5_000  # so that it is met in its middle
    mixed_files(world, 60_000)
    zombie = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(2_000, unless=lambda: not zombie.running)
    zombie.freeze()
    del world.config["max_messages_per_second"]
    held = world.checkpoint()
    world.run()
    rows = [
        world.worker(),
        world.job(),
        *world.database.rows("SELECT * FROM reprocessing_files ORDER BY 2"),
    ]
    checkpoint = world.checkpoint()
    assert checkpoint["generation"] > held["generation"] and checkpoint["state"] == "complete"
    zombie.thaw()
    zombie.expect(FENCED)
    world.check_delivered()
    check_books(world)
    assert world.checkpoint() == checkpoint
    after = [
        world.worker(),
        world.job(),
        *world.database.rows("SELECT * FROM reprocessing_files ORDER BY 2"),
    ]
    assert after == rows, "the successor's rows were overwritten"


def test_a_worker_thawed_while_its_successor_still_works_leaves_it_alone(world):
    mixed_files(world, 60_000)
    zombie = world.start(REPROCESS_COMMIT_LINES=200)
    world.wait_committed(1_000, unless=lambda: not zombie.running)
    zombie.freeze()
    generation = world.checkpoint()["generation"]
    successor = world.start(REPROCESS_COMMIT_LINES=200)
    wait_until(lambda: world.checkpoint()["generation"] > generation, "the successor's claim")
    zombie.thaw()
    zombie.expect(FENCED)
    successor.expect(COMPLETED)
    world.check_delivered()
    check_books(world)


def test_a_transaction_that_times_out_without_a_successor_goes_on_by_itself(world):
    """The same fatal code as a take-over: the worker looks, and the shard is still its own."""
    mixed_files(world, 60_000)
    port = free_port()
    # Long transactions: most of the time one is open.
    running = world.start(REPROCESS_COMMIT_LINES=10_000, REPROCESS_TRANSACTION_TIMEOUT_MS=5_000,
                          METRICS_PORT=port, METRICS_ADDRESS="127.0.0.1")  # fmt: skip
    before = freeze_in_a_later_transaction(world, running)
    wait_until(lambda: not open_transactions(world), "the coordinator aborts it", deadline=30)
    running.thaw()
    seen = Watched(running, port).to_the_end()
    world.check_delivered()
    check_books(world)
    assert world.checkpoint()["generation"] > before["generation"], "it claimed again"
    rewinds = seen.value("reprocess_rewinds_total")
    assert rewinds >= 1 and seen.value("reprocess_claims_total") == rewinds + 1
    assert seen.value("reprocess_aborts_total") >= 1


def freeze_in_a_later_transaction(world, program):
    """The checkpoint that it had committed before."""

    def caught():
        assert program.running, "it ended before it was frozen"
        program.freeze()
        checkpoint = world.checkpoint()
        if checkpoint and checkpoint["s.lines"] and open_transactions(world):
            return checkpoint
        program.thaw()
        return None

    return wait_until(caught, "it is frozen with records in an open transaction")


def open_transactions(world):
    """Whether committed readers are held back: the last stable offset is behind the end."""
    stable = world.broker.end_offsets(world.topic)
    ends = world.broker.end_offsets(world.topic, "read_uncommitted")
    return any(end > stable[partition] for partition, end in ends.items())


def test_a_killed_at_least_once_worker_loses_nothing_and_doubles_little(world):
    """At most what one commit interval sends beyond the last stored checkpoint."""
    # At this rate looking takes less than what is between two kills, also on a busy machine.
    world.config.update(delivery="at_least_once", max_messages_per_second=5_000)
    total = mixed_files(world, 60_000)

    def stored():
        rows = []
        if world.database.has_table("reprocessing_shards"):
            rows = world.database.rows("SELECT checkpoint FROM reprocessing_shards")
        return parse_checkpoint(rows[0]["checkpoint"])["s.lines"] if rows else 0

    kills = 5
    inside = kill_again_and_again(
        total, kills, stored, lambda: world.start(REPROCESS_COMMIT_LINES=500), seed=8
    )
    assert inside >= 3
    world.run(REPROCESS_COMMIT_LINES=500)
    records = world.records()
    wanted = world.expected()
    assert {record.key for record in records} == wanted.keys(), "nothing lost, nothing strange"
    assert all(wanted[record.key] == (record.header, record.value) for record in records)
    assert len(records) - len(wanted) <= inside * 500, "at most one commit a kill"
    check_books(world)
    shard = world.database.row("SELECT mode FROM reprocessing_shards")
    assert shard["mode"] == "at_least_once"


def test_a_frozen_at_least_once_worker_thawed_after_its_successor_exits_3(world):
    world.config.update(delivery="at_least_once", max_messages_per_second=5_000)  # met in its middle
    mixed_files(world, 60_000)
    zombie = world.start(REPROCESS_COMMIT_LINES=200)
    wait_until(lambda: sum(world.broker.end_offsets(world.topic).values()) > 1_000, "some records")
    zombie.freeze()
    del world.config["max_messages_per_second"]
    world.run()
    row = world.worker()
    zombie.thaw()
    zombie.expect(FENCED)
    assert world.worker() == row
    assert {record.key for record in world.records()} == world.expected().keys()
    check_books(world)
