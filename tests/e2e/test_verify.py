"""`reprocess verify`: all there, or what is not, by file and line; and what cannot be told."""

import json
import re

import pytest
from kafka import KafkaProducer, TopicPartition

from golden import expect_golden
from harness.command import Operator, SqliteBooks, json_of
from harness.corpus import Line, message, messages
from harness.programs import FAILED_FILES, FATAL, UNSENT_LINES
from harness.repository import serve, stream
from harness.world import FAULTY_WORKER

WRONG, UNVERIFIED = FAILED_FILES, 5


@pytest.fixture
def operator(world):
    return Operator(world)


def some_files(world):
    for n, codec in enumerate(("plain", "gzip", "zstd")):
        lines = messages(200, first=1_000 * n)
        lines[20:20] = [Line(b"{bad", "invalid_json"), Line(b"", "blank"), Line(b"[1]", "not_object")]
        lines.append(Line(b'{ "spaced" : [ 1, 2 ] }'))
        world.add(lines, codec=codec)


def run(world, operator, *arguments, expect=UNSENT_LINES, **options):
    return operator.call("run", world.input, "--kafka", world.broker.bootstrap, "--topic",
                         world.topic, "--database", world.database.url, "--job", world.job_id,
                         "--shards", 2, *arguments, expect=expect, **options)  # fmt: skip


def verify(operator, *arguments, expect=0):
    return json_of(operator.about("verify", "--json", *arguments, expect=expect))


def named(report):
    return [(f["finding"], f["path"], f["line"], f["byte"]) for f in report["findings"]]


def name(finding, file, line):
    return (finding, str(file.path), line.number, line.first_byte)


def produce(world, *records):
    """Without a transaction, as a careless script would."""
    producer = KafkaProducer(bootstrap_servers=world.broker.bootstrap)
    for record in records:
        key, value = (record.key.encode(), record.value) if hasattr(record, "key") else record
        producer.send(world.topic, key=key, value=value).get(30)
    producer.close()


def reopen_span(world):
    """What came after the job's end is looked at too, as if it had come before."""
    ends = world.broker.end_offsets(world.topic, "read_uncommitted")
    text = ",".join(str(ends[p]) for p in sorted(ends, key=lambda p: p.partition))
    world.database.run(f"UPDATE reprocessing_shards SET end_offsets = '{text}'")


def record_of(world, line, file):
    (record,) = [r for r in world.records() if r.key in file.records() and r.value == line.text]
    return record


def test_a_clean_job_is_all_there(world, operator):
    some_files(world)
    run(world, operator)
    world.check_delivered()
    report = verify(operator)
    assert report["verdict"] == "all_there" and report["passes"] == 1
    assert report["sent"] == report["expected"] == report["found"] == report["records"] == 603
    assert report["other_records"] == 0 and report["cannot_be_verified"] == []
    text = operator.about("verify").out
    assert "all 603 sent lines are there, each once; not sent: 6 lines\n" in text
    assert verify(operator, "--counts")["verdict"] == "all_there"


def test_a_worker_s_job_with_filters_and_sqlite_is_verified_too(bare_world, tmp_path):
    world = bare_world
    world.broker.create_topic(world.topic)
    world.database = SqliteBooks(tmp_path / "books.db")
    lines = [*messages(50, stream="a"), *[Line(l.text, "stream") for l in messages(50, stream="b")]]
    world.add(lines, codec="gzip")
    world.config = {"stream_ids": ["a"], "connection_ids": ["c1"]}
    world.run()
    operator = Operator(world)
    report = json_of(operator.about("verify", "--json", "--kafka", world.broker.bootstrap, "--topic",
                                    world.topic))  # fmt: skip
    assert report["verdict"] == "all_there" and report["found"] == 50


def test_lines_the_repository_had_no_answer_for_are_not_expected(world, operator):
    world.add([*messages(5, stream="known"), *messages(5, first=5, stream="gone")])
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, **variables)
    report = verify(operator)
    assert (report["verdict"], report["expected"]) == ("all_there", 5)


def test_a_record_produced_again_by_hand_is_named_by_file_and_line(world, operator):
    some_files(world)
    run(world, operator)
    file, line = world.files[1], world.files[1].lines[100]
    produce(world, record_of(world, line, file))
    assert verify(operator)["verdict"] == "all_there", "it came after the job's end"
    reopen_span(world)
    report = verify(operator, expect=WRONG)
    assert named(report) == [name("doubled", file, line)]
    assert (report["missing"], report["doubled"], report["altered"]) == (0, 1, 0)
    text = operator.about("verify", expect=WRONG).out
    assert "NOT all there" in text and str(file.path) in text


def test_other_traffic_is_counted_and_ignored(world, operator):
    some_files(world)
    run(world, operator)
    produce(world, (b"0b0e7d0c-2b0a-4c43-9a66-5d2d5b2a3c11", b"{}"), (b"no uuid", b"{}"), (None, b"x"))
    reopen_span(world)
    report = verify(operator)
    assert (report["verdict"], report["other_records"]) == ("all_there", 3)
    counts = verify(operator, "--counts", expect=UNVERIFIED)
    assert "other traffic or doubled" in counts["cannot_be_verified"][0]["why"]


def remade_topic(world, keep):
    """The topic made again from those of its records that `keep` answers with."""
    kept = [keep(record) for record in world.records()]
    world.broker.delete_topic(world.topic)
    again = f"{world.topic}-again"
    world.broker.create_topic(again)
    world.topic = again
    config = json.loads(json.dumps(world.job()["config"]))
    config["destination"]["topic"] = again
    world.database.run(
        f"UPDATE reprocessing_jobs SET config = '{json.dumps(config)}'",
    )
    produce(world, *[record for record in kept if record])
    reopen_span(world)


def plain(world, text):
    """Without what differs from run to run."""
    for value, name in ((world.input, "INPUT"), (world.topic, "TOPIC"), (world.job_id, "JOB")):
        text = text.replace(str(value), name)
    return re.sub(r'("(?:partition|offset|from|to)": ?)\d+', r"\g<1>0", text)


def test_withheld_and_altered_lines_are_named_by_file_and_line(world, operator):
    some_files(world)
    run(world, operator)
    lost, changed = world.files[2].lines[50], world.files[0].lines[7]

    def keep(record):
        if record.value == lost.text:
            return None
        value = record.value + b" " if record.value == changed.text else record.value
        return record.key.encode(), value

    remade_topic(world, keep)
    report = verify(operator, expect=WRONG)
    assert named(report) == [
        name("missing", world.files[2], lost),
        name("altered", world.files[0], changed),
    ]
    expect_golden("verify.json", plain(world, operator.about("verify", "--json", expect=WRONG).out))
    small = verify(operator, "--memory", 1, "--limit", 0, expect=WRONG)
    assert (small["missing"], small["altered"], small["findings"]) == (1, 1, [])
    counts = verify(operator, "--counts", expect=WRONG)
    assert counts["missing"] == 1


def test_more_lines_than_memory_holds_take_more_passes(world, operator):
    world.add(messages(50_000, size=250))
    run(world, operator, expect=0)
    report = verify(operator, "--memory", 1)
    assert report["verdict"] == "all_there" and report["passes"] == 3
    assert report["expected"] == report["found"] == report["records"] == 50_000
    produce(world, *world.records()[::20_000])
    reopen_span(world)
    report = verify(operator, "--memory", 1, expect=WRONG)
    assert (report["doubled"], report["missing"], report["passes"]) == (3, 0, 3)


def test_passes_are_cut_smaller_as_they_turn_out_too_large(world, operator):
    """Lines that were errors may have been sent, for all that a ledger without rows says."""
    lines = messages(10_000, size=250, stream="known")
    world.add([*lines, *messages(40_000, first=10_000, size=250, stream="gone")])
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, "--max-errors", "100%", **variables)
    world.database.run("DELETE FROM reprocessing_errors")
    produce(world, *world.records()[::4_000])
    reopen_span(world)
    report = verify(operator, "--memory", 1, expect=WRONG)
    assert (report["doubled"], report["missing"], report["passes"]) == (3, 0, 4)
    assert "rows were lost" in report["cannot_be_verified"][0]["why"]


def test_expired_records_cannot_be_verified_and_are_not_called_missing(world, operator):
    some_files(world)
    run(world, operator)
    first = TopicPartition(world.topic, world.records()[0].partition)
    world.broker.admin.delete_records({first: 10})
    report = verify(operator, expect=UNVERIFIED)
    assert report["verdict"] == "unverified" and report["missing"] == 0
    (doubt,) = report["cannot_be_verified"]
    assert "expired" in doubt["why"] and doubt["lines"] > 0
    assert verify(operator, "--counts", expect=UNVERIFIED)["missing"] == 0


def test_a_file_that_is_no_longer_the_one_that_was_read_cannot_be_verified(world, operator):
    some_files(world)
    run(world, operator)
    changed = world.files[0]
    with changed.path.open("ab") as file:
        file.write(message(9_999) + b"\n")
    report = verify(operator, expect=UNVERIFIED)
    (doubt,) = report["cannot_be_verified"]
    assert (doubt["where"], doubt["lines"]) == (str(changed.path), 201)
    assert report["missing"] == 0 and report["found"] == 402


def test_a_failed_file_is_verified_up_to_its_place(world, operator):
    world.add(messages(50))
    cut = world.add(messages(400, first=100), codec="gzip", members=4)
    content = cut.path.read_bytes()
    cut.path.write_bytes(content[: len(content) // 2])
    run(world, operator, expect=FAILED_FILES)
    report = verify(operator)
    assert report["verdict"] == "all_there"
    assert 50 < report["expected"] < 450 and report["expected"] == report["records"]
    assert (report["not_sent"], report["incomplete_files"]) == (0, 1)
    assert "each once; not sent: 1 file incomplete\n" in operator.about("verify").out


def test_lines_in_approximate_error_rows_cannot_be_verified(world, operator):
    lines = []
    for n in range(60):
        lines.append(Line(message(n, stream="known" if n % 2 else "gone")))
    world.add(lines)
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, REPROCESS_MAX_ERROR_ROWS=3, **variables)
    report = verify(operator, expect=UNVERIFIED)
    assert report["missing"] == 0 and report["found"] == 30
    assert "approximate" in report["cannot_be_verified"][0]["why"]


def test_a_ledger_row_that_is_gone_shows(world, operator):
    some_files(world)
    run(world, operator)
    world.database.run("DELETE FROM reprocessing_errors WHERE list_position = 1")
    report = verify(operator, expect=UNVERIFIED)
    (doubt,) = report["cannot_be_verified"]
    (second,) = world.database.rows("SELECT path FROM reprocessing_files WHERE list_position = 1")
    assert doubt["where"] == second["path"] and "rows were lost" in doubt["why"]
    assert doubt["lines"] == 2


def test_lines_whose_error_rows_are_gone_are_not_called_missing(world, operator):
    world.add([*messages(5, stream="known"), *messages(5, first=5, stream="gone")])
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, **variables)
    world.database.run("DELETE FROM reprocessing_errors")
    report = verify(operator, expect=UNVERIFIED)
    assert (report["missing"], report["found"]) == (0, 5)
    (doubt,) = report["cannot_be_verified"]
    assert "5 of its lines are errors, and the ledger lists 0" in doubt["why"]


@pytest.mark.parametrize("lost", ["list_position = 1", "TRUE"])
def test_rows_of_files_that_are_gone_show(world, operator, lost):
    some_files(world)
    run(world, operator)
    world.database.run(f"DELETE FROM reprocessing_files WHERE {lost}")
    report = verify(operator, expect=UNVERIFIED)
    why = {doubt["where"]: doubt["why"] for doubt in report["cannot_be_verified"]}
    assert "has counted 204 lines and sent 201, the rows of its files have 0 and 0: rows were lost" in (
        why["shard 1"])  # fmt: skip
    assert ("shard 0" in why) == (lost == "TRUE")
    assert (report["sent"], report["missing"]) == (603, 0)
    assert "cannot be verified" in operator.about("verify", expect=UNVERIFIED).out


def test_rows_that_own_the_same_bytes_or_have_another_shard_show(world, operator):
    """As workers with different lists, or numbers of workers, left them before it was refused."""
    some_files(world)
    run(world, operator)
    first, second = (str(file.path) for file in world.files[:2])
    world.database.run(f"UPDATE reprocessing_files SET path = '{first}' WHERE path = '{second}'")
    whys = [d["why"] for d in verify(operator, expect=UNVERIFIED)["cannot_be_verified"]]
    assert any("files 0 and 1 of the list are the same bytes" in why for why in whys)
    world.database.run("UPDATE reprocessing_files SET shard = 1 WHERE list_position = 2")
    whys = [d["why"] for d in verify(operator, expect=UNVERIFIED)["cannot_be_verified"]]
    assert any("1 of 3 files were read by a shard that they are not of" in why for why in whys)


def test_a_shard_whose_row_was_lost_in_mid_run_cannot_be_verified(world, operator):
    world.config["max_messages_per_second"] = 5_000  # so that it is killed in its middle
    world.add(messages(20_000))
    worker = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(1_000, unless=lambda: not worker.running)
    assert worker.kill()
    world.database.run("DELETE FROM reprocessing_shards")
    world.run()
    world.check_delivered()
    program = operator.about("verify", "--kafka", world.broker.bootstrap, "--topic", world.topic,
                             expect=UNVERIFIED)  # fmt: skip
    assert "no start offsets" in program.err


def test_what_cannot_be_verified_at_all_says_why_and_what_helps(world, operator):
    some_files(world)
    operator.call("run", world.input, "--dry-run", "--database", world.database.url, "--job",
                  "dry", expect=UNSENT_LINES)  # fmt: skip
    program = operator.call("verify", "dry", "--database", world.database.url, expect=UNVERIFIED)
    assert "dry run" in program.err and "hint:" in program.err
    operator.call(*operator.run_arguments(), expect=UNSENT_LINES)
    program = operator.about("verify", expect=UNVERIFIED)
    assert "wrote files" in program.err
    program = operator.call("verify", "nobody", "--database", world.database.url, expect=FATAL)
    assert "no such job" in program.err


def test_a_job_that_has_not_finished_is_not_verified(world, operator):
    world.add(messages(20_000))
    world.config["max_messages_per_second"] = 5_000  # so that it is killed in its middle
    worker = world.start(REPROCESS_COMMIT_LINES=100)
    world.wait_committed(100)
    worker.kill()
    program = operator.about("verify", "--kafka", world.broker.bootstrap, "--topic", world.topic,
                             expect=UNVERIFIED)  # fmt: skip
    assert "shard 0 has not finished" in program.err and "hint:" in program.err


def test_a_transaction_that_a_dead_worker_left_is_waited_for(world, operator):
    """It has a checkpoint in it: nobody knows yet which one counts."""
    world.add(messages(2_000))
    running = world.start(
        program=FAULTY_WORKER,
        REPROCESS_FAULT_POINT="between_send_offsets_and_commit:3",
        REPROCESS_COMMIT_LINES=300,
        REPROCESS_TRANSACTION_TIMEOUT_MS=5_000,
    )
    assert running.wait() == -9
    where = ("--kafka", world.broker.bootstrap, "--topic", world.topic)
    program = operator.about("verify", *where, expect=UNVERIFIED)
    assert "shard 0 has not finished" in program.err
    assert "waiting: shard 0 has a transaction open" in program.err
    program = operator.about("retry", *where, expect=FATAL)
    assert "shard 0 has not finished" in program.err


@pytest.mark.parametrize("command, code", [("verify", UNVERIFIED), ("retry", FATAL)])
def test_a_transaction_that_stays_open_is_a_shard_that_has_not_finished(
    world, operator, command, code
):
    world.add(messages(2_000))
    running = world.start(
        program=FAULTY_WORKER,
        REPROCESS_FAULT_POINT="between_send_offsets_and_commit:3",
        REPROCESS_COMMIT_LINES=300,
        REPROCESS_TRANSACTION_TIMEOUT_MS=120_000,
    )
    assert running.wait() == -9
    program = operator.about(command, "--kafka", world.broker.bootstrap, "--topic", world.topic,
                             REPROCESS_TRANSACTION_TIMEOUT_MS=1_000, expect=code)  # fmt: skip
    assert "shard 0 has not finished: a transaction of it is still open" in program.err


def test_end_offsets_are_stored_once_the_database_is_back(bare_world, own_cluster):
    world = bare_world
    world.broker.create_topic(world.topic)
    world.database = own_cluster.create()
    world.add(messages(50))
    world.run()
    # As if the worker had died before it could store them.
    world.database.run("UPDATE reprocessing_shards SET end_offsets = NULL")
    world.run()
    (row,) = world.database.rows("SELECT * FROM reprocessing_shards")
    assert sum(map(int, row["end_offsets"].split(","))) > 50
