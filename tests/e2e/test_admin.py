"""Beside the admin service in one database: it reads our rows, and we go on with its jobs."""

import pytest

from harness import admin
from harness.command import COMMAND, QUICK, Operator
from harness.corpus import Line, messages
from harness.programs import COMPLETED, FAILED_FILES, FATAL, UNSENT_LINES

# As somebody writes it by hand: what the admin's struct refuses, and keys that it does not know.
BY_HAND = {
    "limit": 1000.0, "batch_size": 1e2, "retry_attempts": 1, "date_from": "", "date_to": None,
    "stream_ids": [], "connection_ids": ["c"], "start_file": "", "s3_path": "", "delivery": "auto",
    "comment": "by hand",
}  # fmt: skip


@pytest.fixture
def operator(world):
    return Operator(world)


def kafka(world, job):
    return ["--kafka", world.broker.bootstrap, "--topic", world.topic, "--database",
            world.database.url, "--job", job]  # fmt: skip


def test_the_admin_service_reads_every_kind_of_row_that_we_make(world, operator):
    world.add(messages(20, connections="c"))
    world.add([*messages(10, first=100, connections="c"), Line(b"bad", "invalid_json")])
    world.config = BY_HAND
    for index in range(2):
        world.run(index, 2, JOB_ID="by-worker")
    world.config = {"dry_run": True, **BY_HAND}
    world.run(JOB_ID="by-dry-worker")
    books = ["--database", world.database.url]
    for arguments in (
        ["run", world.input, *kafka(world, "planned"), "--again", "--connection", "c", "--limit", 25,
         "--from", "2026-05-01T00:00:00Z"],
        ["run", world.input, "--out", operator.out, *books, "--job", "to-files"],
        ["run", world.input, "--dry-run", *books, "--job", "dry"],
        ["retry", "by-worker", *kafka(world, "retried")],
    ):  # fmt: skip
        assert operator.start(*arguments).wait() in (COMPLETED, UNSENT_LINES)
    world.files[0].path.unlink()
    world.run(JOB_ID="failed", REPROCESS_FAILED_FILES_EXIT=2, expect=FAILED_FILES)

    listed = {job["id"]: job for job in admin.jobs(world.database)}
    assert listed.keys() >= {"by-worker", "by-dry-worker", "planned", "to-files", "dry", "retried",
                              "failed"}  # fmt: skip
    assert listed["by-worker"]["config"]["limit"] == 1000
    assert listed["by-worker"]["config"]["comment"] == "by hand"
    assert listed["by-worker"]["progress"] == 1
    for job in listed:
        assert admin.workers(world.database, job), job
    world.database.run(*admin.MAKE_TABLES.split(";\n"))  # as it starts beside us
    indexes = world.database.rows(
        """SELECT tablename, count(*) AS number FROM pg_indexes
            WHERE tablename IN ('reprocessing_jobs', 'reprocessing_workers')
            AND indexname <> 'reprocessing_jobs_retry_of_idx' GROUP BY tablename"""
    )
    assert {row["tablename"]: row["number"] for row in indexes} == {
        "reprocessing_jobs": 2, "reprocessing_workers": 3}  # fmt: skip


@pytest.mark.parametrize("made_by", ["the admin service", "a worker"])
def test_with_a_start_file_progress_reaches_one(world, made_by):
    for n in range(5):
        world.add(messages(10, first=10 * n))
    world.config = {"start_file": world.files[2].listed["path"]}
    if made_by == "the admin service":
        world.database.run(*admin.MAKE_TABLES.split(";\n"))
        admin.start_job(world.database, world.job_id, world.config, 5, 2)
    for index in range(2):
        world.run(index, 2)
    world.check_delivered(world.files[2:])
    job = next(job for job in admin.jobs(world.database) if job["id"] == world.job_id)
    assert (job["processed_files"], job["total_files"], job["progress"]) == (3, 3, 1)


def test_run_says_what_goes_on_with_a_job_that_the_admin_service_made(world, operator):
    world.add(messages(10))
    world.database.run(*admin.MAKE_TABLES.split(";\n"))
    admin.start_job(world.database, world.job_id, {}, 1, 1)
    for paths in ([], [world.input]):
        told = operator.call("run", *paths, *kafka(world, world.job_id), expect=FATAL)
        assert "was not planned by `reprocess run`" in told.err
        assert f"JOB_ID={world.job_id}" in told.err
    world.run()
    world.check_delivered()


def test_asking_about_a_database_without_tables_makes_none(world):
    for command in ("status", "errors", "verify"):
        job = [] if command == "status" else [world.job_id]
        arguments = [COMMAND, command, *job, "--database", world.database.url]
        program = world.programs.start(arguments, QUICK)
        program.wait()
    assert not world.database.has_table("reprocessing_jobs")
