"""`reprocess`: run, inspect, status, errors, reset; into files and into Kafka."""

import json
import re
import shlex
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from harness.books import check_books
from harness.command import Operator, SqliteBooks, answered, events_of, json_of
from harness.corpus import File, Line, message, messages
from harness.databases import free_port
from harness.http_server import serving
from harness.kills import kill_again_and_again
from harness.programs import COMPLETED, FAILED_FILES, FATAL, FENCED, STOPPED, UNSENT_LINES
from harness.repository import serve, stream
from harness.waits import wait_until
from harness.world import World


@pytest.fixture
def here(fresh_name, tmp_path, programs):
    """A world with neither broker nor server: SQLite, and files as output."""
    return World(fresh_name, tmp_path, None, SqliteBooks(tmp_path / "books.db"), programs)


@pytest.fixture
def operator(here):
    return Operator(here)


def some_files(world, count=3, lines=50, bad=False):
    suffixes = {"gzip": ".gz", "zstd": ".zst", "plain": ""}
    for n in range(count):
        codec = list(suffixes)[n % 3]
        content = [
            *messages(lines, first=1_000 * n),
            *([Line(b"{bad", "invalid_json")] if bad else []),
            Line(b"", "blank"),
        ]
        name = f"kafka_failover_2026_05_0{n + 1}T00_00_00.ndjson{suffixes[codec]}"
        world.add(content, name, codec=codec)


def test_run_replays_into_files_with_its_books_in_sqlite_and_reports(here, operator):
    some_files(here, bad=True)
    program = operator.call(*operator.run_arguments("--json", shards=2), expect=UNSENT_LINES)
    operator.check_delivered(shards=2)
    check_books(here, workers=2)
    report = events_of(program)[-1]
    assert report["event"] == "report" and report["job"] == here.job_id
    assert (report["result"], report["exit_code"]) == ("completed_with_errors", 2)
    assert (report["lines"], report["sent"]) == (156, 150)
    assert report["skipped_by_reason"] == {"blank": 3} and report["balanced"] is True
    assert [(error["reason"], error["lines"]) for error in report["error_samples"]] == [
        ("invalid_json", 3)
    ]
    assert report["error_samples"][0]["sample"] == "{bad"
    assert report["bytes"] == sum(len(file.content) for file in here.files)


def test_the_report_for_people_says_the_same(here, operator):
    some_files(here, bad=True)
    text = operator.call(*operator.run_arguments(), expect=UNSENT_LINES).out
    for word in (here.job_id, "156", "150", "blank", "invalid_json", "{bad", "balance"):
        assert word in text, word


def next_commands(text):
    """What a report offers, ready to run."""
    _, _, block = text.partition("\nNext\n")
    return [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("  reprocess ")]


def test_lines_that_were_not_sent_are_exit_2_with_the_commands_that_show_and_retry_them(
    here, operator
):
    here.add([*messages(20), *(Line(message(n, stream="gone")) for n in range(30, 106))])
    with serve([stream("src0001", "c1")]) as variables:
        program = operator.call(*operator.run_arguments(), expect=UNSENT_LINES, **variables)
        assert "completed with 76 errors" in program.out
        show, retry = next_commands(program.out)
        assert (show[0], retry[0]) == ("errors", "retry")
        assert "unknown_stream" in operator.call(*show).out
    with serve([stream("src0001", "c1"), stream("gone", "c2")]) as variables:
        assert "completed (" in operator.call(*retry, **variables).out
    again = operator.call("run", "--job", here.job_id, "--database", here.database.url,
                          expect=UNSENT_LINES)  # fmt: skip
    assert "already complete" in again.out


def test_a_dry_run_and_inspect_foresee_lines_that_cannot_be_sent(here, operator):
    some_files(here, bad=True)
    dry = operator.call("run", here.input, "--dry-run", "--database", here.database.url,
                        expect=UNSENT_LINES)  # fmt: skip
    assert [command[0] for command in next_commands(dry.out)] == ["errors"]
    found = operator.call("inspect", here.input, expect=UNSENT_LINES)
    assert "would end with exit code 2: completed with 3 errors" in found.out
    here.add([Line(message(n, stream="gone")) for n in range(1_000, 2_500)])
    with serve([stream("src0001", "c1")]) as variables:
        found = operator.call("inspect", here.input, expect=UNSENT_LINES, **variables)
        assert "would stop with exit code 1" in found.out


def test_more_errors_than_the_job_allows_stop_it_until_they_are_allowed(here, operator):
    gone = (Line(message(n, stream="gone"), "unknown_stream") for n in range(1_000, 4_000))
    here.add([*messages(400), *gone, *messages(400, first=5_000)])
    with serve([stream("src0001", "c1")]) as variables:
        program = operator.call(*operator.run_arguments(), expect=FATAL,
                                REPROCESS_COMMIT_LINES=100, **variables)  # fmt: skip
        assert "and max_errors is 50%" in program.out
        assert len(operator.delivered()) == 400, "what was committed stays"
        assert here.job()["status"] == here.worker()["status"] == "failed"
        before = here.worker()["total_lines"]
        assert 1_000 <= before < 3_800, "not much further"
        operator.call("run", "--job", here.job_id, "--database", here.database.url, expect=FATAL)
        assert here.worker()["total_lines"] == before and here.worker()["status"] == "failed"
        operator.about("set", "max_errors=100%")
        operator.call("run", "--job", here.job_id, "--database", here.database.url,
                      expect=UNSENT_LINES, **variables)  # fmt: skip
    assert len(operator.delivered()) == 800
    assert (here.job()["status"], here.worker()["error_count"]) == ("completed", 3_000)
    check_books(here)


def test_without_a_job_an_id_is_made_and_the_books_are_in_the_state_folder(here, operator):
    some_files(here, 1)
    program = operator.call(
        "run", here.input, "--out", operator.out, "--json", XDG_STATE_HOME=here.directory
    )
    job = events_of(program)[-1]["job"]
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", job)
    (made,) = here.directory.glob("reprocess/*.db")
    here.job_id, here.database = job, SqliteBooks(made)
    operator.check_delivered()
    check_books(here)


def test_a_run_killed_again_and_again_leaves_every_line_in_its_output_once(here, operator):
    some_files(here, 3, 20_000, bad=True)
    arguments = operator.run_arguments()
    start = lambda: operator.start(*arguments, REPROCESS_COMMIT_LINES=100)  # noqa: E731
    inside = kill_again_and_again(60_000, 15, operator.committed, start, seed=9)
    assert inside >= 10, f"only {inside} of 15 kills were inside the run"
    operator.call(*arguments, expect=UNSENT_LINES)
    operator.check_delivered()
    check_books(here)


def test_run_into_kafka_delivers_exactly_once(world):
    some_files(world, 4)
    operator = Operator(world)
    for _ in range(2):  # the second finds it complete
        operator.call("run", world.input, "--kafka", world.broker.bootstrap, "--topic", world.topic,
                      "--database", world.database.url, "--job", world.job_id,
                      "--shards", 2)  # fmt: skip
        world.check_delivered()
        check_books(world, workers=2)
    assert world.job()["status"] == "completed" and world.job()["total_workers"] == 2


@pytest.mark.parametrize(
    "options, told",
    [
        ([], "--out"),
        (["--out", "o", "--dry-run"], "--dry-run"),
        (["--out", "o", "--kafka", "127.0.0.1:1", "--topic", "t"], "--kafka"),
        (["--out", "o", "--shard", "2"], "--shards"),
        (["--out", "o", "--from", "yesterday"], "yesterday"),
        (["--out", "o", "--limit", "-1"], "limit"),
        (["--out", "o", "--job", "bad/id"], "bad/id"),
        (["--out", "o", "--limit", "0"], "--limit"),
        (["--kafka", "127.0.0.1:1"], "--topic"),
    ],
)
def test_impossible_options_are_refused_with_a_hint(here, operator, options, told):
    some_files(here, 1)
    program = operator.call("run", here.input, *options, expect=FATAL)
    assert told in program.err and not program.out


def test_no_files_is_an_error(here, operator):
    (here.input / "notes.txt").write_text("x")
    program = operator.call(*operator.run_arguments(), expect=FATAL)
    assert str(here.input) in program.err


def test_filters_and_limit_of_the_command_line(here, operator):
    here.add([Line(message(1, stream="a")), Line(message(2, stream="b"), "stream"),
              Line(message(3, stream="a", created="2026-05-03T00:00:00Z"), "date"),
              Line(message(4, stream="x", slug="a"))])  # fmt: skip
    operator.call(*operator.run_arguments("--stream", "a", "--from", "2026-05-01T00:00:00Z",
                                          "--to", "2026-05-02T00:00:00Z", "--connection", "c"))  # fmt: skip
    operator.check_delivered()
    check_books(here)


def test_odd_names_are_listed_as_ignored_and_read_when_named(here, operator):
    some_files(here, 1)
    odd = here.input / "notes.txt"
    odd.write_bytes(message(7) + b"\n")
    program = operator.call(*operator.run_arguments())
    assert "notes.txt" in program.out + program.err
    operator.check_delivered()
    again = operator.call("run", odd, "--dry-run", "--json", "--database", here.database.url)
    assert events_of(again)[-1]["sent"] == 1


def test_failed_files_give_exit_code_2_and_a_second_run_takes_the_repaired_one(here, operator):
    some_files(here, 2)
    whole = here.files[1].path.read_bytes()
    here.files[1].path.write_bytes(b"\x1f\x8bbroken")
    program = operator.call(*operator.run_arguments("--json"), expect=FAILED_FILES)
    assert str(here.files[1].path) in program.out
    here.files[1].path.write_bytes(whole)
    operator.call(*operator.run_arguments())
    operator.check_delivered()
    check_books(here)


def test_files_that_came_after_the_plan_are_refused_and_left_to_a_new_job(here, operator):
    some_files(here, 1)
    operator.call(*operator.run_arguments())
    (here.input / "new.ndjson").write_bytes(message(9) + b"\n")
    program = operator.call(*operator.run_arguments(), expect=FATAL)
    assert "new.ndjson" in program.err and "not in its plan" in program.err
    operator.check_delivered()


def test_a_plan_is_not_resumed_as_another_one(here, operator):
    some_files(here, 2)
    operator.call(*operator.run_arguments())
    assert "stream" in operator.call(*operator.run_arguments("--stream", "b"), expect=FATAL).err
    assert "shards" in operator.call(*operator.run_arguments(shards=2), expect=FATAL).err
    operator.check_delivered()


def test_ctrl_c_drains_and_says_how_to_resume(here, operator):
    some_files(here, 1, 60_000)
    slowly = operator.run_arguments("--max-messages-per-second", 20_000)
    running = operator.start(*slowly, REPROCESS_COMMIT_LINES=200)
    wait_until(lambda: operator.committed() > 500, "it has begun", poll=0)
    running.signal(signal.SIGINT)
    running.expect(STOPPED, deadline=10)
    assert f"--job {here.job_id}" in running.out + running.err
    operator.call("run", "--job", here.job_id, "--database", here.database.url)  # the plan knows
    operator.check_delivered()
    check_books(here)


def test_an_output_file_held_by_another_process_is_not_touched(here, operator):
    some_files(here, 1, 60_000)
    slowly = operator.run_arguments("--max-messages-per-second", 20_000)
    first = operator.start(*slowly, REPROCESS_COMMIT_LINES=200)
    wait_until(lambda: operator.committed() > 500, "it has begun", poll=0)
    first.freeze()
    other = SqliteBooks(here.directory / "other.db")
    operator.call("run", here.input, "--out", operator.out, "--database", other.url,
                  "--job", here.job_id, "--shards", 1, expect=FENCED)  # fmt: skip
    first.thaw()
    first.expect(0)
    operator.check_delivered()


def test_a_dry_run_sends_nothing_and_counts(here, operator):
    some_files(here)
    program = operator.call("run", here.input, "--dry-run", "--json", "--shards", 1,
                            "--database", here.database.url, "--job", here.job_id)  # fmt: skip
    assert events_of(program)[-1]["sent"] == 150
    check_books(here)
    assert not operator.out.exists()


def test_a_dry_run_says_what_it_would_send_and_a_run_what_it_sent(here, operator):
    some_files(here, 1)
    database = ["--database", here.database.url]
    told = operator.call("run", here.input, "--dry-run", *database).out
    assert re.search(r"would send +50", told) and "= 50 to send" in told
    sent = operator.call(*operator.run_arguments()).out
    assert re.search(r"sent +50", sent) and "= 50 sent" in sent


def test_filters_that_let_nothing_pass_are_told(here, operator):
    some_files(here, 1)
    program = operator.call(*operator.run_arguments("--stream", "nobody"))
    assert "the filters let no message pass: 50 of other streams" in program.err


def test_a_misspelt_variable_is_refused_before_anything_is_stored(here, operator):
    some_files(here, 1)
    program = operator.call(*operator.run_arguments(), REPROCESS_COMIT_BYTES="5M", expect=FATAL)
    assert "did you mean REPROCESS_COMMIT_BYTES?" in program.err
    assert not here.database.path.exists() and not operator.out.exists()


def test_a_connection_that_the_repository_lacks_is_refused(here, operator):
    some_files(here, 1)
    with serve([stream("s", "conn-a")]) as variables:
        wrong, right = (operator.run_arguments("--connection", id) for id in ("con-a", "conn-a"))
        refused = operator.call(*wrong, expect=FATAL, **variables)
        assert "did you mean conn-a?" in refused.err and not operator.out.exists()
        operator.call(*right, **variables)


def dry_run(world, *options, **variables):
    arguments = ["--kafka", world.broker.bootstrap, "--database", f"{world.directory}/dry.db"]
    return Operator(world).start(
        "run", world.input, "--dry-run", "--connection", "c", *arguments, *options, **variables
    )


def test_a_dry_run_looks_at_the_target_as_the_run_would_and_leaves_no_record(world):
    world.add(messages(3))
    told = dry_run(world, "--topic", world.topic).expect(0)
    assert "transactions are allowed" in told.err
    assert sum(world.broker.end_offsets(world.topic).values()) == 0
    missing = dry_run(world, "--topic", f"{world.topic}x").expect(FATAL)
    assert "the run would fail" in missing.err and world.topic in missing.err
    would = dry_run(world, "--topic", f"{world.topic}x", "--create-topic").expect(0)
    assert "the run would make it" in would.err
    assert f"{world.topic}x" not in world.broker.admin.list_topics()


def test_a_group_that_has_no_offsets_on_the_topic_is_named_before_the_run(world):
    world.add(messages(3))
    lag = ["--topic", world.topic, "--max-consumer-lag", "10", "--lag-group"]
    refused = dry_run(world, *lag, "nobody").expect(FATAL)
    assert f"nobody has committed nothing on topic {world.topic}" in refused.err
    readers = KafkaConsumer(bootstrap_servers=world.broker.bootstrap, group_id=f"{world.topic}-readers")
    place = TopicPartition(world.topic, 0)
    readers.assign([place])
    readers.commit({place: OffsetAndMetadata(0, "", -1)})
    readers.close(autocommit=False)
    assert "the topic is there" in dry_run(world, *lag, f"{world.topic}-readers").expect(0).err
    near = dry_run(world, *lag, f"{world.topic}-reader").expect(FATAL)
    assert f"did you mean {world.topic}-readers" in near.err


def test_brokers_that_do_not_answer_are_named_by_the_option_while_they_are_waited_for(
    here, operator
):
    some_files(here, 1)
    running = operator.start("run", here.input, "--kafka", "127.0.0.1:1", "--topic", "t",
                             "--database", here.database.url)  # fmt: skip
    wait_until(lambda: "waiting for Kafka at 127.0.0.1:1 (--kafka)" in running.err, "it says so")
    running.expect(FATAL)


def test_a_database_that_does_not_answer_is_named_by_its_option_while_it_is_waited_for(here, operator):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://reader@127.0.0.1:{silent.getsockname()[1]}/books"
        running = operator.start("status", "--database", url)
        wait_until(lambda: "waiting for the database (--database)" in running.err, "it says so")
        running.expect(FATAL)


def test_submit_opens_the_database_that_the_admin_s_variable_names(operator):
    port = free_port()
    program = operator.start("submit", "--job", "j", "--yes",
                             ADMIN_DATABASE_URL=f"postgres://reader@127.0.0.1:{port}/books")  # fmt: skip
    program.expect(FATAL)
    assert f"127.0.0.1:{port}/books" in program.err, program.err


def test_a_listing_that_takes_long_is_not_taken_for_the_repository(here, operator):
    said = threading.Event()

    class Bucket(BaseHTTPRequestHandler):
        def do_GET(self):
            said.wait(30)
            self.send_error(403)

        def log_message(self, *_):
            pass

    with serving(Bucket) as port, serve([stream("known", "c1")]) as variables:
        s3 = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a",
              "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}  # fmt: skip
        running = operator.start("run", "s3://bucket/failover/", "--out", operator.out, "--database",
                                 here.database.url, **s3, **variables)  # fmt: skip
        try:
            wait_until(lambda: "waiting for the list of files" in running.err, "it says so")
        finally:
            said.set()
        running.expect(FATAL)


def on_a_terminal(here, operator, answer, *options):
    """Runs it; what the terminal showed, and the exit code."""
    return answered(operator.run_arguments(*options), here.directory, answer)


def test_on_a_terminal_the_plan_is_shown_and_asked_about_before_anything_is_stored(here, operator):
    some_files(here, 2)
    shown, code = on_a_terminal(here, operator, "no\n", "--stream", "src0001")
    assert code == FATAL and "nothing was stored" in shown and not operator.out.exists()
    for word in ("2 files", "2026-05-01 00:00 to 2026-05-02 00:00 UTC", "filters", "not checked"):
        assert word in shown, word
    assert here.database.row("SELECT count(*) AS n FROM reprocessing_jobs")["n"] == 0
    shown, code = on_a_terminal(here, operator, "yes\n")
    assert code == COMPLETED and shown.count("Type yes") == 1
    operator.check_delivered()
    shown, code = on_a_terminal(here, operator, None, "--yes")  # goes on with it: never asked
    assert code == COMPLETED and "Type yes" not in shown


def test_inspect_counts_by_stream_type_day_and_hour_and_says_what_would_be_sent(here, operator):
    other = message(8, kind="track", stream="other", created="2026-05-02T10:30:00Z")
    here.add([*messages(3, stream="src0001"), Line(other),
              Line(b"oops", "invalid_json"), Line(b"", "blank")])  # fmt: skip
    here.list(File(here.input / "cut.ndjson.gz"))
    here.files[1].path.write_bytes(b"\x1f\x8bbroken")
    found = json_of(
        operator.call("inspect", here.input, "--stream", "src0001", "--connection", "c", "--json",
                      expect=FAILED_FILES)  # fmt: skip
    )
    totals = found["totals"]
    assert totals["lines"] == 7 and totals["sent"] == 3
    assert totals["skipped_by_reason"] == {"blank": 1, "stream": 1}
    assert totals["errors_by_reason"] == {"invalid_json": 1, "unreadable": 1}
    assert (found["first"], found["last"]) == ("2026-05-01T00:00:00.114Z", "2026-05-02T10:30:00Z")
    assert {name: tally["lines"] for name, tally in found["streams"].items()} == {
        "src0001": 3,
        "other": 1,
    }
    assert {name: tally["lines"] for name, tally in found["types"].items()} == {
        "page": 3,
        "track": 1,
    }
    assert {day: tally["lines"] for day, tally in found["days"].items()} == {
        "2026-05-01": 3,
        "2026-05-02": 1,
    }
    assert any(sample["verdict"] == "invalid_json" for sample in found["samples"])


def test_status_and_errors_tell_what_the_books_hold(here, operator):
    some_files(here, bad=True)
    operator.call(*operator.run_arguments(), expect=UNSENT_LINES)
    status = json_of(operator.about("status", "--json"))
    assert status["id"] == here.job_id and status["status"] == "completed"
    (shard,) = status["shards"]
    counts = shard["total_lines"], shard["success_count"], shard["status"]
    assert counts == (156, 150, "completed")
    assert shard["generation"] >= 1 and shard["owner"]
    assert shard["checkpoint"]["state"] == "complete"
    jobs = json_of(operator.call("status", "--database", here.database.url, "--json"))
    assert [job["id"] for job in jobs["jobs"]] == [here.job_id]
    errors = json_of(operator.about("errors", "--json"))
    assert [(reason["reason"], reason["lines"]) for reason in errors["reasons"]] == [
        ("invalid_json", 3)
    ]
    bad = here.files[0].lines[50]
    first = errors["rows"][0]
    assert (first["path"], first["first_line"], first["first_byte"], first["sample"]) == (
        str(here.files[0].path), bad.number, bad.first_byte, "{bad")  # fmt: skip
    assert here.job_id in operator.about("status").out and "{bad" in operator.about("errors").out


def test_an_unknown_job_is_named(here, operator):
    some_files(here, 1)
    operator.call(*operator.run_arguments())
    for command in ("status", "errors", "reset"):
        program = operator.call(command, "nobody", "--database", here.database.url, expect=FATAL)
        assert "nobody" in program.err


def test_reset_shows_what_would_be_sent_again_and_asks(here, operator):
    """Without a terminal and without --yes nothing is done."""
    some_files(here)
    operator.call(*operator.run_arguments())
    refused = operator.about("reset", expect=FATAL)
    assert "150" in refused.out + refused.err and "--yes" in refused.err
    operator.check_delivered()
    operator.about("reset", "--yes")
    assert here.database.row("SELECT count(*) AS n FROM reprocessing_errors")["n"] == 0
    operator.call(*operator.run_arguments())
    operator.check_delivered()  # the output was cut back with the checkpoint
    check_books(here)


def test_reset_lets_kafka_have_every_line_once_more(world):
    world.add(messages(20))
    world.run()
    generation = world.checkpoint()["generation"]
    Operator(world).about("reset", "--yes", KAFKA_BOOTSTRAP_SERVERS=world.broker.bootstrap,
                          KAFKA_DESTINATIONS_TOPIC=world.topic)  # fmt: skip
    assert world.checkpoint()["generation"] > generation and world.checkpoint()["s.lines"] == 0
    world.run()
    records = world.records()
    assert len(records) == 40 and {record.key for record in records} == world.expected().keys()
    assert world.worker()["success_count"] == 20
    check_books(world)


def test_help_version_and_completion(operator):
    text = operator.call("--help").out
    for command in ("run", "inspect", "status", "errors", "reset"):
        assert command in text and "Example" in operator.call(command, "--help").out.title()
    assert re.search(r"\d+\.\d+\.\d+", operator.call("--version").out)
    assert "complete" in operator.call("completion", "bash").out
    assert "statsu" in operator.call("statsu", expect=FATAL).err
