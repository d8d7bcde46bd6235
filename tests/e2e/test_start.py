"""What a job is asked to do before line 1: limits, places to start, dry runs, and refusals."""

import json
import re
import signal
from functools import partial

import pytest

from harness.books import check_books
from harness.command import Operator
from harness.corpus import File, Line, layout, messages
from harness.programs import FATAL, STOPPED


def test_a_limit_is_shared_out_so_that_the_workers_together_never_exceed_it(world):
    """Seven over three workers: 3, 2, 2. A share ends just past the line that reaches it."""
    world.config["limit"] = 7
    shares = [3, 2, 2]
    for n in range(3):
        lines = [Line(b"", "blank"), *messages(5, first=10 * n)]
        world.add(lines)
    world.add(messages(5, first=100))  # worker 0's second file: never begun
    for index in range(3):
        world.run(index, 3)
    records = world.records()
    first_lines = [line for n in range(3) for line in world.files[n].lines[1 : 1 + shares[n]]]
    assert sorted(record.value for record in records) == sorted(line.text for line in first_lines)
    states = world.database.rows("SELECT list_position, state FROM reprocessing_files ORDER BY 1")
    assert [row["state"] for row in states] == ["partial", "partial", "partial", "not_read"]
    for index, share in enumerate(shares):
        row = world.worker(index)
        assert (row["status"], row["success_count"]) == ("completed", share)
        assert row["total_lines"] == share + 1, "unread lines are not counted"
        assert row["processed_files"] == row["assigned_files"], "progress is 1"
    world.run(0, 3)
    assert len(world.records()) == 7, "a restart knows what was sent"


def test_start_file_and_start_line_leave_out_what_lies_before(world):
    files = [world.add(messages(5, first=10 * n)) for n in range(4)]
    world.config.update(start_file=str(files[1].path), start_line=3)
    files[1].lines = files[1].lines[2:]
    for index in range(2):
        world.run(index, 2)
    world.check_delivered(files[1:])
    assert world.worker(0)["total_lines"] == 5 and world.worker(0)["assigned_files"] == 1
    assert world.worker(1)["total_lines"] == 3 + 5, "lines before start_line are not counted"


def test_a_start_line_past_the_end_is_a_warning(world):
    file = world.add(messages(5))
    world.config.update(start_file=str(file.path), start_line=99)
    program = world.run()
    assert world.records() == [] and world.worker()["total_lines"] == 0
    assert "start_line" in program.err


def test_a_dry_run_needs_no_kafka_and_sends_nothing_and_counts_as_success(world):
    world.config["dry_run"] = True
    world.add([*messages(20), Line(b"{", "invalid_json"), Line(b" ", "blank")])
    none = {"KAFKA_BOOTSTRAP_SERVERS": None, "KAFKA_DESTINATIONS_TOPIC": None}
    for _ in range(2):  # each begins anew
        world.run(**none)
        assert world.worker()["success_count"] == 20 and world.worker()["status"] == "completed"
        check_books(world)
    assert world.broker.records(world.topic, "read_uncommitted") == []
    world.config["dry_run"] = False
    assert "reset" in world.run(expect=FATAL).err, "a job that was run dry is not run for real"
    assert world.records() == []


def test_no_files_for_this_worker_and_empty_files_are_completed(world):
    world.add([])
    world.add(
        [Line(b"", "blank"), Line(b" \t ", "blank", end=b"\r\n"), Line(b"  ", "blank", end=b"")]
    )
    for index in range(3):
        world.run(index, 3)
        assert world.worker(index)["status"] == "completed"
    assert world.records() == []
    check_books(world, workers=3)


CONFIG_ERRORS = [
    ("config.json", {"limit": -1}, ["limit", "-1"]),
    ("config.json", {"limit": "ten"}, ["limit", "ten"]),
    ("config.json", {"start_line": -5}, ["start_line", "-5"]),
    ("config.json", {"start_line": 5}, ["start_line", "start_file"]),
    ("config.json", {"start_file": "/not/listed.ndjson"}, ["start_file", "/not/listed.ndjson"]),
    ("config.json", {"date_from": "tomorrow"}, ["date_from", "tomorrow"]),
    ("config.json", {"stream_ids": "src"}, ["stream_ids"]),
    ("config.json", {"connection_ids": [1]}, ["connection_ids"]),
    ("config.json", {"delivery": "at_most_once"}, ["delivery", "at_most_once", "at_least_once"]),
    ("config.json", {"dry_run": "yes"}, ["dry_run", "yes"]),
    ("config.json", [], ["object"]),
    ("config.json", b"{not json", []),
    ("config.json", None, []),
    ("files.json", {"items": []}, ["array"]),
    ("files.json", [{"size": 3}], ["path"]),
    ("files.json", [{"path": "/x", "size": -3}], ["size", "-3"]),
    ("files.json", [{"path": "/tmp/a/../x"}, {"path": "/y"}, {"path": "/tmp/x"}], ["/tmp/x"]),
    ("files.json", b"\x1f\x8bbroken", []),
    ("files.json", None, []),
]


@pytest.mark.parametrize(
    "name, content, told",
    CONFIG_ERRORS,
    ids=[f"{c[0][:-5]}-{n}" for n, c in enumerate(CONFIG_ERRORS)],
)
def test_a_wrong_configuration_is_fatal_and_names_file_key_and_value(
    bare_world, name, content, told
):
    world = bare_world
    world.add(messages(1))
    world.mount()
    path = world.config_dir / ("job" if name == "config.json" else "files") / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    program = world.run(mount=False, expect=FATAL)
    for word in [name, *told]:
        assert word in program.err, word


@pytest.mark.parametrize(
    "variable, value",
    [
        ("REPROCESS_COMMIT_INTERVAL_MS", "soon"),
        ("REPROCESS_MAX_LINE_BYTES", "-1"),
        ("WORKER_INDEX", "first"),
        ("TOTAL_WORKERS", "-2"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("KAFKA_SASL", "{mechanism"),
        ("KAFKA_PROPERTIES", "transactional.id=mine"),
        ("KAFKA_PROPERTIES", "acks=1"),
        ("KAFKA_SSL", "perhaps"),
    ],
)
def test_a_wrong_variable_is_fatal_and_named(bare_world, variable, value):
    bare_world.add(messages(1))
    assert variable in bare_world.run(expect=FATAL, **{variable: value}).err


def test_all_that_is_wrong_comes_in_one_message(bare_world):
    bare_world.add(messages(1))
    bare_world.config.update(limit=-1, date_to="never", stream_ids=7)
    program = bare_world.run(expect=FATAL, WORKER_INDEX="x")
    for word in ("limit", "date_to", "stream_ids", "WORKER_INDEX"):
        assert word in program.err, word


def test_unknown_keys_are_ignored_with_a_warning_that_names_them(world):
    world.config.update(
        k8s_namespace="x", colour="blue", s3_path="s3://b/p", files=["a"], start_line=None
    )
    world.add(messages(2))
    program = world.run()
    world.check_delivered()
    assert (
        "k8s_namespace" in program.err and "colour" in program.err and "s3_path" not in program.err
    )


def test_a_listed_size_that_differs_is_a_warning(world):
    file = world.add(messages(2))
    file.listed["size"] = 7
    program = world.run()
    world.check_delivered()
    assert str(file.path) in program.err
    assert world.worker()["processed_bytes"] == 7 and world.worker()["total_bytes"] == 7


def test_a_relative_path_has_the_key_of_the_absolute_one(world):
    lines = messages(3)
    file = File(world.directory / "plain.ndjson", lines, layout(lines))
    file.path.write_bytes(file.content)
    world.list(file)
    file.listed["path"] = "in/../plain.ndjson"  # programs run in the world's directory
    world.run()
    world.check_delivered()


def test_the_same_job_asked_for_something_else_is_refused(world):
    world.add(messages(5))
    world.run()
    world.config["stream_ids"] = ["other"]
    program = world.run(expect=FATAL)
    assert "reset" in program.err and "JOB_ID" in program.err, "the remedies are named"
    world.check_delivered()
    assert world.worker()["success_count"] == 5


def four_files(world):
    return [world.add(messages(50, first=100 * n)) for n in range(4)]


def test_a_worker_whose_list_is_not_that_of_its_job_is_refused(world):
    """By the job's print; in a job that an earlier build began, by the other shard's fingerprint."""
    a, b, c, d = four_files(world)
    world.run(0, 2)
    sent = len(world.records())
    for why, where in (("begun with other files", world.job_id), ("begun with other", "shard 0")):
        world.files = [b, a, d, c]
        program = world.run(1, 2, expect=FATAL)
        assert why in program.err and where in program.err and "reset" in program.err
        assert world.worker(1)["error"].startswith("failed for good (fingerprint): ")
        assert len(world.records()) == sent and world.checkpoint(1) is None
        world.database.run("DELETE FROM reprocessing_prints")
    world.files = [a, b, c, d]
    world.run(1, 2)
    world.check_delivered()
    check_books(world, workers=2)
    assert len(world.database.rows("SELECT * FROM reprocessing_prints")) == 1


def test_a_finished_shard_that_is_started_with_another_list_stays_finished(world):
    a, b, c, d = four_files(world)
    for index in range(2):
        world.run(index, 2)
    before = world.job(), world.worker(0)
    assert before[0]["status"] == before[1]["status"] == "completed"
    world.files = [b, a, d, c]
    program = world.run(0, 2, expect=FATAL)
    assert "begun with other files" in program.err
    assert (world.job(), world.worker(0)) == before
    world.database.run("DELETE FROM reprocessing_prints")  # an earlier build's job
    assert "begun with other files" in world.run(0, 2, expect=FATAL).err
    assert (world.job(), world.worker(0)) == before


def test_a_start_that_fails_before_its_claim_says_what_was_sent_before(world):
    world.config["max_messages_per_second"] = 5_000  # so that it is met in its middle
    world.add(messages(30_000))
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(1_000, unless=lambda: not running.running)
    running.signal(signal.SIGTERM)
    running.expect(STOPPED)
    sent = len(world.records())
    program = world.run(expect=FATAL, KAFKA_DESTINATIONS_TOPIC=f"{world.topic}-gone")
    assert f"{world.topic}-gone" in program.err
    assert re.search(rf"shard ended .*lines={sent} sent={sent} ", program.err), program.err


def test_a_run_whose_topic_was_made_again_reports_what_was_sent_before(world):
    world.add(messages(30_000))
    operator = Operator(world)
    here = ("--job", world.job_id, "--database", world.database.url)
    running = operator.start("run", world.input, "--kafka", world.broker.bootstrap, "--topic",
                             world.topic, "--connection", "c", "--max-messages-per-second", 5_000, *here,
                             REPROCESS_COMMIT_LINES=500)  # fmt: skip
    world.wait_committed(1_000, unless=lambda: not running.running)
    running.signal(signal.SIGTERM)
    running.expect(STOPPED)
    sent = len(world.records())
    world.broker.make_topic_again(world.topic)
    program = operator.call("run", *here, "--yes", expect=FATAL)
    assert "its checkpoint is lost" in program.out
    assert re.search(rf"sent +{sent:,}\b", program.out), program.out + program.err


def test_a_worker_whose_configuration_makes_no_sense_says_so_in_its_row(world):
    four_files(world)
    world.run(0, 2)
    world.config["stream_ids"] = "no list"
    program = world.run(1, 2, expect=FATAL)
    row = world.worker(1)
    assert row["status"] == "failed" and row["error"].startswith("failed for good (configuration): ")
    assert "stream_ids" in row["error"] and "stream_ids" in program.err


def test_another_number_of_workers_in_one_job_is_refused(world):
    four_files(world)
    for index in range(2):
        world.run(index, 2)
    program = world.run(2, 3, expect=FATAL)
    assert "TOTAL_WORKERS=2" in program.err
    world.database.run("UPDATE reprocessing_jobs SET total_workers = 0")  # not known
    assert "workers (2, now 3)" in world.run(2, 3, expect=FATAL).err
    world.check_delivered()


def test_a_topic_or_filter_that_is_not_the_jobs_is_named(world):
    four_files(world)
    world.run(0, 2)
    other = f"{world.topic}-other"
    world.broker.create_topic(other)
    program = world.run(1, 2, expect=FATAL, KAFKA_DESTINATIONS_TOPIC=other)
    assert f"destination (kafka:{world.topic}, now kafka:{other})" in program.err
    world.config["stream_ids"] = ["other"]
    assert "begun with other stream_ids" in world.run(1, 2, expect=FATAL).err
    world.config = {"limit": 100}
    assert "begun with other limit" in world.run(1, 2, expect=FATAL).err
    world.config = {}
    world.run(1, 2)
    world.check_delivered()


def test_a_dry_run_binds_no_job_to_its_list(world):
    world.config["dry_run"] = True
    a, b, c, d = four_files(world)
    world.run(0, 2)
    world.files = [b, a, d, c]
    world.run(1, 2)
    assert world.database.rows("SELECT * FROM reprocessing_prints") == []


def test_a_reset_of_the_whole_job_lets_it_be_of_other_files_and_that_of_a_shard_does_not(world):
    a, b, c, d = four_files(world)
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
             "KAFKA_DESTINATIONS_TOPIC": world.topic}  # fmt: skip
    reset = partial(Operator(world).about, "reset", "--yes", **kafka)
    world.run(0, 2)
    world.files = [b, a, d, c]
    reset("--shard", 0)
    assert "begun with other files" in world.run(0, 2, expect=FATAL).err
    reset()
    for index in range(2):
        world.run(index, 2)
    assert {record.key for record in world.records()} == world.expected().keys()


@pytest.mark.parametrize("lost", ["one row", "all rows"])
def test_a_reset_knows_a_shard_whose_row_was_lost_by_its_checkpoint_in_kafka(world, lost):
    a, b, c, d = four_files(world)
    for index in range(2):
        world.run(index, 2)
    where = "WHERE shard = 1" if lost == "one row" else ""
    world.database.run(f"DELETE FROM reprocessing_shards {where}")
    world.files = [b, a, d, c]
    reset = Operator(world).about("reset", "--yes", KAFKA_BOOTSTRAP_SERVERS=world.broker.bootstrap,
                                  KAFKA_DESTINATIONS_TOPIC=world.topic)  # fmt: skip
    assert "row lost" in reset.out
    for index in range(2):
        world.run(index, 2)
    assert {record.key for record in world.records()} == world.expected().keys()


def test_a_wrong_list_that_began_nothing_is_forgotten_by_a_reset(world):
    a, b, c, d = four_files(world)
    world.files = [a, b]
    world.run(expect=FATAL, REPROCESS_TRANSACTION_TIMEOUT_MS=2_000_000)  # the broker takes 900,000
    world.files = [a, b, c, d]
    assert "files (2, now 4)" in world.run(expect=FATAL).err
    program = Operator(world).about("reset", "--yes")
    assert "no shard was begun" in program.out
    world.run()
    world.check_delivered()


def test_a_batch_size_and_retries_of_zero_or_less_mean_their_defaults(world):
    world.config.update(batch_size=-1, retry_attempts=0)
    world.add(messages(3))
    world.run()
    world.check_delivered()
