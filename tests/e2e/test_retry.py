"""`reprocess retry`: what a job could not send is sent by another one; and files that were sent."""

import gzip
import shlex

import pytest

from harness.command import Operator, events_of, json_of
from harness.corpus import Line, message, messages
from harness.programs import COMPLETED, FAILED_FILES, FATAL, UNSENT_LINES
from harness.repository import serve, stream
from harness.waits import wait_until


@pytest.fixture
def operator(world):
    return Operator(world)


def kafka(world, job):
    return ["--kafka", world.broker.bootstrap, "--topic", world.topic, "--database",
            world.database.url, "--job", job, "--shards", 2]  # fmt: skip


def run(world, operator, *arguments, **options):
    job = options.pop("job", world.job_id)
    return operator.call("run", world.input, *kafka(world, job), *arguments, **options)


def retry(world, operator, job, *arguments, of=None, **options):
    return operator.call("retry", of or world.job_id, "--database", world.database.url, "--job",
                         job, *arguments, **options)  # fmt: skip


def of_two_streams(first=0):
    lines = []
    for n in range(first, first + 60):
        gone = n % 3 == 0
        id = "late" if gone else "known"
        lines.append(Line(message(n, stream=id), connections="c2" if gone else "c1"))
    lines[10:10] = [Line(b"{bad", "invalid_json")]
    return lines


def test_failed_lines_are_sent_once_the_repository_knows_their_stream(world, operator):
    world.add(of_two_streams())
    world.add(of_two_streams(100), codec="gzip", members=3)
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, expect=UNSENT_LINES, **variables)
    assert len(world.records()) == 80
    with serve([stream("known", "c1"), stream("late", "c2")]) as variables:
        program = retry(world, operator, "second", "--json", "--reason", "unknown_stream", **variables)
    report = events_of(program)[-1]
    assert (report["lines"], report["sent"], report["errors"]) == (40, 40, 0)
    world.check_delivered()  # every line once over both jobs, under the same keys
    config = world.database.row("SELECT config FROM reprocessing_jobs WHERE id = 'second'")["config"]
    assert config["retry_of"] == world.job_id
    for job in (world.job_id, "second"):
        verified = operator.call("verify", job, "--json", "--database", world.database.url)
        assert json_of(verified)["verdict"] == "all_there"


def test_a_line_that_fails_again_is_retried_from_the_new_job_alone(world, operator):
    world.add(of_two_streams())
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, expect=UNSENT_LINES, **variables)
        again = retry(world, operator, "second", expect=UNSENT_LINES, **variables)
        assert "completed with 21 errors" in again.out and "reprocess retry second" in again.out
    with serve([stream("known", "c1"), stream("late", "c2")]) as variables:
        # Of either: what is left of the job is what failed again in its retry.
        program = retry(world, operator, "third", expect=UNSENT_LINES, **variables)
        assert "job second has taken up all of this" in program.err
        world.check_delivered()
        program = retry(world, operator, "fourth", "--reason", "unknown_stream", expect=FATAL, **variables)
        assert "nothing to retry" in program.err
        program = retry(world, operator, "fifth", of="third", expect=UNSENT_LINES, **variables)
        assert "warning" not in program.err
    world.check_delivered()


def test_lines_that_a_retry_has_taken_up_in_part_are_not_sent_by_another(world, operator):
    world.add(of_two_streams())
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, expect=UNSENT_LINES, **variables)
        retry(world, operator, "second", "--reason", "unknown_stream", expect=UNSENT_LINES, **variables)
        program = retry(world, operator, "third", expect=FATAL, **variables)
        assert "already taken up by job second" in program.err and "--again" in program.err
    assert not world.database.rows("SELECT 1 FROM reprocessing_jobs WHERE id = 'third'")


def test_of_two_retries_that_are_planned_at_once_one_sends(world, operator):
    world.add(of_two_streams())
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, expect=UNSENT_LINES, **variables)
    whole = [stream("known", "c1"), stream("late", "c2")]
    overtakes = [lambda: retry(world, operator, "second", expect=UNSENT_LINES, **variables)]
    with serve(whole, meanwhile=overtakes) as variables:
        program = retry(world, operator, "first", expect=FATAL, **variables)
    assert "another retry of this job was begun meanwhile: second" in program.err
    world.check_delivered()


def test_a_file_whose_row_is_older_than_the_checkpoint_is_not_sent_on_from_there(world, operator):
    _, _, sent, _ = cut_file(world, operator)
    world.database.run("UPDATE reprocessing_files SET place_byte = 0, place_line = 0, lines = 1, bytes = 0, "
                       "sent = 0, sent_bytes = 0, errors = 1, error_bytes = 0 "
                       "WHERE state = 'failed'")  # fmt: skip
    program = retry(world, operator, "second", "--failed-files", expect=FATAL)
    assert "left out: rows of shard 0 were lost" in program.err and "--only-missing" in program.err
    assert len(world.records()) == sent


@pytest.mark.parametrize("command", [["retry"], ["verify"], ["verify", "--counts", "--json"], ["reset", "--yes"]],
                         ids=" ".join)  # fmt: skip
def test_a_command_names_the_brokers_that_it_waits_for(world, operator, command):
    world.add([*messages(3), Line(b"{bad", "invalid_json")])
    run(world, operator, expect=UNSENT_LINES)
    running = operator.start(*command, world.job_id, "--database", world.database.url, "--kafka",
                             "127.0.0.1:1")  # fmt: skip
    wait_until(lambda: "waiting for Kafka at 127.0.0.1:1 (--kafka)" in running.err, "it says so")
    running.expect(FATAL)


def test_error_rows_that_were_lost_are_said(world, operator):
    world.add([*messages(10), Line(b"{bad", "invalid_json"), *messages(10, first=10),
               Line(b"{worse", "invalid_json")])  # fmt: skip
    run(world, operator, expect=UNSENT_LINES)
    world.database.run("DELETE FROM reprocessing_errors WHERE first_line = 22")
    program = retry(world, operator, "second", expect=UNSENT_LINES)
    assert "1 failed lines are left out: their rows were lost" in program.err
    world.database.run(f"DELETE FROM reprocessing_errors WHERE job_id = '{world.job_id}'")
    program = retry(world, operator, "third", expect=FATAL)
    assert "nothing to retry; 2 failed lines are left out: their rows were lost" in program.err


def test_a_job_without_failures_has_nothing_to_retry(world, operator):
    world.add(messages(30))
    run(world, operator)
    program = retry(world, operator, "second", expect=FATAL)
    assert "nothing to retry" in program.err


def test_a_file_that_could_not_be_opened_is_retried_whole(world, operator):
    world.add(messages(30))
    late = world.add(messages(20, first=100), codec="gzip")
    world.mount()
    content = late.path.read_bytes()
    late.path.unlink()
    world.run(mount=False, REPROCESS_FAILED_FILES_EXIT=2, expect=FAILED_FILES)
    late.path.write_bytes(content)
    operator.call("retry", world.job_id, *kafka(world, "second"), "--failed-files")
    world.check_delivered()


def test_approximate_rows_are_left_out_and_said_so(world, operator):
    world.add(of_two_streams())
    with serve([stream("known", "c1")]) as variables:
        run(world, operator, expect=UNSENT_LINES, REPROCESS_MAX_ERROR_ROWS=2, **variables)
        program = retry(world, operator, "second", expect=UNSENT_LINES, **variables)
    assert "19 failed lines are left out: their rows are approximate" in program.err


def cut_file(world, operator, *more, name="cut.ndjson.gz"):
    """A run over a truncated file: (file with all its lines, whole compressed bytes, lines sent)."""
    file = world.add([*messages(200, size=600), Line(b"{bad", "invalid_json"),
                      *messages(200, first=200, size=600)], name, codec="gzip")  # fmt: skip
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[: len(whole) * 3 // 4])
    program = run(world, operator, "--json", *more, expect=FAILED_FILES)
    sent = len(world.records())
    assert 200 < sent < 400
    return file, whole, sent, events_of(program)[-1]


def test_a_truncated_file_that_was_repaired_is_sent_on_from_where_it_broke_off(world, operator):
    file, whole, sent, report = cut_file(world, operator)
    program = retry(world, operator, "early", "--repaired", expect=FATAL)
    assert "still the version that could not be read" in program.err
    file.path.write_bytes(whole)
    step = next(s["command"] for s in report["next"] if "--repaired" in s["command"])
    assert step.startswith(f"reprocess retry {world.job_id} --repaired")
    program = operator.call(*shlex.split(step)[1:], "--job", "second", "--json")
    report = events_of(program)[-1]
    assert (report["sent"], report["errors"]) == (400 - sent, 0)
    world.check_delivered()
    verified = operator.call("verify", "second", "--json", "--database", world.database.url)
    assert json_of(verified)["verdict"] == "all_there"
    program = operator.call("run", "--job", world.job_id, "--database", world.database.url, expect=FATAL)
    assert "its failed files were already taken up by job second" in program.err
    world.check_delivered()


@pytest.mark.parametrize("how", ["below", "moved"])
def test_a_repaired_copy_elsewhere_is_sent_under_the_keys_of_the_first_path(world, operator, how):
    file, whole, _, _ = cut_file(world, operator)
    copies = world.directory / "restored" / "a=b"
    copies.mkdir(parents=True)
    if how == "below":
        (copies / "cut.ndjson").write_bytes(gzip.decompress(whole))
        where = ["--repaired", copies.parent]
    else:
        (copies / "other").write_bytes(whole)
        where = ["--moved", f"{file.path}={copies / 'other'}"]
    retry(world, operator, "second", *where)
    world.check_delivered()
    row = world.database.row("SELECT path, key_path FROM reprocessing_files WHERE job_id = 'second'")
    assert row["key_path"] == str(file.path) and row["path"].startswith(str(copies))
    verified = operator.call("verify", "second", "--json", "--database", world.database.url)
    assert json_of(verified)["verdict"] == "all_there"


def test_a_repaired_file_that_begins_otherwise_is_left_out(world, operator):
    file, whole, sent, _ = cut_file(world, operator)
    content = gzip.decompress(whole).replace(b'"n":17,', b'"n":71,')
    file.path.write_bytes(gzip.compress(content))
    program = retry(world, operator, "second", "--repaired", expect=FATAL)
    assert "differ from those that were read before" in program.err and str(file.path) in program.err
    file.path.write_bytes(gzip.compress(content[:9_000]))
    program = retry(world, operator, "second", "--repaired", expect=FATAL)
    assert "has 9,000 bytes, fewer than" in program.err
    assert len(world.records()) == sent


def test_a_repaired_file_that_an_earlier_build_read_is_left_out(world, operator):
    file, whole, sent, _ = cut_file(world, operator)
    world.database.run("UPDATE reprocessing_files SET prefix_hash = NULL")
    file.path.write_bytes(whole)
    program = retry(world, operator, "second", "--repaired", expect=FATAL)
    assert "kept no hash" in program.err and "earlier version" in program.err
    assert len(world.records()) == sent


def test_a_file_that_could_not_be_opened_may_be_repaired_elsewhere(world, operator):
    world.add(messages(30))
    late = world.add(messages(20, first=100), "late.ndjson")
    content = late.path.read_bytes()
    late.path.write_bytes(b"\x1f\x8bnothing")
    run(world, operator, expect=FAILED_FILES)
    (world.directory / "late.ndjson").write_bytes(content)
    retry(world, operator, "second", "--repaired", "--moved",
          f"{late.path}={world.directory / 'late.ndjson'}")  # fmt: skip
    world.check_delivered()
