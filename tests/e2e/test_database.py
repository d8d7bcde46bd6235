"""The database: schemas made at once or not at all, users with few rights, a server that goes."""

import gzip
import hashlib
import json
import signal
import threading

import psycopg
import pytest

from harness.books import check_books
from harness.command import Operator
from harness.corpus import Line, messages
from harness.databases import ADMIN_SCHEMA
from harness.programs import COMPLETED, FATAL, STOPPED, UNSENT_LINES
from harness.relay import Relay
from harness.waits import wait_until

OUR_TABLES = ("reprocessing_shards", "reprocessing_files", "reprocessing_errors")


def test_twenty_workers_that_start_at_once_make_one_schema(world):
    for n in range(20):
        world.add([*messages(5, first=10 * n), Line(b"x", "invalid_json")])
    world.mount()
    workers = [
        world.start(index, 20, mount=False, REPROCESS_START_TIMEOUT_MS=60_000)
        for index in range(20)
    ]
    for worker in workers:
        worker.expect(COMPLETED, deadline=120)
    world.check_delivered()
    check_books(world, workers=20)
    assert world.job()["status"] == "completed"


def test_the_admins_tables_are_kept_and_only_added_to(world):
    world.database.run(ADMIN_SCHEMA)
    columns = """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable
                 FROM information_schema.columns WHERE table_name LIKE 'reprocessing_%%'"""
    before = world.database.rows(columns)
    world.add(messages(3))
    world.run()
    after = world.database.rows(columns)
    assert all(column in after for column in before)
    tables = {column["table_name"] for column in before}
    added = [c for c in after if c not in before and c["table_name"] in tables]
    assert all(column["is_nullable"] == "YES" for column in added), added
    check_books(world)


@pytest.mark.parametrize("parameter", ["search_path", "schema"])
def test_the_url_selects_the_schema(world, parameter):
    world.database.run('CREATE SCHEMA "Odd Schema"')
    world.add([*messages(3), Line(b"x", "invalid_json")])
    world.run(DATABASE_URL=f"{world.database.url}?{parameter}=Odd%20Schema&application_name=x")
    world.check_delivered()
    found = world.database.rows(
        'SELECT status, success_count FROM "Odd Schema".reprocessing_workers'
    )
    assert found == [{"status": "completed", "success_count": 3}]
    assert not world.database.has_table("public.reprocessing_workers")


def user_without_create(world, tables):
    user = f"few_{world.database.name}"
    world.database.run(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"CREATE USER {user}",
        *([tables, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}"]
          if tables else []),
    )  # fmt: skip
    return world.database.url_of(user)


def test_a_user_who_may_not_create_tables_still_gets_exactly_once(world):
    """Without our tables: error lines and failed files are logged and counted, and that is all."""
    url = user_without_create(world, ADMIN_SCHEMA)
    world.add([*messages(2_000), Line(b"oops", "invalid_json"), *messages(10, first=5_000)])
    running = world.start(DATABASE_URL=url, REPROCESS_COMMIT_LINES=200)
    world.wait_committed(200, unless=lambda: not running.running)
    running.kill()
    program = world.run(DATABASE_URL=url)
    world.check_delivered()
    row = world.worker()
    assert (row["status"], row["total_lines"], row["success_count"], row["error_count"]) == (
        "completed", 2_011, 2_010, 1)  # fmt: skip
    assert not any(world.database.has_table(name) for name in OUR_TABLES)
    assert "2001" in program.err or "2001" in running.err, "the line is logged, with its number"
    world.run(DATABASE_URL=url)
    world.check_delivered()  # already complete: the checkpoint in Kafka says so


def test_without_our_tables_another_list_shows_by_what_the_other_shards_have_in_kafka(world):
    url = user_without_create(world, ADMIN_SCHEMA)
    a, b = world.add(messages(50)), world.add(messages(50, first=100))
    world.run(0, 2, DATABASE_URL=url)
    world.files = [b, a]
    program = world.run(1, 2, DATABASE_URL=url, expect=FATAL)
    assert "begun with other files" in program.err and "shard 0" in program.err
    world.files = [a, b]
    world.run(1, 2, DATABASE_URL=url)
    world.check_delivered()


def test_without_our_tables_at_least_once_is_refused_with_the_statements_to_run(world):
    url = user_without_create(world, ADMIN_SCHEMA)
    world.config["delivery"] = "at_least_once"
    world.add(messages(3))
    program = world.run(DATABASE_URL=url, expect=FATAL)
    assert "CREATE TABLE" in program.err and "reprocessing_shards" in program.err
    assert world.records() == []


def test_without_any_table_the_statements_to_run_are_printed_and_they_work(world):
    url = user_without_create(world, None)
    world.add(messages(3))
    program = world.run(DATABASE_URL=url, expect=FATAL)
    assert "CREATE TABLE" in program.err and "reprocessing_workers" in program.err


def make_tables(world):
    Operator(world).call("plan", world.input, "--out", world.directory / "unused",
                         "--connection", "c", "--database", world.database.url, "--job", "unused")  # fmt: skip


def test_the_documented_rights_are_enough_for_a_worker(world):
    """One that goes on after a death, and has error lines and a file that cannot be read to its end."""
    cut = world.add([*messages(3_000), Line(b"bad", "invalid_json")], codec="gzip",
                    name="cut.ndjson.gz")  # fmt: skip
    world.add(messages(10, first=5_000))
    make_tables(world)
    cut.path.write_bytes(cut.path.read_bytes()[:-4])
    url = world.database.documented_user("worker")
    running = world.start(DATABASE_URL=url, REPROCESS_COMMIT_LINES=200)
    world.wait_committed(200, unless=lambda: not running.running)
    running.kill()
    said = running.err + "".join(world.run(DATABASE_URL=url).err for _ in range(2))
    world.check_delivered()
    check_books(world)
    assert "permission denied" not in said and "not written" not in said


def test_the_documented_rights_are_enough_for_an_operator(world):
    world.add([*messages(50), Line(b"bad", "invalid_json")])
    make_tables(world)
    operator, url = Operator(world), world.database.documented_user("worker", "operator")

    def call(*arguments, expect=0):
        program = operator.call(*arguments, "--database", url, expect=expect)
        assert "permission denied" not in program.out + program.err

    kafka = ("--kafka", world.broker.bootstrap, "--topic", world.topic)
    call("plan", world.input, *kafka, "--job", world.job_id)
    call("pause", world.job_id)
    call("resume", world.job_id)
    call("set", world.job_id, "max_errors=50")
    call("run", "--job", world.job_id, "--yes", expect=UNSENT_LINES)
    world.check_delivered()
    check_books(world)
    call("verify", world.job_id)
    call("report", world.job_id)
    call("retry", world.job_id, expect=UNSENT_LINES)
    call("reset", world.job_id, "--yes")


def test_a_database_that_is_not_there_yet_is_waited_for(world, own_cluster):
    world.database = own_cluster.create()
    own_cluster.stop()
    world.add(messages(3))
    running = world.start()
    wait_until(
        lambda: "database" in running.err.lower() or not running.running, "it says why it waits"
    )
    assert running.running, running.err
    own_cluster.start()
    running.expect(COMPLETED)
    world.check_delivered()
    check_books(world)


def test_a_database_that_never_comes_is_fatal_after_the_start_timeout(world, own_cluster):
    url = own_cluster.url()
    own_cluster.stop()
    world.add(messages(3))
    program = world.run(
        DATABASE_URL=url, REPROCESS_START_TIMEOUT_MS=1_000, expect=FATAL, deadline=20
    )
    assert "127.0.0.1" in program.err
    assert world.records() == []


@pytest.mark.parametrize("errors", [False, True], ids=["without error lines", "with error lines"])
def test_a_database_that_stops_in_the_middle_costs_nothing(world, own_cluster, errors):
    world.database = own_cluster.create()
    world.config["max_messages_per_second"] = 5_000  # so that the server stops in its middle
    lines = messages(40_000)
    if errors:
        for at in range(100, len(lines), 250):
            lines.insert(at, Line(b"bad", "invalid_json"))
    world.add(lines)
    world.add(messages(100, first=90_000))
    running = world.start(REPROCESS_COMMIT_LINES=500)
    world.wait_committed(2_000, unless=lambda: not running.running)
    assert running.running
    own_cluster.stop()
    if errors:
        held = settled(world)
        assert held["s.lines"] < 40_000, "it waits where a row must be stored"
    else:
        world.wait_committed(39_000)  # goes on until the file's end must be stored
    assert running.running
    wait_until(
        lambda: world.broker.end_offsets(world.topic)
        == world.broker.end_offsets(world.topic, "read_uncommitted"),
        "what was open is committed while it waits",
    )
    own_cluster.start()
    running.expect(COMPLETED)
    world.check_delivered()
    check_books(world)
    assert world.worker()["status"] == "completed" and world.job()["status"] == "completed"


def settled(world):
    """The checkpoint once it has not moved for 40 readings."""
    seen = []

    def still():
        seen.append(world.checkpoint())
        return len(seen) > 40 and all(other == seen[-1] for other in seen[-40:])

    wait_until(still, "the checkpoint stands still")
    return seen[-1]


def test_a_database_that_is_away_at_the_end_gets_the_last_row_once_it_is_back(world):
    """The workers' table is locked, and whoever waits for it is cut off."""
    world.database.run(ADMIN_SCHEMA)
    world.config["max_messages_per_second"] = 500  # so that it is locked before the end
    world.add(messages(2_000))
    running = world.start(REPROCESS_COMMIT_LINES=100)
    world.wait_committed(100, unless=lambda: not running.running)

    with psycopg.connect(world.database.url) as connection:
        connection.execute("LOCK TABLE reprocessing_workers IN ACCESS EXCLUSIVE MODE")
        world.wait_committed(2_000)
        wait_until(lambda: cut_off_and_waiting(world, running), "it waits for the database")
        assert running.running
    running.expect(COMPLETED)
    assert world.worker()["status"] == "completed" and world.job()["status"] == "completed"
    check_books(world)


@pytest.mark.parametrize("table", ["plans", "line_sets"])
def test_a_database_that_goes_while_a_worker_reads_what_is_its_own_is_waited_for(world, table):
    """Its share of a stored list, and which lines of its files it sends."""
    world.database.run(ADMIN_SCHEMA)
    lines = messages(8)
    file = world.add(lines)
    earlier = world.job_id
    world.run(JOB_ID=f"{earlier}-first", KAFKA_DESTINATIONS_TOPIC=earlier)  # makes the tables
    if table == "plans":
        store_list(world)
    else:
        store_line_set(world, file, b"\x0f")
        del lines[4:]
    with psycopg.connect(world.database.url) as connection:
        connection.execute(f"LOCK TABLE reprocessing_{table} IN ACCESS EXCLUSIVE MODE")
        running = world.start(mount=False)
        wait_until(lambda: cut_off_and_waiting(world, running), "it waits for the database")
        assert running.running, running.err
    running.expect(COMPLETED)
    assert world.worker()["success_count"] == len(lines)


def test_a_worker_that_cannot_look_whether_its_files_were_sent_says_so(world):
    world.add(messages(3))
    world.run()
    world.job_id += "-again"
    with psycopg.connect(world.database.url) as connection:
        connection.execute("LOCK TABLE reprocessing_files IN ACCESS EXCLUSIVE MODE")
        running = world.start()
        wait_until(lambda: cut_off_and_waiting(world, running, "not looked"), "it says so")
    running.expect(COMPLETED)
    assert world.worker()["success_count"] == 3


def cut_off_and_waiting(world, running, word="waiting"):
    """Ends every connection that waits for a lock; whether the worker has said the word."""
    world.database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return word in running.err or not running.running


def store_list(world):
    """The job's list, as one part of a plan in the database."""
    member = gzip.compress(json.dumps([file.listed for file in world.files]).encode())
    share = hashlib.sha256(member).hexdigest()
    with psycopg.connect(world.database.url) as connection:
        connection.execute(
            "INSERT INTO reprocessing_plans (job_id, shard, part, items, sha256) "
            "VALUES (%s, 0, 0, %s, %s)", (world.job_id, member.hex(), share),
        )  # fmt: skip
    world.mount()
    (world.config_dir / "files" / "files.json").write_text(json.dumps({
        "plan": "database", "shards": 1, "total_files": len(world.files), "begins_at": 0,
        "list": "0" * 16, "sha256": hashlib.sha256(share.encode()).hexdigest(),
    }))  # fmt: skip


def store_line_set(world, file, bits):
    with psycopg.connect(world.database.url) as connection:
        connection.execute(
            "INSERT INTO reprocessing_line_sets (job_id, list_position, part, bits) "
            "VALUES (%s, 0, 0, %s)", (world.job_id, gzip.compress(bits)),
        )  # fmt: skip
    file.listed["line_set"] = hashlib.sha256(bits).hexdigest()
    world.requires = ["line_set"]
    world.mount()


def test_a_database_that_stays_away_is_fatal_with_the_checkpoint_intact(world, own_cluster):
    world.database = own_cluster.create()
    world.config["max_messages_per_second"] = 4_000  # so that the server stops in its middle
    lines = messages(20_000)
    lines.insert(15_000, Line(b"bad", "invalid_json"))
    world.add(lines)
    running = world.start(REPROCESS_COMMIT_LINES=500, REPROCESS_DATABASE_TIMEOUT_MS=1_000)
    world.wait_committed(1_000, unless=lambda: not running.running)
    own_cluster.stop()
    running.expect(FATAL)
    own_cluster.start()
    world.run()
    world.check_delivered()
    check_books(world)


def test_writing_the_workers_row_may_fail_without_stopping_the_replay_but_not_at_its_end(world):
    """A trigger refuses every write of a worker's row once the run has begun."""
    world.database.run(
        ADMIN_SCHEMA,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no writes today'; END $$",
        "CREATE TRIGGER refuse BEFORE UPDATE ON reprocessing_workers "
        "FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    world.add(messages(2_000))
    program = world.run(expect=FATAL)
    assert "no writes today" in program.err and "the replay is done" in program.err
    world.check_delivered()
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        connection.execute("DROP TRIGGER refuse ON reprocessing_workers")
    world.run()  # already complete: the row is written from the checkpoint
    row = world.worker()
    assert row["status"] == "completed" and row["success_count"] == 2_000
    check_books(world)


# --- it keeps the connection and does not answer

LIMIT = "statement_timeout=500"  # an answer is given up after this and 5 s


@pytest.mark.parametrize("away", ["frozen", "swallowed"])
@pytest.mark.parametrize("end", ["gives up", "is stopped"])
def test_a_database_that_keeps_the_connection_and_does_not_answer_ends_the_run_in_time(
    world, own_cluster, away, end
):
    """Its processes stand still, or what is between swallows every byte."""
    world.database = own_cluster.create()
    world.config["max_messages_per_second"] = 4_000  # so that it is met in its middle
    lines = messages(20_000)
    for at in range(100, len(lines), 250):
        lines.insert(at, Line(b"bad", "invalid_json"))
    world.add(lines)
    with Relay(own_cluster.port) as relay:
        url = own_cluster.url(world.database.name, port=relay.port)
        running = world.start(
            DATABASE_URL=f"{url}?{LIMIT}&connect_timeout=2",
            REPROCESS_COMMIT_LINES=500,
            REPROCESS_DATABASE_TIMEOUT_MS=1_000,
        )
        world.wait_committed(1_000, unless=lambda: not running.running)
        if away == "frozen":
            own_cluster.freeze()
        else:
            relay.silent.set()
        if end == "is stopped":
            running.signal(signal.SIGTERM)
            running.expect(STOPPED, deadline=40)
        else:
            running.expect(FATAL, deadline=40)
        assert "no answer in 6 s" in running.err
        own_cluster.thaw()
    world.run()
    world.check_delivered()
    check_books(world)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_what_became_of_a_commit_without_an_answer_is_found_out(world, delivery):
    """The server has it, its answer is lost; all that follows is made on a new connection."""
    world.config["delivery"] = delivery
    world.config["max_messages_per_second"] = 2_000  # so that it is met in its middle
    lines = messages(5_000)
    for at in range(50, len(lines), 100):
        lines.insert(at, Line(b"bad", "invalid_json"))
    world.add(lines)
    world.add(messages(50, first=90_000))
    with Relay(world.database.cluster.port) as relay:
        url = world.database.cluster.url(world.database.name, port=relay.port)
        running = world.start(DATABASE_URL=f"{url}?{LIMIT}", REPROCESS_COMMIT_LINES=500)
        wait_until(lambda: some_are_stored(world) or not running.running, "error rows are stored")
        relay.swallow_answer_to(b"COMMIT", times=3)
        running.expect(COMPLETED)
        assert relay.swallowed == 3
    world.check_delivered()
    check_books(world)
    assert world.worker()["status"] == "completed" and world.job()["status"] == "completed"


def some_are_stored(world):
    table = "reprocessing_errors"
    return world.database.has_table(table) and world.database.rows(f"SELECT 1 FROM {table} LIMIT 1")


# --- behind a pooler that gives each transaction another server connection

SETTINGS = (
    "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
    "extra_float_digits", "client_min_messages",
)  # fmt: skip


def test_behind_a_pooler_jobs_in_two_schemas_keep_apart_and_leave_no_settings_behind(
    world, pooler
):
    """Another client's own search_path sticks to the server connections: ours goes by the URL."""
    world.database.run(
        "CREATE SCHEMA others", "SET search_path TO others", *ADMIN_SCHEMA.split(";\n")[:-1]
    )
    url = pooler.url(world.database)
    with psycopg.connect(url) as one, psycopg.connect(url) as other:  # both connections at once
        for connection in (one, other):
            connection.execute("SET search_path TO others")
            connection.execute("SET timezone TO 'America/New_York'")
    wanted = settings(url)
    assert wanted["search_path"] == "others" and wanted["statement_timeout"] == "0"

    for n in range(2):
        world.add([*messages(2_000, first=10_000 * n), Line(b"bad", "invalid_json")])
    world.mount()
    job, seen, ended = world.job_id, [], threading.Event()

    def look():
        while not ended.is_set():
            seen.append(settings(url))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        running = [
            world.start(
                index, 2, mount=False, JOB_ID=f"{job}-{schema}", REPROCESS_COMMIT_LINES=100,
                DATABASE_URL=f"{url}?schema={schema}" if schema else url,
            )  # fmt: skip
            for schema in ("first", "second", "")
            for index in range(2)
        ]
        for program in running:
            program.expect(COMPLETED)
    finally:
        ended.set()
        looking.join()
    assert len(seen) > 5 and all(each == wanted for each in seen)
    for schema, owner in (("first", "first"), ("second", "second"), ("public", "")):
        for table, column in (("jobs", "id"), ("shards", "job_id"), ("workers", "job_id"),
                              ("files", "job_id"), ("errors", "job_id")):  # fmt: skip
            rows = world.database.rows(
                f"SELECT DISTINCT {column} AS job FROM {schema}.reprocessing_{table}"
            )
            assert rows == [{"job": f"{job}-{owner}"}], (schema, table)
    assert world.database.rows("SELECT * FROM others.reprocessing_jobs") == []
    assert len(world.records()) == 3 * 4_000


def settings(url):
    with psycopg.connect(url, autocommit=True) as connection:
        return {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in SETTINGS}
