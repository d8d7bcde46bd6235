"""`reprocess status` and `reprocess errors`: what a job's rows say when nobody is there to ask."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios

import pytest

from harness.command import COMMAND, Operator, SqliteBooks, json_of
from harness.corpus import Line, message, messages
from harness.programs import BIN, FAILED_FILES, FATAL, STOPPED, UNSENT_LINES
from harness.repository import serve, stream
from harness.waits import wait_until
from harness.world import QUICK, World


@pytest.fixture
def here(fresh_name, tmp_path, programs):
    """A world with neither broker nor server: SQLite, and files as output."""
    return World(fresh_name, tmp_path, None, SqliteBooks(tmp_path / "books.db"), programs)


@pytest.fixture
def operator(here):
    return Operator(here)


def status(operator, **options):
    return json_of(operator.about("status", "--json", **options))


def next_of(told):
    return [step["command"] for step in told["next"]]


def start(here, operator, *arguments, lines=60_000, **variables):
    """A run that has committed something and has much left."""
    here.add(messages(lines))
    running = operator.start(*operator.run_arguments(*arguments), REPROCESS_COMMIT_LINES=200,
                             **variables)  # fmt: skip
    wait_until(lambda: operator.committed() > 500, "it has begun", poll=0)
    return running


def shard_row(here):
    return here.database.row("SELECT * FROM reprocessing_shards WHERE job_id = %s", here.job_id)


def test_a_stopped_job_is_given_back_and_says_how_to_go_on(here, operator):
    start(here, operator, "--max-messages-per-second", "20000").signal(signal.SIGINT)
    wait_until(lambda: shard_row(here)["stopped_at"], "it is given back")
    assert shard_row(here)["heartbeat_ms"] == 0
    told = status(operator)
    assert (told["status"], told["state"], told["exit_code"]) == ("running", "stopped", STOPPED)
    assert told["shards"][0]["heartbeat_age_ms"] is None and 0 < told["progress"] < 1
    (resume,) = next_of(told)
    operator.about("status", "--exit-status", expect=STOPPED)
    # A minute of watching a dead owner would be too long for this.
    program = operator.paste(resume, REPROCESS_CLAIM_WAIT_MS=61_000,
                             REPROCESS_HEARTBEAT_INTERVAL_MS=60_000)  # fmt: skip
    assert "alive" not in program.err
    operator.check_delivered()
    told = status(operator)
    assert (told["state"], told["progress"], told["next"]) == ("completed", 1, [])
    operator.about("status", "--exit-status")


def test_a_killed_job_is_lost_since_its_last_sign_and_held_by_nothing(here, operator):
    running = start(here, operator, "--max-messages-per-second", "5000")
    told = status(operator)
    assert told["state"] == "running" and told["next"] == []
    running.kill()
    wait_until(lambda: status(operator)["state"] == "lost", "it is lost")
    text = operator.about("status").out
    assert re.search(r"^status     lost \(last sign \d+ s ago\), \d+ %$", text, re.M), text
    assert "held by" not in text and f"reprocess run --job {here.job_id}" in text
    assert status(operator)["last_sign_ms"] > 0
    operator.about("status", "--exit-status", expect=STOPPED)
    jobs = operator.call("status", "--database", here.database.url).out
    assert re.search(rf"{here.job_id} +lost \d+ %", jobs), jobs


def test_a_paused_job_says_so_and_how_it_goes_on(here, operator):
    # At this rate it is at work for 30 s if nobody pauses it, however fast the machine.
    running = start(here, operator, "--max-messages-per-second", "2000")
    operator.about("pause")
    wait_until(lambda: status(operator)["shards"][0]["state"] == "paused", "it is paused")
    told = status(operator)
    assert told["state"] == "paused" and told["next"][0]["command"].startswith("reprocess resume")
    running.kill()


def test_limits_dry_runs_retries_and_errors_show_in_the_status(here, operator):
    here.add([*messages(30), Line(b"{bad", "invalid_json")])
    database = ["--database", here.database.url]
    operator.call("run", here.input, "--dry-run", "--job", "dry", *database, expect=UNSENT_LINES)
    operator.call("run", here.input, "--out", operator.out, "--job", "cut", "--limit", 10, *database)
    operator.call(*operator.run_arguments(), expect=UNSENT_LINES)
    operator.about("retry", "--job", "again", expect=UNSENT_LINES)
    jobs = {job["id"]: job for job in json_of(operator.call("status", "--json", *database))["jobs"]}
    assert jobs["dry"]["dry_run"] and jobs["cut"]["limit_reached"]
    assert jobs["cut"]["state"] == "completed" and jobs["cut"]["progress"] < 1
    assert jobs["again"]["retry_of"] == here.job_id
    assert jobs[here.job_id]["retries"] == ["again"] == status(operator)["retries"]
    assert jobs[here.job_id]["destination"] == f"files in {operator.out}"
    assert all(job["seconds"] >= 0 for job in jobs.values())
    text = operator.call("status", *database).out
    for words in ("limit reached", "dry run", f"retry of {here.job_id}", "retried by again"):
        assert words in text, words
    assert "completed with 1 error" in operator.about("status").out
    (rest,) = next_of(json_of(operator.call("status", "cut", "--json", *database)))
    operator.paste(rest, expect=UNSENT_LINES)
    operator.about("status", "--exit-status", expect=UNSENT_LINES)
    operator.call("status", "--exit-status", *database, expect=FATAL)


def test_a_job_goes_on_with_the_repository_that_it_was_begun_with(here, operator):
    here.add([Line(message(n, stream="known")) for n in range(60_000)])
    with serve([stream("known", "c1")]) as variables:
        url = variables.pop("REPOSITORY_URL")
        slowly = operator.run_arguments("--repository-url", url, "--max-messages-per-second", 20_000)
        running = operator.start(*slowly, REPROCESS_COMMIT_LINES=200, **variables)
        wait_until(lambda: operator.committed() > 500, "it has begun", poll=0)
        running.signal(signal.SIGINT)
        running.expect(STOPPED)
        (resume,) = next_of(status(operator))
        operator.paste(resume, {"REPOSITORY_URL": url}, **variables)
    operator.check_delivered()


def test_a_job_with_too_many_errors_goes_on_once_more_are_allowed(here, operator):
    here.add([*messages(100), *[Line(b"{bad", "invalid_json")] * 1_400, *messages(100, first=100)])
    operator.call(*operator.run_arguments("--max-errors", 500), expect=FATAL)
    show, allow, go_on = next_of(status(operator))
    operator.paste(show)
    operator.paste(allow)
    operator.paste(go_on, expect=UNSENT_LINES)
    operator.check_delivered()


def test_a_job_of_which_all_was_retried_says_which_job_did(here, operator):
    with_unknown_streams(here)
    operator.call(*operator.run_arguments(), expect=UNSENT_LINES)
    with serve([stream(name, "c1") for name in ("known", "gone0", "gone1")]) as variables:
        (retry,) = [command for command in next_of(status(operator)) if " retry " in command]
        shell = {"REPOSITORY_URL": variables.pop("REPOSITORY_URL")}
        operator.paste(f"{retry} --job again", shell, **variables)
        show, look = next_of(status(operator))
        operator.paste(show)
        assert "status again " in look and "completed" in operator.paste(look).out


def test_a_file_that_failed_is_not_all_of_it(here, operator):
    here.add(messages(200))
    cut = here.add(messages(400, first=1_000), codec="gzip", members=4)
    content = cut.path.read_bytes()
    cut.path.write_bytes(content[: len(content) // 2] + bytes(len(content) // 2))
    operator.call(*operator.run_arguments(), expect=FAILED_FILES)
    told = status(operator)
    assert told["processed_bytes"] == told["total_bytes"], "as the contract has it"
    size, total = len(content), told["total_bytes"]
    assert 1 - 0.9 * size / total < told["progress"] < 1 - 0.4 * size / total, "half of it was read"
    assert told["state"] == "failed"
    operator.about("status", "--exit-status", expect=FAILED_FILES)


def test_a_job_that_is_done_keeps_its_times_when_it_is_run_again(here, operator):
    here.add(messages(30))
    operator.call(*operator.run_arguments())
    before = here.job(), here.worker()
    operator.call(*operator.run_arguments())
    assert (here.job(), here.worker()) == before


# --- errors --------------------------------------------------------------------------------------


def with_unknown_streams(here):
    """Lines that cannot be sent: as they are in the file."""
    lines = [
        Line(message(n, stream=f"gone{n % 2}" if n % 3 == 0 else "known", created="2026-05-01"))
        for n in range(60)
    ]
    lines[7:7] = [Line(b'{"no": json'), Line(b'{ "spaced" : 1, }')]
    here.add(lines, codec="gzip", members=3)
    bad = [line.text for line in lines if b"gone" in line.text or not line.text.endswith(b'}}')]
    return bad


def test_errors_are_told_by_stream_and_raw_as_they_were(here, operator):
    bad = with_unknown_streams(here)
    with serve([stream("known", "c1")]) as variables:
        operator.call(*operator.run_arguments(), expect=UNSENT_LINES, **variables)
    text = operator.about("errors").out
    assert re.search(r'10  look up stream "?gone0', text) and re.search(r'10  .*gone1', text), text
    assert "--connection ID" in text
    assert operator.about("errors", "--raw").out.encode().splitlines() == bad
    json_lines = operator.about("errors", "--raw", "--reason", "invalid_json").out.splitlines()
    assert json_lines == ['{"no": json', '{ "spaced" : 1, }']
    assert len(operator.about("errors", "--raw", "--limit", 3).out.splitlines()) == 3
    operator.about("errors", "--raw", "--json", expect=FATAL)
    here.files[0].path.write_bytes(b"another one\n" * 100)
    changed = operator.about("errors", "--raw", expect=FAILED_FILES)
    assert not changed.out and str(here.files[0].path) in changed.err


def test_the_place_where_a_file_stopped_is_an_error_too(here, operator):
    here.add([*messages(50), Line(b"{bad", "invalid_json")])
    cut = here.add(messages(50, first=100), codec="gzip")
    cut.path.write_bytes(cut.path.read_bytes()[:-20])
    operator.call(*operator.run_arguments(), expect=FAILED_FILES)
    told = json_of(operator.about("errors", "--json"))
    assert {r["reason"]: r["lines"] for r in told["reasons"]} == {"invalid_json": 1, "unreadable": 1}
    only = json_of(operator.about("errors", "--json", "--reason", "unreadable"))["rows"]
    assert [row["path"] for row in only] == [str(cut.path)] and only[0]["message"]


# --- terminals -----------------------------------------------------------------------------------


def on_a_terminal(arguments, here, columns=80, rows=24, **variables):
    """What a program writes on a terminal of that size."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {"PATH": os.environ["PATH"], "HOME": str(here.directory), **QUICK, **variables}
    process = subprocess.Popen([BIN / COMMAND, *map(str, arguments)], env=environment,
                               stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not some:
            break
        written += some
    os.close(ours)
    process.wait(60)
    return written.decode().replace("\r\n", "\n")


ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@pytest.fixture
def seen(here, operator):
    """A job with all that a screen may have to show."""
    long = "kafka_failover_2026_05_01T00_00_00_with_a_name_that_is_rather_longer_than_usual.ndjson"
    here.add([*messages(50), Line(b"{bad" + b"x" * 300, "invalid_json")], long)
    cut = here.add(messages(50, first=100), codec="gzip")
    cut.path.write_bytes(cut.path.read_bytes()[:-20])
    operator.call(*operator.run_arguments(shards=2), expect=FAILED_FILES)
    return ["--database", here.database.url]


def test_tables_fit_into_80_columns(here, operator, seen):
    job = here.job_id
    for command in (["status", *seen], ["status", job, *seen], ["errors", job, "--limit", 0, *seen],
                    ["inspect", here.input, "--samples", 0]):  # fmt: skip
        text = ESCAPES.sub("", on_a_terminal(command, here, TERM="xterm"))
        assert job in text or "Files" in text or "invalid_json" in text
        table, _, _ = text.partition("\nNext\n")  # commands are pasted, whatever their length
        wide = [line for line in table.split("\n") if len(line) > 80]
        wide = [line for line in wide if "\r" not in line and not line.startswith("  /")]
        assert not wide, "\n".join(wide)


def test_colour_is_for_terminals_that_have_it_and_for_those_who_want_it(here, operator, seen):
    status_of = ["status", here.job_id, *seen]
    assert "\x1b[31m" in on_a_terminal(status_of, here, TERM="xterm-256color")
    for variables in ({"TERM": "dumb"}, {}, {"TERM": "xterm", "NO_COLOR": "1"}):
        assert "\x1b" not in on_a_terminal(status_of, here, **variables), variables
    assert "\x1b" not in operator.about("status").out


def test_a_dumb_terminal_gets_lines_instead_of_bars(here, operator):
    here.add(messages(20_000))
    text = on_a_terminal(operator.run_arguments(), here, TERM="dumb", REPROCESS_COMMIT_LINES="200")
    assert "\x1b" not in text and "\r" not in text and "completed" in text


def test_bars_never_wrap_and_show_how_long_it_takes(here, operator):
    for n in range(30):
        here.add(messages(1_000, first=1_000 * n))
    text = on_a_terminal(operator.run_arguments(shards=30), here, TERM="xterm",
                         REPROCESS_COMMIT_LINES="100")  # fmt: skip
    drawn = [ESCAPES.sub("", line).lstrip("\r") for line in text.split("\n") if "\x1b[K" in line]
    assert drawn and max(len(line) for line in drawn) <= 80
    assert any(re.search(r"\d+ s elapsed", line) for line in drawn)
    assert any("more shards" in line for line in drawn)
