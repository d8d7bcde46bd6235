"""What an operator's monitoring sees of a worker: metrics, pushes, probes, log lines; no secret."""

import base64
import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

from harness.command import Operator
from harness.corpus import Line, messages
from harness.databases import ADMIN_SCHEMA, free_port, server_script
from harness.programs import COMPLETED, FAILED_FILES, FATAL, ROOT, STOPPED
from harness.rights import Rights
from harness.seen import Samples, Watched, ask, empty_job, push_receiver
from harness.waits import wait_until
from harness.world import World

LINGER = {"METRICS_ADDRESS": "127.0.0.1", "METRICS_LINGER_MS": "60000"}
MIXED = [*messages(40), Line(b"x", "invalid_json"), Line(b"  ", "blank"), Line(b"[]", "not_object")]


def watch(world, program=None, **variables):
    port = free_port()
    started = world.start(METRICS_PORT=port, **LINGER, **variables) if program is None else program
    return Watched(started, port)


def test_the_last_scrape_shows_the_books_and_ends_the_waiting(world):
    file = world.add(MIXED)
    watched = watch(world)
    last = watched.to_the_end()
    sent, skipped, errors = world.expected_counts()
    assert last.state() == "complete"
    assert last.value("reprocess_lines_total", job_id=world.job_id, shard="0") == len(MIXED)
    assert last.value("reprocess_sent_lines_total") == sent
    assert last.total("reprocess_skipped_lines_total") == skipped
    assert last.total("reprocess_error_lines_total") == errors
    assert last.value("reprocess_error_lines_total", reason="not_object") == 1
    assert last.value("reprocess_read_bytes_total") == len(file.content)
    assert last.value("reprocess_processed_bytes") == last.value("reprocess_assigned_bytes")
    assert last.value("reprocess_claims_total") == last.value("reprocess_claim_generation") == 1
    assert last.value("reprocess_commit_seconds_count") >= 1
    assert last.value("reprocess_queue_bytes", queue="read") == 0
    assert last.value("reprocess_build_info") == 1
    world.check_delivered()

    again = watch(world)
    assert again.to_the_end().value("reprocess_sent_lines_total") == sent, "already complete"


def test_counters_move_with_commits_while_it_runs_and_never_fall(world):
    world.add(messages(1200))
    world.config["max_messages_per_second"] = 400
    watched = watch(world)
    mid = watched.wait_for(
        lambda s: 0 < s.value("reprocess_sent_lines_total") < 1200 and s.state() == "running",
        "some are committed, not all",
    )
    assert mid.value("reprocess_throttle_messages_per_second") > 0
    assert mid.value("reprocess_sent_lines_total") <= world.checkpoint()["s.sent"]
    assert ask(watched.port, "/readyz") == (200, "ready\n")
    assert ask(watched.port, "/healthz")[0] == 200
    assert watched.to_the_end().value("reprocess_sent_lines_total") == 1200
    for before, after in zip(watched.scrapes, watched.scrapes[1:]):
        fallen = {k: v for k, v in before.counters().items() if after.counters()[k] < v}
        assert not fallen


def test_a_worker_that_waits_is_healthy_and_not_ready_and_a_signal_ends_it_at_once(world):
    world.add(messages(3))
    watched = watch(world, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")
    assert watched.wait_for(lambda s: True, "it serves").state() in ("starting", "waiting")
    assert ask(watched.port, "/healthz") == (200, "ok\n")
    wait_until(lambda: "no answer about topic" in watched.program.err, "it says what it waits for")
    status, why = ask(watched.port, "/readyz")
    assert status == 503 and why.startswith("shard 0: ")
    assert f"no answer about topic {world.topic}" in why
    watched.program.signal(15)
    watched.program.expect(STOPPED, deadline=30)


def test_shards_of_one_process_have_a_label_each(world, programs):
    world.add(messages(30))
    world.add(messages(20, first=30))
    operator, port = Operator(world), free_port()
    running = operator.start(*operator.run_arguments("--connection", "c", shards=2),
                             METRICS_PORT=port, **LINGER)  # fmt: skip
    last = Watched(running, port).to_the_end()
    sent = [last.value("reprocess_sent_lines_total", shard=shard) for shard in "01"]
    assert sorted(sent) == [20, 30] and {s.state() for s in [last]} == {"complete"}


def test_the_report_is_printed_before_the_last_scrape_is_waited_for(world):
    world.add(messages(3))
    operator, port = Operator(world), free_port()
    running = operator.start(*operator.run_arguments("--connection", "c"),
                             METRICS_PORT=port, **LINGER)  # fmt: skip
    wait_until(lambda: "waiting up to 1m 00s for the last scrape" in running.err, "it says so")
    assert "The books balance" in running.out and running.running
    Watched(running, port).to_the_end()


def test_a_port_that_is_taken_is_a_warning_and_the_replay_goes_on(world):
    world.add(messages(3))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = world.run(METRICS_PORT=taken.getsockname()[1], **LINGER)
    assert "METRICS_PORT" in program.err and "warn" in program.err
    world.check_delivered()


def test_metrics_are_pushed_and_the_last_push_tells_of_the_end(world):
    world.add(MIXED)
    with push_receiver() as (address, pushes):
        world.run(METRICS_PUSH_URL=f"http://{address}/", METRICS_PUSH_INTERVAL_MS="50")
    methods = {(method, path) for method, path, _, _ in pushes}
    assert methods == {("PUT", f"/metrics/job/reprocess/job_id/{world.job_id}/shard/0")}
    last = Samples(pushes[-1][3])
    assert last.state() == "complete"
    assert last.value("reprocess_sent_lines_total") == 40


def test_a_gateway_that_refuses_or_is_away_costs_a_warning(world):
    world.add(messages(3))
    with push_receiver(status=500) as (address, pushes):
        program = world.run(METRICS_PUSH_URL=f"http://{address}")
    assert pushes and "HTTP 500" in program.err


# --- names -------------------------------------------------------------------------------------


@pytest.fixture
def exported(tmp_path, programs):
    """What a worker exports, from a dry run: no server is needed for it."""
    return empty_job(programs, tmp_path).to_the_end()


NAME = re.compile(r"\breprocess_[a-z0-9_]+")


def known(name, types):
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return name in types or types.get(base) == "histogram"


def test_the_table_in_the_documentation_is_what_the_worker_exports(exported):
    documented = {}
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and cells[1].startswith("`reprocess_"):
            documented.update(dict.fromkeys(NAME.findall(cells[1]), cells[2]))
    assert documented == exported.types


@pytest.mark.parametrize("file", ["deploy/grafana/reprocess.json",
                                  "deploy/prometheus/reprocess-alerts.yaml"])  # fmt: skip
def test_dashboard_and_alerts_ask_for_names_and_labels_that_exist(exported, file):
    text = (ROOT / file).read_text()
    if file.endswith(".json"):
        panels = json.loads(text)["panels"]
        asked = "\n".join(target["expr"] for panel in panels for target in panel["targets"])
    else:
        asked = text
    names = set(NAME.findall(asked)) - {"reprocess_workers"}
    assert len(names) > 5
    assert {name for name in names if not known(name, exported.types)} == set()
    for label, values in re.findall(r'\b(state|hold|queue|reason)=~?"([^"]*)"', asked):
        for value in values.split("|"):
            assert f'{label}="{value}"' in exported.text, f"{label}={value}"


def test_alerts_fire_on_short_jobs_and_on_jobs_that_nobody_works_on():
    rules = ROOT / "deploy/prometheus/reprocess-alerts-test.yaml"
    promtool = server_script("promtool.sh", "install")
    done = subprocess.run([promtool, "test", "rules", rules], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# --- logs --------------------------------------------------------------------------------------


def lines_of(program):
    return [json.loads(line) for line in program.err.splitlines()]


def test_every_json_line_parses_and_says_where(world):
    file = world.add(MIXED, name='with "quotes" and žluťoučký.ndjson')
    program = world.run(LOG_FORMAT="json", LOG_LEVEL="debug")
    lines = lines_of(program)
    for line in lines:
        assert {"time", "level", "message", "job", "shard"} <= line.keys(), line
        assert line["job"] == world.job_id and line["shard"] == 0
    unsent = [line for line in lines if line["message"] == "line not sent"]
    assert {(line["file"], line["line"], line["reason"]) for line in unsent} == {
        (str(file.path), 41, "invalid_json"), (str(file.path), 43, "not_object")}  # fmt: skip
    committed = [line for line in lines if line["message"] == "committed"]
    assert committed[-1]["sent"] == 40 and committed[-1]["level"] == "debug"
    assert len(lines) < 30, "no line a message"


def test_a_wrong_configuration_is_a_json_line_too(world):
    program = world.run(expect=FATAL, LOG_FORMAT="json", REPROCESS_COMMIT_INTERVAL_MS="soon")
    assert [line["level"] for line in lines_of(program)] == ["error"]
    assert "COMMIT_INTERVAL_MS" in lines_of(program)[0]["message"]


def test_all_that_the_command_says_beside_its_report_is_json_where_that_is_asked_for(world):
    world.add([*messages(3), Line(b"x", "invalid_json")])
    operator = Operator(world)
    program = operator.call(*operator.run_arguments("--connection", "c"), LOG_FORMAT="json",
                            expect=FAILED_FILES)  # fmt: skip
    said = [line["message"] for line in lines_of(program)]
    assert {"planned", "shard claimed", "line not sent", "shard ended"} <= set(said)
    failed = operator.call("run", world.input / "missing", "--dry-run", LOG_FORMAT="json",
                           expect=FATAL)  # fmt: skip
    assert "missing" in lines_of(failed)[-1]["message"]


def test_a_fatal_end_says_what_was_committed(world):
    """The database refuses the row of a bad line, which lies behind all that is read ahead."""
    world.config["max_messages_per_second"] = 1_500
    lines = messages(6_000, size=2_000)
    lines.append(Line(b"bad", "invalid_json"))
    world.add(lines)
    world.database.run(ADMIN_SCHEMA)
    running = world.start(LOG_FORMAT="json")
    world.wait_committed(500, unless=lambda: not running.running)
    world.database.run("ALTER TABLE reprocessing_errors ADD CONSTRAINT none CHECK (false)")
    running.expect(FATAL)
    ended = next(line for line in lines_of(running) if line["message"] == "shard ended")
    assert ended["sent"] == len(world.records()) == ended["lines"] > 0 and ended["unsent"] == 0


def test_what_is_said_of_a_file_comes_before_the_end_and_names_its_line(world):
    file = world.add(messages(20), name="cut.ndjson.gz", codec="gzip")
    file.path.write_bytes(file.path.read_bytes()[:-4])
    lines = lines_of(world.run(LOG_FORMAT="json"))
    said = [line["message"] for line in lines]
    assert said[-1] == "shard ended", said
    failed = [line for line in lines if line["message"] == "file failed"]
    assert {line["line"] for line in failed} == {20} and len(failed) == 2, "in both passes"


def test_lines_of_several_shards_say_which(world):
    for n in range(2):
        world.add([Line(b"x", "invalid_json"), *messages(3, first=3 * n)])
    operator = Operator(world)
    program = operator.call(*operator.run_arguments("--connection", "c", shards=2),
                            LOG_FORMAT="json", LOG_LEVEL="info", expect=FAILED_FILES)  # fmt: skip
    lines = [json.loads(line) for line in program.err.splitlines() if line.startswith("{")]
    assert {line["shard"] for line in lines if line["message"] == "line not sent"} == {0, 1}
    assert all(line["job"] == world.job_id for line in lines if "shard" in line)


def test_what_repeats_itself_is_one_line_with_a_count(world):
    world.add(messages(3))
    program = world.run(expect=FATAL, LOG_FORMAT="json", REPROCESS_START_TIMEOUT_MS="4000",
                        DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/x")  # fmt: skip
    waiting = [line for line in lines_of(program) if line["message"] == "waiting"]
    assert len(waiting) == 2 and "repeated" not in waiting[0]
    assert waiting[1]["repeated"] >= 2 and waiting[1]["why"] == waiting[0]["why"]


# --- secrets -----------------------------------------------------------------------------------


SECRETS = ["replay-secret", "db-hush", "repo-hush", "aws-hush", "session-hush", "push-hush"]


def everything_of(world, watched):
    """All that a run leaves: logs, rows, metrics, arguments."""
    texts = [watched.program.out, watched.program.err]
    texts += [scrape.text for scrape in watched.scrapes]
    tables = world.database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'reprocessing%%'"
    )
    assert len(tables) >= 5
    for table in tables:
        texts.append(str(world.database.rows(f"SELECT * FROM {table['table_name']}")))
    return texts


@pytest.mark.parametrize("password", ["replay-secret", "wrong-replay-secret"])
def test_no_secret_is_in_logs_rows_metrics_or_arguments(
    fresh_name, tmp_path, acl_broker, cluster, programs, password
):
    database = cluster.create()
    world = World(fresh_name, tmp_path, acl_broker, database, programs)
    acl_broker.create_topic(world.topic)
    world.rights = Rights(world)
    world.rights.grant("TransactionalId Write", "TransactionalId Describe", "Group Read",
                       "Topic Write", "Topic Read", "Topic Describe")  # fmt: skip
    world.add(MIXED)
    unreachable = world.add(messages(1))
    unreachable.listed["path"] = "s3://bucket/key.ndjson"
    separator = "&" if "?" in database.url else "?"
    with push_receiver(status=503) as (address, pushes):
        watched = watch(
            world,
            DATABASE_URL=f"{database.url}{separator}password=db-hush",
            KAFKA_SASL=json.dumps({"mechanism": "PLAIN", "username": "replay",
                                   "password": password}),
            REPOSITORY_URL=f"http://user:repo-hush@127.0.0.1:{free_port()}/?token=repo-hush"
            if password.startswith("wrong") else None,
            REPOSITORY_AUTH_TOKEN="repo-hush",
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="aws-hush",
            AWS_SESSION_TOKEN="session-hush",
            AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{free_port()}",
            REPROCESS_S3_PART_TRIES="2", REPROCESS_S3_RETRY_WAIT_MS="1",
            REPROCESS_START_TIMEOUT_MS="3000" if password.startswith("wrong") else "15000",
            METRICS_PUSH_URL=f"http://user:push-hush@{address}", METRICS_PUSH_INTERVAL_MS="50",
            LOG_LEVEL="debug", LOG_FORMAT="json",
        )  # fmt: skip
        arguments = Path(f"/proc/{watched.program.process.pid}/cmdline").read_text()
        last = watched.to_the_end(FATAL if password.startswith("wrong") else COMPLETED)
    if not password.startswith("wrong"):
        assert last.value("reprocess_s3_retries_total") > 0 and last.state() == "failed_files"
    basic = base64.b64encode(b"user:push-hush").decode()
    assert pushes[0][2]["Authorization"] == f"Basic {basic}", "the gateway is told, nobody else"
    for text in [arguments, *everything_of(world, watched), *(push[3] for push in pushes)]:
        for secret in [*SECRETS, basic, password]:
            assert secret not in text, f"{secret} in {text[:2000]}"


@pytest.mark.parametrize("url", ["sqlite://me:hunter2@h/db", "postgresql:/me:hunter2@h/db",
                                 "postgresql://me:hun?ter2@h/db"])  # fmt: skip
def test_a_database_url_that_is_not_well_formed_is_not_repeated(programs, url):
    program = programs.start(["reprocess", "status"], {"DATABASE_URL": url}).expect(FATAL)
    assert "DATABASE_URL" in program.err and "hun" not in program.err


# --- the local root ----------------------------------------------------------------------------


def test_a_listed_path_outside_the_local_root_is_named_before_line_1(world):
    world.add(messages(3))
    world.add(messages(3, first=3)).listed["path"] = "/etc/hostname"
    program = world.run(expect=FATAL, REPROCESS_LOCAL_ROOT=world.input)
    assert "[1].path" in program.err and "REPROCESS_LOCAL_ROOT" in program.err
    assert "[0]" not in program.err and world.records() == []


def test_a_link_out_of_the_local_root_fails_alone(world):
    inside, link = world.add(messages(3)), world.add(messages(3, first=3))
    outside = world.directory / "outside.ndjson"
    link.path.rename(outside)
    link.path.symlink_to(outside)
    world.run(REPROCESS_LOCAL_ROOT=world.input)
    world.check_delivered([inside])
    row = world.database.row("SELECT * FROM reprocessing_files WHERE path = %s", str(link.path))
    assert row["state"] == "failed" and "outside REPROCESS_LOCAL_ROOT" in str(row)


def test_the_command_takes_no_path_outside_the_local_root(world, tmp_path):
    world.add(messages(3))
    operator, root = Operator(world), tmp_path / "root"
    root.mkdir()
    refused = operator.call(*operator.run_arguments("--connection", "c"), expect=FATAL,
                            REPROCESS_LOCAL_ROOT=root)  # fmt: skip
    assert "outside REPROCESS_LOCAL_ROOT" in refused.out + refused.err
    operator.call(*operator.run_arguments("--connection", "c"), REPROCESS_LOCAL_ROOT=world.input)
