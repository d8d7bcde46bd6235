"""A first part of a job, then the rest: limits that are raised and taken away."""

import shlex

import pytest

from harness.command import Operator, events_of, json_of
from harness.corpus import messages
from harness.programs import COMPLETED, FATAL, STOPPED
from harness.waits import wait_until


@pytest.fixture
def operator(world):
    return Operator(world)


def run(world, operator, *arguments, **options):
    job = ["--job", world.job_id, "--database", world.database.url]
    return events_of(operator.call("run", *arguments, *job, "--json", **options))[-1]


def first_part(world, operator, limit, shards=2):
    for n in range(4):
        world.add(messages(50, first=100 * n), codec=["plain", "gzip"][n % 2])
    to = ["--kafka", world.broker.bootstrap, "--topic", world.topic, "--shards", shards]
    return run(world, operator, world.input, *to, "--limit", limit)


def test_a_first_part_then_more_then_the_rest(world, operator):
    report = first_part(world, operator, 60)
    assert (report["sent"], len(world.records())) == (60, 60)
    report = run(world, operator, "--limit", "+50")
    assert (report["sent"], len(world.records())) == (110, 110)
    step = next(s["command"] for s in report["next"] if "--no-limit" in s["command"])
    operator.call(*shlex.split(step)[1:])
    world.check_delivered()
    rows = world.database.rows("SELECT state FROM reprocessing_files WHERE job_id = %s", world.job_id)
    assert [row["state"] for row in rows] == ["done"] * 4
    shards = world.database.rows("SELECT status, processed_files FROM reprocessing_workers")
    assert [(row["status"], row["processed_files"]) for row in shards] == [("completed", 2)] * 2
    assert world.job()["status"] == "completed"
    verified = operator.about("verify", "--json")
    assert json_of(verified)["verdict"] == "all_there"


def test_a_limit_that_was_raised_says_so_in_the_plan_and_stays(world, operator):
    first_part(world, operator, 60)
    run(world, operator, "--limit", "+40")
    assert run(world, operator)["sent"] == 100  # the plan knows
    assert run(world, operator, "--limit", 100)["sent"] == 100
    assert len(world.records()) == 100


def test_a_job_whose_limit_was_raised_runs_until_the_rest_is_sent(world, operator):
    first_part(world, operator, 60)
    first = world.job()["completed_at"]
    job = ["--job", world.job_id, "--database", world.database.url]
    operator.about("set", "max_messages_per_second=5")  # the rest takes 28 s if nobody stops it
    rest = operator.start("run", *job, "--no-limit")

    def state():
        return json_of(operator.about("status", "--json"))["state"]

    wait_until(lambda: state() == "running", "it goes on", 30)
    told = world.job()
    assert (told["status"], told["completed_at"]) == ("running", None)
    to = ["--kafka", world.broker.bootstrap, "--topic", world.topic, "--database", world.database.url]
    second = operator.call("run", world.input, *to, "--job", "second", "--again", expect=FATAL)
    assert f"job {world.job_id} sends 4 of its files" in second.err
    operator.about("pause")
    rest.kill()
    assert world.job()["status"] == "running"
    operator.about("resume")
    operator.about("set", "max_messages_per_second=0")
    operator.call("run", *job)
    world.check_delivered()
    ended = world.job()
    assert ended["status"] == "completed" and ended["completed_at"] > first


def test_a_job_whose_limit_was_raised_and_that_is_cancelled_is_so(world, operator):
    first_part(world, operator, 60)
    operator.about("set", "max_messages_per_second=5")
    rest = operator.start("run", "--job", world.job_id, "--database", world.database.url, "--no-limit")
    wait_until(lambda: world.job()["status"] == "running", "it goes on", 30)
    operator.about("cancel", "--yes")
    rest.expect(STOPPED)
    assert world.job()["status"] == "cancelled"
    operator.about("status", "--exit-status", expect=FATAL)


def test_what_cannot_be_raised_is_refused(world, operator):
    first_part(world, operator, 60)
    about = ["--job", world.job_id, "--database", world.database.url]
    for arguments, why in {
        ("--limit", "80"): "--limit +N",
        ("--limit", "+0"): "--limit",
        ("--limit", "+5", "--no-limit"): "cannot be combined",
    }.items():
        assert why in operator.call("run", *about, *arguments, expect=FATAL).err
    assert "name the job" in operator.call("run", world.input, "--no-limit", expect=FATAL).err
    operator.call("run", *about, "--no-limit", expect=COMPLETED)
    assert "has none" in operator.call("run", *about, "--no-limit", expect=FATAL).err
    world.check_delivered()
