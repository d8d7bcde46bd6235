"""What existing deployments rely on: environment, mounts, selection, filters, look-up, rows."""

import json

import pytest

from harness.books import check_books
from harness.corpus import Line, message, messages
from harness.databases import ADMIN_SCHEMA
from harness.programs import COMPLETED, FATAL
from harness.repository import serve, stream


def test_the_local_example_runs_with_three_changes(bare_world):
    """A local path, REPROCESS_CONFIG_DIR and a topic made; nothing else is set or prepared."""
    world = bare_world
    world.topic = "bulker-destinations"
    file = world.add(messages(50))
    file.listed = {"path": str(file.path), "size": 1024}
    world.config = {"batch_size": 100}
    world.mount()
    program = world.programs.start(
        ["reprocessing-worker"],
        {
            "JOB_ID": world.job_id,
            "WORKER_INDEX": "0",
            "DATABASE_URL": world.database.url,
            "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
            "REPROCESS_CONFIG_DIR": str(world.config_dir),
            "REPROCESS_CREATE_TOPIC": "true",
        },
    ).expect(COMPLETED)
    world.check_delivered()
    check_books(world)
    assert "bulker-destinations" in program.err, "the default topic is named in a warning"
    job, worker = world.job(), world.worker()
    assert (job["status"], job["total_workers"], job["total_files"]) == ("completed", 1, 1)
    assert job["config"]["batch_size"] == 100
    assert job["started_at"] and job["completed_at"] and job["error"] is None
    assert worker["status"] == "completed" and worker["completed_at"] and not worker["error"]
    assert (worker["assigned_files"], worker["processed_files"]) == (1, 1)
    assert worker["processed_bytes"] == 1024, "the sum of the listed sizes"


def test_a_missing_topic_ends_the_worker_and_names_likely_ones(bare_world):
    world = bare_world
    world.broker.create_topic(f"destination-messages-{world.job_id}", 1)
    world.topic = f"destination-message-{world.job_id}"
    world.add(messages(3))
    program = world.run(expect=FATAL)
    assert world.topic in program.err and f"destination-messages-{world.job_id}" in program.err
    assert "REPROCESS_CREATE_TOPIC" in program.err, "the remedy is named"
    assert world.worker()["status"] == "failed" and world.topic in world.worker()["error"]


def test_worker_index_falls_back_to_the_completion_index_of_kubernetes(world):
    kept = [world.add(messages(5, first=10 * n)) for n in range(4)][1::2]
    program = world.start(total=2, WORKER_INDEX=None, JOB_COMPLETION_INDEX="1")
    program.expect(COMPLETED)
    world.check_delivered(kept)


@pytest.mark.parametrize(
    "missing", ["JOB_ID", "WORKER_INDEX", "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"]
)
def test_a_required_variable_that_is_missing_is_named(bare_world, missing):
    bare_world.add(messages(1))
    assert missing in bare_world.run(expect=FATAL, **{missing: None}).err


def test_worker_index_must_be_below_total_workers(bare_world):
    bare_world.add(messages(1))
    assert "WORKER_INDEX" in bare_world.run(index=2, total=2, expect=FATAL).err


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzipped"])
def test_three_workers_take_the_files_at_their_list_positions(world, gzipped):
    files = [world.add(messages(20, first=100 * n)) for n in range(7)]
    world.mount(gzipped=gzipped)
    sent = set()
    for index in range(3):
        world.run(index, 3, mount=False)
        sent |= world.expected(files[index::3]).keys()
        assert {record.key for record in world.records()} == sent
        assert world.worker(index)["assigned_files"] == len(files[index::3])
    world.check_delivered()
    check_books(world, workers=3)
    assert world.job()["status"] == "completed"


def test_stream_ids_keep_messages_by_source_id_or_slug(world):
    world.config.update(stream_ids=["src-a", "slug-b"], connection_ids=["c"])
    world.add(
        [
            Line(message(1, stream="src-a", slug="x"), connections="c"),
            Line(message(2, stream="x", slug="slug-b"), connections="c"),
            Line(message(3, stream="x", slug="src-a"), connections="c"),
            Line(message(4, stream="other", slug="other"), "stream"),
            Line(message(5, origin=...), "stream"),
            Line(message(6, stream="src-a2", slug="SLUG-B"), "stream"),
        ]
    )
    world.run()
    world.check_delivered()
    check_books(world)


def test_dates_keep_both_bounds_and_every_message_without_a_readable_one(world):
    world.config.update(date_from="2026-05-01T10:00:00Z", date_to="2026-05-01T12:00:00+01:00")
    rows = [
        ("2026-05-01T09:59:59.999999999Z", "date"),
        ("2026-05-01T10:00:00Z", "send"),
        ("2026-05-01T11:00:00.000Z", "send"),
        ("2026-05-01T11:00:00.000000001Z", "date"),
        ("2026-05-01T13:00:00+02:00", "send"),
        ("2026-05-01T05:00:00-06:00", "send"),
        ("2026-05-01T13:00:01+02:00", "date"),
        ("", "send"),
        ("yesterday", "send"),
        ("2026-13-01T00:00:00Z", "send"),
        (None, "send"),
        (1746093600, "send"),
        (..., "send"),
    ]
    world.add([Line(message(n, created=created), fate) for n, (created, fate) in enumerate(rows)])
    world.run()
    world.check_delivered()
    check_books(world)


@pytest.mark.parametrize("absent", ["", None, "0001-01-01T00:00:00Z"])
def test_an_absent_bound_is_none(world, absent):
    world.config.update(date_from=absent, date_to=absent, stream_ids=[], limit=0, start_file=None)
    world.add(messages(5))
    world.run()
    world.check_delivered()


def test_configured_connection_ids_are_the_header_and_no_look_up_is_made(world):
    world.config["connection_ids"] = ["conn-1", "conn-2"]
    world.add(messages(5, connections="conn-1,conn-2"))
    world.run(REPOSITORY_URL=None)
    world.check_delivered()


def test_the_repository_gives_each_message_the_connections_of_its_stream(world):
    half = [{"id": "", "connectionId": "no", "destinationType": "x", "options": {}},
            {"id": "no", "connectionId": "no", "destinationType": "", "options": None}]  # fmt: skip
    repository = [
        stream("s1", "c1", "c2"),
        stream("s2", "c3", more=half),
        stream("by-slug", "c4"),
        stream("none-count", more=half),
    ]
    world.add(
        [
            Line(message(1, stream="s1"), connections="c1,c2"),
            Line(message(2, stream="s2"), connections="c3"),
            Line(message(3, stream="", slug="by-slug"), connections="c4"),
            Line(message(4, stream="nobody", slug="s1"), "unknown_stream"),
            Line(message(5, stream="none-count"), "no_destination"),
            Line(message(6, stream="", slug="")),
            Line(message(7, origin=...)),
        ]
    )
    with serve(repository) as variables:
        world.run(**variables)
    world.check_delivered()
    check_books(world)


def test_a_filtered_message_of_an_unknown_stream_is_skipped_and_no_error(world):
    world.config.update(stream_ids=["s1", "unknown"], date_from="2026-05-01T00:00:00Z")
    world.add(
        [
            Line(message(1, stream="s1"), connections="c1"),
            Line(message(2, stream="filtered away"), "stream"),
            Line(message(3, stream="unknown", created="2026-04-30T00:00:00Z"), "date"),
            Line(message(4, stream="unknown"), "unknown_stream"),
        ]
    )
    with serve([stream("s1", "c1")]) as variables:
        world.run(**variables)
    world.check_delivered()
    check_books(world)


def test_without_a_repository_a_message_that_needs_one_is_an_error_line(world):
    world.add([Line(message(1, stream="s1"), "no_repository"), Line(message(2, origin=...))])
    world.run()
    world.check_delivered()
    check_books(world)


@pytest.mark.parametrize(
    "content, status, told",
    [
        ([], 503, "503"),
        ({"error": "no"}, 200, "array"),
        (b'[{"stream": {"id": "s1"', 200, ""),
        (b"<html>", 200, ""),
    ],
    ids=["503", "object", "cut", "html"],
)
def test_a_repository_that_does_not_answer_rightly_is_fatal(world, content, status, told):
    world.add(messages(3))
    with serve(content, status=status) as variables:
        program = world.run(expect=FATAL, **variables)
    assert told in program.err and "secret-token" not in program.err
    row = world.worker()
    assert row["status"] == "failed" and row["error"] and row["completed_at"]
    assert world.records() == []


def test_a_wrong_repository_token_is_fatal_and_stays_secret(world):
    world.add(messages(3))
    with serve([]) as variables:
        program = world.run(expect=FATAL, **{**variables, "REPOSITORY_AUTH_TOKEN": "hush-hush"})
    assert "401" in program.err and "hush-hush" not in program.err + world.worker()["error"]


def test_total_workers_comes_from_the_job_row_when_the_environment_has_none(world):
    """A job row of the admin service is kept: its worker rows lose nothing, and it is not ended."""
    for n in range(3):
        world.add(messages(4, first=10 * n))
    world.database.run(
        ADMIN_SCHEMA,
        f"""INSERT INTO reprocessing_jobs 
              (id, config, status, created_at, k8s_job_name, total_files, total_workers)
            VALUES ('{world.job_id}', '{{"local_path": "/x"}}', 'pending',
                    '2026-05-01T00:00:00Z', 'k8s-name', 3, 3)""",
        f"""INSERT INTO reprocessing_workers
              (job_id, worker_index, status, assigned_files, updated_at)
            SELECT '{world.job_id}', n, 'pending', 1, '2026-05-01T00:00:00Z'
            FROM generate_series(0, 2) n""",
    )
    world.run(1, TOTAL_WORKERS=None)
    done, untouched = world.worker(1), world.worker(2)
    assert done["status"] == "completed" and done["started_at"] and done["completed_at"]
    assert (done["assigned_files"], done["processed_files"], done["success_count"]) == (1, 1, 4)
    assert untouched["status"] == "pending" and untouched["started_at"] is None
    for index in (0, 2):
        world.run(index, TOTAL_WORKERS=None)
    job = world.job()
    assert (job["status"], job["k8s_job_name"], job["total_files"]) == ("pending", "k8s-name", 3)
    assert job["config"] == {"local_path": "/x"}, "the admin's row is the admin's"
    check_books(world, workers=3)


def test_a_job_row_that_workers_made_is_ended_by_the_last_of_them_and_reopened_by_a_restart(world):
    files = [world.add(messages(4, first=10 * n)) for n in range(2)]
    kept = files[1].path.read_bytes()
    world.run(0, 2)
    assert world.job()["status"] == "running" and world.job()["completed_at"] is None
    files[1].path.unlink()
    world.run(1, 2)
    assert world.job()["status"] == "failed" and world.job()["completed_at"]
    started = world.worker(1)["started_at"]
    files[1].path.write_bytes(kept)
    world.run(1, 2)
    job, worker = world.job(), world.worker(1)
    assert job["status"] == "completed" and job["total_workers"] == 2 and job["total_files"] == 2
    assert json.loads(json.dumps(job["config"])).get("batch_size", 1000) == 1000
    assert worker["status"] == "completed" and worker["started_at"] == started, "started_at is kept"
    check_books(world, workers=2)
