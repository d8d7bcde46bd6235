"""`--only-connection`: one warehouse was down, and it alone gets its events again."""

import pytest

from harness.books import check_books
from harness.command import Operator, events_of, json_of
from harness.corpus import Line, message, messages
from harness.programs import FAILED_FILES, FATAL, UNSENT_LINES
from harness.repository import serve, stream

BEFORE = [stream("s1", "c1", "c2"), stream("s2", "c3", "c2", "c1"), stream("s3", "c3")]
LATER = [stream("s1", "c1"), stream("s3", "c2", "c3"), stream("s4", "c2")]
PLANNED = {"only_connections": ["c2"], "stream_connections": {"s1": ["c2"], "s2": ["c2"]}}


@pytest.fixture
def operator(world):
    return Operator(world)


def of_three_connections(count, first=0):
    """Lines of each stream in turn, and of none, for whoever is told c2 alone."""
    lines = []
    for n in range(first, first + count):
        id = ("s1", "s2", "s3", "s4")[n % 4]
        left = {"connections": "c2"} if id in ("s1", "s2") else {"fate": "connection"}
        lines.append(Line(message(n, stream=id), **left))
    lines[7:7] = [Line(b'{"of":"another service"}', "connection"), Line(b"{bad", "invalid_json"),
                  Line(b"", "blank"), Line(message(first, slug="s2"), connections="c2"),
                  Line(message(first, origin={}), "connection")]  # fmt: skip
    return lines


def kafka(world, job):
    return ["--kafka", world.broker.bootstrap, "--topic", world.topic, "--database",
            world.database.url, "--job", job]  # fmt: skip


def verdict_of(world, operator, job, **variables):
    done = operator.call("verify", job, "--json", "--database", world.database.url, **variables)
    return json_of(done)["verdict"]


def test_a_job_sends_to_what_was_left_when_it_was_planned_whatever_the_repository_says_later(
    world, operator
):
    world.add(of_three_connections(200))
    cut = world.add(of_three_connections(400, first=1_000), codec="gzip", members=8)
    whole = cut.path.read_bytes()
    cut.path.write_bytes(whole[: len(whole) * 2 // 3])
    with serve(BEFORE) as variables:
        operator.call("plan", world.input, "--only-connection", "c2", *kafka(world, world.job_id),
                      **variables)  # fmt: skip
    with serve(LATER) as variables:
        go_on = ["run", "--job", world.job_id, "--database", world.database.url, "--yes"]
        operator.call(*go_on, expect=FAILED_FILES, **variables)
        sent = len(world.records())
        assert 100 < sent < 302 and {record.header for record in world.records()} == {"c2"}
        cut.path.write_bytes(whole)
        program = operator.call("retry", world.job_id, "--repaired", "--job", "second", "--json",
                                "--database", world.database.url, **variables)  # fmt: skip
        assert events_of(program)[-1]["sent"] == 302 - sent
        world.check_delivered()
        assert verdict_of(world, operator, "second", **variables) == "all_there"
    row = world.database.row("SELECT skipped_by_reason FROM reprocessing_files "
                             "WHERE job_id = %s AND list_position = 0", world.job_id)  # fmt: skip
    assert '"connection"' in row["skipped_by_reason"]
    config = world.database.row("SELECT config FROM reprocessing_jobs WHERE id = 'second'")["config"]
    assert {key: config[key] for key in PLANNED} == PLANNED


def test_a_run_of_all_then_one_for_a_single_connection_doubles_nothing_for_the_others(world, operator):
    lines = messages(50, stream="s1", connections="c1,c2")
    world.add(lines)
    with serve(BEFORE) as variables:
        operator.call("run", world.input, "--yes", *kafka(world, world.job_id), **variables)
        operator.call("run", world.input, "--yes", "--again", "--only-connection", "c2",
                      *kafka(world, "again"), **variables)  # fmt: skip
        for job in (world.job_id, "again"):
            assert verdict_of(world, operator, job) == "all_there"
    sent = [(record.header, record.value) for record in world.records()]
    assert sorted(sent) == sorted((to, line.text) for line in lines for to in ("c1,c2", "c2"))


def test_a_worker_that_is_killed_goes_on_with_the_connections_that_were_planned(world):
    """Without asking a repository: there is none where it is told to look."""
    for n, codec in enumerate(("gzip", "zstd", "plain")):
        world.add(of_three_connections(1_000, first=10_000 * n), codec=codec)
    world.requires = ["only_connections"]
    settings = {"REPROCESS_COMMIT_LINES": 200, "REPOSITORY_URL": "http://127.0.0.1:1/gone"}
    world.config = {**PLANNED, "max_messages_per_second": 100}
    running = world.start(**settings)
    assert world.wait_committed(300)["s.lines"] < 3_015
    assert running.kill(), "it died inside the run"
    world.config = PLANNED
    world.run(**settings)
    world.check_delivered()
    check_books(world)
    assert world.checkpoint()["s.reasons"]["connection"] == 1_506
    world.config = {**PLANNED, "stream_connections": {"s1": ["c2"]}}
    assert "stream_connections" in world.run(expect=FATAL, **settings).err


def test_a_worker_refuses_what_it_does_not_know_by_name(world):
    world.add(messages(3))
    world.requires = ["only_connections", "of_2031"]
    refused = world.run(expect=FATAL)
    assert 'files.json: requires: "of_2031": expected only what this worker knows' in refused.err
    world.requires, world.config = [], {"only_connections": ["c2"]}
    refused = world.run(expect=FATAL)
    assert "stream_connections: missing" in refused.err
    assert world.records() == []


def test_a_connection_that_the_repository_lacks_is_refused_and_so_is_a_look_up_without_one(
    world, operator
):
    world.add(of_three_connections(20))
    for command in ("run", "plan", "inspect"):
        asked = [command, world.input]
        asked += [] if command == "inspect" else kafka(world, world.job_id)
        with serve([stream("s1", "conn-a")]) as variables:
            done = operator.call(*asked, "--only-connection", "con-a", expect=FATAL, **variables)
            assert "did you mean conn-a?" in done.err
        done = operator.call(*asked, "--only-connection", "conn-a", expect=FATAL)
        assert "give --repository-url URL, or set REPOSITORY_URL" in done.err
    assert world.records() == []


def test_inspect_foresees_what_is_sent_and_what_is_not(world, operator):
    world.add(of_three_connections(400))
    with serve(BEFORE) as variables:
        report = json_of(operator.call("inspect", world.input, "--only-connection", "c2", "--json",
                                       expect=UNSENT_LINES, **variables))  # fmt: skip
        done = operator.call("run", world.input, "--yes", "--only-connection", "c2", "--json",
                             *kafka(world, world.job_id), expect=UNSENT_LINES, **variables)  # fmt: skip
    ran = events_of(done)[-1]
    for told in (report["totals"], ran):
        assert told["skipped_by_reason"] == {"blank": 1, "connection": 202}
        assert told["errors"] == 1
    assert ran["sent"] == 201 and ran["balanced"]
    operator.about("verify")
