"""Files that cannot be read, records that Kafka refuses, checkpoints that are lost, signals."""

import gzip
import os
import random
import signal

import pytest

from harness.books import check_books
from harness.corpus import File, Line, layout, message, messages
from harness.programs import BIN, COMPLETED, FAILED_FILES, FATAL, STOPPED
from harness.waits import wait_until
from harness.world import FAULTY_WORKER


def file_row(world, file):
    return world.database.row("SELECT * FROM reprocessing_files WHERE path = %s", str(file.path))


def write(world, name, content):
    """A listed file of these stored bytes; what is in it the test says."""
    path = world.input / name
    path.write_bytes(content)
    return world.list(File(path))


def noisy_gzip(count, first=0):
    """Lines that gzip stores in many deflate blocks, so that a cut or a flipped bit comes late."""
    lines = messages(count, first=first, size=600)
    return lines, gzip.compress(layout(lines), mtime=0)


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]


def overwritten(content, at):
    return content[:at] + b"\xff" * 64 + content[at + 64 :]


def test_files_that_cannot_be_read_fail_alone_and_the_others_are_delivered(world):
    good = [world.add(messages(10), "0-good")]
    lines, packed = noisy_gzip(400, first=1000)
    truncated = write(world, "1-truncated.gz", packed[:-10_000])
    corrupt = write(world, "2-corrupt.gz", overwritten(packed, len(packed) // 2))
    wrong_crc = write(world, "3-crc.gz", flipped(packed, len(packed) - 6))
    garbage = write(world, "4-trailing.gz", gzip.compress(b"{}\n") + b"not gzip")
    vanished = world.list(File(world.input / "5-vanished"))
    directory = world.list(File(world.input / "6-directory"))
    directory.path.mkdir()
    bucket = world.list(File("s3://bucket/failover/a.ndjson"))
    good.append(world.add(messages(10, first=50), "8-good", codec="zstd"))

    program = world.run()  # exit code 0: the Job of the existing admin would end the other shards

    failed = [truncated, corrupt, wrong_crc, garbage, vanished, directory, bucket]
    records = world.records()
    keys = {record.key for record in records}
    assert len(keys) == len(records)
    assert world.expected(good).keys() <= keys
    for file in failed:
        row = file_row(world, file)
        assert row["state"] == "failed" and row["failure"], file.path
        assert str(file.path) in program.err, "named in the log"
    row = world.worker()
    assert row["status"] == "failed" and row["completed_at"]
    assert row["processed_files"] == row["assigned_files"] == 9, "progress reaches 1"
    assert "s3" in file_row(world, bucket)["failure"].lower()

    # Whole lines before the damage were delivered, each once; the cut tail is not a line.
    truncated.lines = corrupt.lines = wrong_crc.lines = lines
    garbage.lines = [Line(b"{}")]
    layout(garbage.lines)
    sent = {}
    for file in (truncated, corrupt, wrong_crc, garbage):
        sent[file.path] = len(file.records().keys() & keys)
    assert 0 < sent[truncated.path] < 400 and sent[corrupt.path] < 400
    assert sent[wrong_crc.path] == 400 and sent[garbage.path] == 1
    assert sum(sent.values()) + 20 == len(keys)
    corrupt.lines = []  # past the damage they are not what was written
    check_books(world)


def test_failed_files_give_exit_code_2_when_asked(world):
    world.add(messages(3))
    world.list(File(world.input / "vanished"))
    world.run(REPROCESS_FAILED_FILES_EXIT=2, expect=FAILED_FILES)
    assert world.worker()["status"] == "failed"


def test_a_worker_whose_every_file_failed_has_failed(world):
    world.list(File(world.input / "vanished"))
    world.run()
    row = world.worker()
    assert row["status"] == "failed" and "vanished" in row["error"]
    assert (row["total_lines"], row["error_count"], row["success_count"]) == (1, 1, 0)
    check_books(world)


def test_an_unreadable_file_fails_with_its_reason(world):
    file = world.add(messages(3))
    file.path.chmod(0)
    world.mount()
    command = [BIN / "reprocessing-worker"]
    if os.geteuid() == 0:  # root reads everything, unless it has lost that right
        command = ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    world.programs.start(command, world.variables()).expect(COMPLETED)
    assert "permission" in file_row(world, file)["failure"].lower()


def test_a_restart_tries_only_the_failed_files_and_takes_a_repaired_one(world):
    """A file that failed at byte 0 may come back in any version."""
    world.add(messages(10), "0-good")
    late = File(world.input / "1-late", messages(15, first=100))
    late.content = layout(late.lines)
    world.list(late)
    gone = world.list(File(world.input / "2-gone"))
    world.run()
    assert world.worker()["error_count"] == 2
    (world.input / "0-good").unlink()  # nobody reads it again
    late.path.write_bytes(late.content)
    world.run()
    world.check_delivered()
    row = world.worker()
    assert (row["status"], row["success_count"], row["error_count"]) == ("failed", 25, 1)
    check_books(world)
    gone.lines = messages(5, first=200)
    gone.content = layout(gone.lines)
    gone.path.write_bytes(gone.content)
    world.run()
    world.check_delivered()
    row = world.worker()
    assert (row["status"], row["success_count"], row["error_count"]) == ("completed", 30, 0)
    assert not row["error"] and row["completed_at"]
    assert world.job()["status"] == "completed"
    check_books(world)


def test_a_file_that_failed_part_way_goes_on_in_the_same_version_only(world):
    lines, packed = noisy_gzip(400)
    file = write(world, "cut.gz", packed[:-20_000])
    world.run()
    before = len(world.records())
    assert 0 < before < 400
    file.path.write_bytes(packed)  # whole now, but another version: its place may have moved
    program = world.run()
    assert len(world.records()) == before
    assert world.worker()["status"] == "failed"
    row = file_row(world, file)
    assert row["state"] == "failed" and "line" in program.err
    file.lines = lines
    check_books(world)


def test_a_file_is_not_read_on_from_a_row_that_a_restore_brought_back(world):
    lines = messages(400)
    text = layout(lines)
    cut = text.index(b"\n", len(text) // 2) + 1
    whole, member = gzip.compress(text[:cut], mtime=0), gzip.compress(text[cut:], mtime=0)
    file = write(world, "damaged.gz", whole + overwritten(member, 0))
    world.list(File(world.input / "gone"))
    world.run()
    assert 0 < len(world.records()) < 400
    file.lines = lines
    of_file = f"FROM reprocessing_files WHERE path = '{file.path}'"
    world.database.run(f"CREATE TABLE kept AS SELECT * {of_file}")
    written = file.path.stat().st_mtime_ns
    file.path.write_bytes(whole + member)  # the same version
    os.utime(file.path, ns=(written, written))
    world.run()
    world.check_delivered()
    world.database.run(f"DELETE {of_file}", "INSERT INTO reprocessing_files SELECT * FROM kept")
    program = world.run(REPROCESS_FAILED_FILES_EXIT=2, expect=FAILED_FILES)
    assert "rows of reprocessing_files were lost" in program.err
    world.check_delivered()


def test_one_oversized_record_among_good_ones_is_an_error_line(world):
    """The broker's report blames whole batches; only the guilty record is left out."""
    topic = f"{world.topic}-small"
    world.broker.create_topic(topic, 3, max_message_bytes=100_000)
    world.topic = topic
    noise = random.Random(3).randbytes(120_000).hex().encode()
    lines = messages(3_000)
    lines.insert(
        1_700,
        Line(b'{"messageCreated":"2026-05-01T00:00:00Z","noise":"' + noise + b'"}', "too_large"),
    )
    lines.insert(60, Line(b"oops", "invalid_json"))
    world.add(lines)
    world.run(deadline=120)
    world.check_delivered()
    check_books(world)
    assert world.worker()["status"] == "completed"


def test_oversized_records_side_by_side_and_at_both_ends_are_each_found(world):
    topic = f"{world.topic}-small"
    world.broker.create_topic(topic, 2, max_message_bytes=50_000)
    world.topic = topic
    dice = random.Random(4)

    def big():
        return Line(b'{"noise":"' + dice.randbytes(60_000).hex().encode() + b'"}', "too_large")

    world.config["batch_size"] = 50
    world.add([big(), *messages(100), big(), big(), *messages(100, first=200), big()])
    world.run(deadline=120)
    world.check_delivered()
    check_books(world)


def scattered(world, count, refused):
    """A topic that is too small for some of the messages, here and there."""
    topic = f"{world.topic}-small"
    world.broker.create_topic(topic, 3, max_message_bytes=100_000)
    world.topic = topic
    dice = random.Random(5)
    lines = messages(count)
    for at in dice.sample(range(count), refused):
        noise = dice.randbytes(120_000).hex().encode()
        lines[at] = Line(b'{"n":%d,"noise":"%s"}' % (at, noise), "too_large")
    world.add(lines)


def test_oversized_records_scattered_among_many_are_found_by_a_probe(world):
    scattered(world, 2_000, 25)
    program = world.run(deadline=120)
    assert "by halving" not in program.err
    world.check_delivered()
    check_books(world)


@pytest.mark.parametrize("nth", [1, 9])
def test_a_worker_that_dies_while_it_probes_is_resumed_exactly(world, nth):
    """What the probe had sent is never committed, and the shard goes on."""
    scattered(world, 600, 6)
    point = f"while_probing:{nth}"
    world.run(program=FAULTY_WORKER, expect=-9, REPROCESS_FAULT_POINT=point)
    world.run(deadline=120)
    world.check_delivered()
    check_books(world)


def test_without_transactions_oversized_records_are_found_by_halving(world):
    scattered(world, 200, 3)
    world.config["delivery"] = "at_least_once"
    world.run(deadline=120)
    assert {record.key for record in world.records()} == world.expected().keys()
    assert world.worker()["error_count"] == 3


def test_a_completed_shard_started_again_sends_nothing(world):
    world.add(messages(20))
    world.run()
    offsets = world.broker.end_offsets(world.topic)
    for _ in range(2):
        program = world.run()
        assert "already complete" in program.err and "reset" in program.err
    world.check_delivered()
    assert world.records() and sum(world.broker.end_offsets(world.topic).values()) >= sum(
        offsets.values()
    )
    assert world.worker()["success_count"] == 20 and world.worker()["status"] == "completed"
    check_books(world)


@pytest.mark.parametrize("how", ["group deleted", "topic made again"])
def test_a_lost_checkpoint_is_refused_and_never_a_silent_start_over(world, how):
    world.config["max_messages_per_second"] = 5_000  # so that it is met in its middle
    world.add(messages(30_000))
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(500, unless=lambda: not running.running)
    assert running.kill(), "it was killed inside the run"
    lose(world, how)
    # Records, not offsets: the mark that ends the killed worker's transaction takes one too.
    records = world.broker.records(world.topic, "read_uncommitted")
    program = world.run(expect=FATAL)
    assert "checkpoint" in program.err and "reset" in program.err, "the remedy is named"
    assert world.broker.records(world.topic, "read_uncommitted") == records, "nothing was sent"
    assert world.worker()["status"] == "failed"


def lose(world, how):
    if how == "group deleted":
        world.broker.delete_group(world.group())
    else:
        world.broker.make_topic_again(world.topic)


def test_a_completed_shard_whose_group_expired_is_still_complete(world):
    world.add(messages(20))
    world.run()
    world.broker.delete_group(world.group())
    program = world.run()
    assert "already complete" in program.err
    world.check_delivered()


def test_sigterm_in_the_middle_leaves_the_row_running_and_a_resume_completes(world):
    world.config["max_messages_per_second"] = 5_000  # so that it is met in its middle
    world.add(messages(30_000))
    world.add([Line(b"x", "invalid_json"), *messages(1_000, first=50_000)])
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(500, unless=lambda: not running.running)
    running.signal(signal.SIGTERM)
    running.expect(STOPPED, deadline=10)
    row = world.worker()
    assert row["status"] == "running" and row["completed_at"] is None
    assert 0 < row["success_count"] < 31_000
    assert row["success_count"] == len(world.records()), "counters moved on commit"
    world.run().expect(COMPLETED)
    world.check_delivered()
    check_books(world)


def test_a_job_that_was_cancelled_ends_its_workers_as_cancelled(world):
    world.config["max_messages_per_second"] = 5_000  # so that it is met in its middle
    world.add(messages(30_000))
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(500, unless=lambda: not running.running)
    world.database.run(
        f"UPDATE reprocessing_jobs SET status = 'cancelled' WHERE id = '{world.job_id}'"
    )
    running.signal(signal.SIGTERM)
    running.expect(STOPPED, deadline=10)
    row = world.worker()
    assert row["status"] == "cancelled" and row["completed_at"]
    assert row["success_count"] == len(world.records())
    assert world.job()["status"] == "cancelled"


def test_a_file_that_changes_while_it_is_read_fails_and_delivers_no_mixture(world):
    world.config["max_messages_per_second"] = 3_000  # so that much is not yet read ahead
    file = world.add(messages(30_000, size=600))
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(500, unless=lambda: not running.running)
    with file.path.open("ab") as more:
        more.write(message(99_999) + b"\n")
    running.expect(COMPLETED)
    assert file_row(world, file)["state"] == "failed"
    records = world.records()
    assert {record.key for record in records} <= file.records().keys()
    assert len(records) == len({record.key for record in records})
