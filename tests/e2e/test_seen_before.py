"""Files that were sent before: told by what they hold, wherever they lie; and files that grew."""

import gzip
import os

import pytest

from harness.command import COMMAND, QUICK, Operator, answered, events_of, json_of
from harness.corpus import Line, layout, message, messages
from harness.programs import COMPLETED, FATAL, STOPPED, UNSENT_LINES
from harness.waits import wait_until


@pytest.fixture
def operator(world):
    return Operator(world)


def kafka(world, job, topic=None):
    return ["--kafka", world.broker.bootstrap, "--topic", topic or world.topic, "--database",
            world.database.url, "--job", job, "--shards", 2]  # fmt: skip


def run(world, operator, *arguments, job=None, path=None, topic=None, **options):
    to = kafka(world, job or world.job_id, topic)
    return operator.call("run", path or world.input, *to, *arguments, **options)


def grow(file, lines):
    """More lines at the end of a plain file."""
    file.lines += lines
    file.content = layout(file.lines)
    file.path.write_bytes(file.content)


def copied(world, file, compress=True):
    folder = world.directory / "copies"
    folder.mkdir(exist_ok=True)
    copy = folder / file.path.name
    copy.write_bytes(gzip.compress(file.content) if compress else file.content)
    return folder


def test_files_that_a_job_has_replayed_need_again(world, operator):
    world.add(messages(30))
    run(world, operator)
    program = run(world, operator, job="second", expect=FATAL)
    assert f"already replayed into topic {world.topic}, by job {world.job_id}" in program.err
    assert "--again" in program.err and "--new-only" in program.err
    assert not world.database.rows("SELECT 1 FROM reprocessing_jobs WHERE id = 'second'")
    world.check_delivered()
    program = run(world, operator, "--again", job="second")
    assert "warning: 1 of 1 files was already replayed" in program.err
    assert len(world.records()) == 60


@pytest.mark.parametrize(("answer", "code", "records"), [("y", FATAL, 30), ("yes", COMPLETED, 60)])
def test_on_a_terminal_run_asks_and_takes_a_yes_alone(world, operator, answer, code, records):
    world.add(messages(30))
    run(world, operator)
    ours, theirs = os.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = world.programs.start(
        [COMMAND, "run", world.input, *kafka(world, "second")], QUICK, stdin=theirs
    )
    program.expect(code)
    for end in (ours, theirs):
        os.close(end)
    asked = program.err.index("Type yes to go on: ")
    assert program.err.index("already replayed into topic") < asked
    assert len(world.records()) == records


def test_dry_runs_and_files_are_no_replay(world, operator):
    world.add(messages(30))
    operator.call("run", world.input, "--dry-run", "--database", world.database.url, "--job", "dry")
    operator.call("run", world.input, "--out", operator.out, "--database", world.database.url)
    run(world, operator)
    world.check_delivered()


def test_a_worker_warns_and_goes_on(world, operator):
    world.add(messages(30))
    run(world, operator)
    world.job_id = "second"
    program = world.run()
    assert "already replayed into Kafka" in program.err + program.out


def test_a_copy_elsewhere_is_known_by_what_it_holds(world, operator):
    file = world.add(messages(30))
    run(world, operator)
    program = run(world, operator, job="second", path=copied(world, file), expect=FATAL)
    assert f"already replayed into topic {world.topic}, by job {world.job_id}" in program.err
    assert f"there {file.path}" in program.err
    program = run(world, operator, "--new-only", job="second", path=world.directory / "copies",
                  expect=FATAL)  # fmt: skip
    assert "nothing is new" in program.err
    world.check_delivered()


def test_a_file_of_the_same_name_and_other_lines_is_another_one(world, operator):
    file = world.add(messages(30))
    run(world, operator)
    file.content = file.content.replace(b"browser", b"brewser", 1)
    run(world, operator, job="second", path=copied(world, file))
    assert len(world.records()) == 60


def test_what_is_new_of_a_file_that_grew_is_sent_alone_as_often_as_it_grows(world, operator):
    file = world.add(messages(30))
    world.add(messages(10, first=200), codec="gzip")
    run(world, operator)
    for job, first in (("second", 30), ("third", 50)):
        grow(file, messages(20, first=first))
        program = run(world, operator, job=job, expect=FATAL)
        assert "has grown" in program.err and "--new-only" in program.err
        program = run(world, operator, "--new-only", "--json", job=job)
        assert events_of(program)[-1]["sent"] == 20
        world.check_delivered()
        verified = operator.call("verify", job, "--json", "--database", world.database.url)
        assert json_of(verified)["verdict"] == "all_there"
    program = run(world, operator, job="fourth", expect=FATAL)
    assert "2 of 2 files were already replayed" in program.err


def test_a_last_line_that_was_cut_is_sent_when_it_is_whole(world, operator):
    whole = message(30)
    file = world.add([*messages(30), Line(whole[:100], "invalid_json", end=b"")])
    run(world, operator, expect=UNSENT_LINES)
    file.lines.pop()
    grow(file, [Line(whole), *messages(3, first=31)])
    run(world, operator, "--new-only", job="second")
    world.check_delivered()


def test_a_copy_that_grew_goes_on_under_the_keys_of_the_first_path(world, operator):
    file = world.add(messages(30))
    run(world, operator)
    file.lines += messages(5, first=30)
    file.content = layout(file.lines)
    run(world, operator, "--new-only", job="second", path=copied(world, file))
    world.check_delivered()


def test_another_topic_is_named_and_no_obstacle(world, operator):
    world.add(messages(30))
    elsewhere = world.topic + "-elsewhere"
    run(world, operator, job="second", topic=elsewhere, REPROCESS_CREATE_TOPIC="true")
    program = run(world, operator)
    assert f"replayed into another topic, {elsewhere}, by job second" in program.err
    world.check_delivered()


def test_a_replay_into_another_topic_does_not_hide_the_one_into_this(world, operator):
    world.add(messages(30))
    elsewhere = world.topic + "-elsewhere"
    run(world, operator, job="a-rehearsal", topic=elsewhere, REPROCESS_CREATE_TOPIC="true")
    run(world, operator)
    program = run(world, operator, job="third", expect=FATAL)
    assert f"already replayed into topic {world.topic}, by job {world.job_id}" in program.err
    program = run(world, operator, "--new-only", job="third", expect=FATAL)
    assert "nothing is new" in program.err
    world.check_delivered()


def stopped_within(world, operator, file):
    """A job that sends the file, and is stopped in its middle."""
    # At this rate it is at work for 30 s if nobody stops it, however fast the machine.
    running = operator.start("run", world.input, *kafka(world, world.job_id),
                             "--max-messages-per-second", 100)  # fmt: skip
    wait_until(lambda: (world.checkpoint() or {}).get("s.lines", 0) > 0, "it sends")
    running.process.terminate()
    running.expect(STOPPED)
    assert 0 < len(world.records()) < len(file.lines)


def test_what_is_new_is_not_guessed_of_a_file_that_a_job_has_not_finished(world, operator):
    file = world.add(messages(3_000))
    stopped_within(world, operator, file)
    sent = len(world.records())
    for path in (world.input, copied(world, file)):
        program = run(world, operator, "--new-only", job="second", path=path, expect=FATAL)
        assert f"1 of 1 files was begun into topic {world.topic} and not finished" in program.err
        assert f"`reprocess run --job {world.job_id}`" in program.err and "--only-missing" in program.err
        program = run(world, operator, job="second", path=path, expect=FATAL)
        assert "not finished" in program.err and "--again" in program.err
    assert len(world.records()) == sent
    operator.call("run", "--job", world.job_id, "--database", world.database.url)
    program = run(world, operator, "--new-only", job="second", expect=FATAL)
    assert "nothing is new" in program.err
    world.check_delivered()


def test_of_a_cancelled_job_the_rest_is_what_the_topic_lacks(world, operator):
    file = world.add(messages(3_000))
    stopped_within(world, operator, file)
    operator.call("cancel", world.job_id, "--yes", "--database", world.database.url)
    program = run(world, operator, "--new-only", job="second", expect=FATAL)
    assert "--only-missing" in program.err
    run(world, operator, "--only-missing", "--outside", "send", job="second")
    values = [record.value for record in world.records()]
    assert len(values) == len(set(values)) == len(file.lines)


def test_without_a_hash_it_is_a_warning(world, operator):
    file = world.add(messages(30))
    run(world, operator)
    world.database.run("UPDATE reprocessing_files SET prefix_hash = NULL")
    program = run(world, operator, job="second", path=copied(world, file))
    assert "perhaps replayed already: no hash was kept" in program.err
    assert len(world.records()) == 60


def test_new_files_are_not_given_to_an_old_job(world, operator):
    world.add(messages(30))
    run(world, operator)
    late = world.add(messages(5, first=100), "later.ndjson")
    program = run(world, operator, expect=FATAL)
    assert "1 of 2 files is not in its plan" in program.err and str(late.path) in program.err
    run(world, operator, "--new-only", job="second")
    world.check_delivered()


def test_a_file_that_was_written_to_after_it_was_read_is_a_warning(world, operator):
    file = world.add(messages(30))
    run(world, operator)
    more = messages(2, first=30)
    grow(file, more)
    program = operator.call("run", "--job", world.job_id, "--database", world.database.url)
    grown = sum(len(line.text) + 1 for line in more)
    assert f"{file.path} was written to after it was read: it has {grown} bytes more" in program.err


def test_on_a_terminal_it_is_asked_about_once_with_the_plan(world, operator):
    world.add(messages(20))
    run(world, operator)
    arguments = ["run", world.input, *kafka(world, "")[:-4], "--connection", "c"]
    shown, code = answered(arguments, world.directory, "yes\n")
    assert code == COMPLETED and shown.count("Type yes") == 1, shown
    assert f"already replayed into topic {world.topic}" in " ".join(shown.split()), shown
    assert len(world.records()) == 40


def test_files_that_another_job_sends_are_not_sent_even_with_again(world, operator):
    # At this rate the first is at work for 30 s if nobody stops it, however fast the machine.
    world.add(messages(3_000))
    first = operator.start("run", world.input, *kafka(world, world.job_id),
                           "--max-messages-per-second", 100)  # fmt: skip
    wait_until(lambda: (world.checkpoint() or {}).get("s.lines", 0) > 0, "it sends")
    program = run(world, operator, "--again", job="second", expect=FATAL)
    assert f"job {world.job_id} sends 1 of its files, or is about to" in program.err
    second = world.database.row("SELECT status FROM reprocessing_jobs WHERE id = 'second'")
    assert second["status"] == "pending"
    first.kill()
    operator.call("cancel", world.job_id, "--yes", "--database", world.database.url)
    operator.call("run", "--job", "second", "--again", "--kafka", world.broker.bootstrap, "--database",
                  world.database.url)  # fmt: skip
