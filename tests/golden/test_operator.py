"""The operator's command on embedded defaults: SQLite, files in a folder, no server."""

import gzip
import hashlib
import json
import re
import sqlite3
from datetime import datetime

import pytest

from golden import expect_golden, reprocess


def event(number, day, stream="s1"):
    return json.dumps(
        {
            "messageCreated": f"2026-05-{day:02}T06:00:00.{number:03}Z",
            "messageId": f"m{number}",
            "type": "page" if number % 2 else "track",
            "origin": {"sourceId": stream, "slug": "site"},
        },
        separators=(",", ":"),
    )


@pytest.fixture
def home(tmp_path):
    """Two days of failover files, with lines that cannot be sent, and a file that is none."""
    logs = tmp_path / "logs"
    logs.mkdir()
    first = [event(n, 1) for n in range(5)] + ["", "{no json", "[1]"]
    (logs / "kafka_failover_2026_05_01T00_00_00.ndjson").write_text("\n".join(first) + "\n")
    second = "\n".join(event(n, 2, "s2") for n in range(4)) + "\n"
    (logs / "kafka_failover_2026_05_02T00_00_00.ndjson.gz").write_bytes(
        gzip.compress(second.encode(), mtime=0)
    )
    (logs / "notes.txt").write_text("none of it")
    return tmp_path


def normal(text, home):
    """The text without what differs from run to run."""
    text = text.replace(str(home), "HOME")
    text = re.sub(r'("(?:\w+_at|time|owner|host)": ?)"[^"]*"', r'\1"..."', text)
    number = r'("(?:seconds|\w+_per_second|heartbeat_age_ms|seconds_left)": ?)[0-9.e+-]+'
    return re.sub(number, r"\g<1>0", text)


UNSENT_LINES = 2  # exit code: lines of the first file cannot be sent


def run(home, *arguments):
    return reprocess("run", *arguments, "--connection", "c1", home=home)


def sent(home, job):
    return sorted(
        line
        for path in (home / "out" / job).glob("*.ndjson")
        for line in path.read_text().splitlines()
    )


def test_run_prints_events_and_a_report_as_json(home):
    done = run(home, "logs", "--out", "out", "--job", "j", "--shards", "2", "--json")
    assert done.returncode == UNSENT_LINES, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kept = [e for e in events if e["event"] in ("planned", "report")]
    expect_golden("run.json", normal(json.dumps(kept, indent=2) + "\n", home))
    assert sent(home, "j") == sorted(
        [event(n, 1) for n in range(5)] + [event(n, 2, "s2") for n in range(4)]
    )


def plan(home, *arguments):
    return reprocess("plan", "logs", "--out", "out", "--connection", "c1", "--job", "j", *arguments, home=home)


def test_a_plan_is_shown_and_stored_and_run_by_its_name(home):
    done = plan(home, "--json")
    assert done.returncode == 0, done.stderr
    shown = re.sub(r'("plan_hash": )"[0-9a-f]{64}"', r'\1"..."', normal(done.stdout, home))
    expect_golden("plan.json", shown)
    assert not (home / "out").exists()
    status = json.loads(reprocess("status", "j", "--json", home=home).stdout)
    assert (status["status"], status["state"], status["total_workers"]) == ("pending", "pending", 2)
    assert [shard["assigned_files"] for shard in status["shards"]] == [1, 1]
    assert reprocess("run", "--job", "j", home=home).returncode == UNSENT_LINES
    assert len(sent(home, "j")) == 9
    assert json.loads(reprocess("status", "j", "--json", home=home).stdout)["status"] == "completed"


def test_a_plan_is_found_again_or_what_differs_is_told(home):
    first = plan(home)
    assert first.returncode == 0 and "nothing is started" in first.stdout, first.stderr
    assert "planned before, the same" in plan(home).stdout
    refused = plan(home, "--workers", "1", "--stream", "s1")
    assert refused.returncode == 1
    assert 'workers (2, now 1), stream_ids (unset, now ["s1"])' in refused.stderr


def test_a_worker_reads_its_share_of_a_list_in_the_database(home):
    assert plan(home).returncode == 0  # makes the tables
    database = home / ".local/state/reprocess"
    (database,) = database.glob("*.db")
    shares = [
        gzip.compress(json.dumps([{"path": str(path), "size": path.stat().st_size}]).encode())
        for path in sorted((home / "logs").glob("kafka*"))
    ]
    hashes = [hashlib.sha256(share).hexdigest() for share in shares]
    place = {
        "plan": "database", "shards": 2, "total_files": 2, "begins_at": 0, "list": "0" * 16,
        "sha256": hashlib.sha256("".join(hashes).encode()).hexdigest(),
    }  # fmt: skip
    for name, content in {"files/files.json": place, "job/config.json": {"dry_run": True, "connection_ids": ["c1"]}}.items():
        (home / name).parent.mkdir()
        (home / name).write_text(json.dumps(content))
    with sqlite3.connect(database) as rows:
        rows.executemany(
            "INSERT INTO reprocessing_plans VALUES ('w', ?, 0, ?, ?)",
            [(shard, shares[shard].hex(), hashes[shard]) for shard in range(2)],
        )

    def work(index):
        return reprocess(
            program="reprocessing-worker", home=home, JOB_ID="w", WORKER_INDEX=str(index),
            TOTAL_WORKERS="2", DATABASE_URL=f"sqlite:///{database}", REPROCESS_CONFIG_DIR=str(home),
        )  # fmt: skip

    done = work(1)
    assert done.returncode == 0, done.stderr
    status = json.loads(reprocess("status", "w", "--json", home=home).stdout)
    assert (status["total_lines"], status["shards"][0]["shard"]) == (4, 1)
    with sqlite3.connect(database) as rows:
        rows.execute("UPDATE reprocessing_plans SET items = ? WHERE shard = 0", (shares[1].hex(),))
    refused = work(0)
    assert refused.returncode == 1
    assert "reprocessing_plans has another one than files.json says" in refused.stderr + refused.stdout


def test_every_event_has_its_time_and_warnings_are_events(home):
    done = reprocess("run", "logs", "--out", "out", "--json", home=home)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for one in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["time"]), one
    # As times: "26.11Z" is before "26.118Z", and as a text behind it.
    times = [datetime.fromisoformat(one["time"]) for one in events]
    assert times == sorted(times)
    (warning,) = [one["warning"] for one in events if one["event"] == "warning"]
    assert "no streams repository" in warning and f"warning: {warning}" in done.stderr
    refused = reprocess("run", "nowhere", "--out", "out", "--json", home=home)
    (error,) = map(json.loads, refused.stdout.splitlines())
    assert error["event"] == "error" and error["time"] and "nowhere" in error["error"]["where"]


def test_a_pause_of_a_job_that_has_ended_says_so_and_holds_nothing(home):
    assert run(home, "logs", "--out", "out", "--job", "j").returncode == 2
    refused = reprocess("pause", "j", home=home)
    assert refused.returncode == 1 and "it has ended, completed" in refused.stderr
    told = reprocess("set", "j", "max_messages_per_second=2k", home=home)
    assert told.returncode == 0 and "2,000 messages/s" in told.stdout
    assert "It has ended, completed" in told.stdout
    status = json.loads(reprocess("status", "j", "--json", home=home).stdout)
    assert status["paused"] is False


def test_a_report_says_what_was_sent_and_that_the_books_balance(home):
    done = run(home, "logs", "--out", "out", "--job", "j")
    assert done.returncode == UNSENT_LINES, done.stderr
    assert "The books balance: 12 lines = 9 sent + 1 skipped + 2 errors." in done.stdout
    assert "notes.txt: name does not end in" in done.stderr


def test_status_and_errors_as_json(home):
    assert run(home, "logs", "--out", "out", "--job", "j", "--shards", "2").returncode == UNSENT_LINES
    for name, arguments in {
        "status.json": ["status"],
        "status_job.json": ["status", "j"],
        "errors.json": ["errors", "j"],
        "report.json": ["report", "j"],
    }.items():
        done = reprocess(*arguments, "--json", home=home)
        assert done.returncode == 0, done.stderr
        expect_golden(name, normal(done.stdout, home))


def test_a_report_is_named_by_the_hash_of_its_document_and_kept_as_a_page(home):
    run(home, "logs", "--out", "out", "--job", "j")
    document = reprocess("report", "j", "--json", home=home).stdout
    text = reprocess("report", "j", "--html", "j.html", home=home).stdout
    digest = hashlib.sha256(document.encode()).hexdigest()
    assert digest in text and "files are not verified" in text
    page = (home / "j.html").read_text()
    assert digest in page and "{no json" in page
    missing = reprocess("report", "j", "--html", "no/such/j.html", home=home)
    assert missing.returncode == 1 and "no/such/j.html" in missing.stderr


def test_errors_of_one_reason(home):
    assert run(home, "logs", "--out", "out", "--job", "j").returncode == UNSENT_LINES
    done = reprocess("errors", "j", "--reason", "not_object", "--json", home=home)
    rows = json.loads(done.stdout)["rows"]
    assert [(row["first_line"], row["sample"]) for row in rows] == [(8, "[1]")]
    assert reprocess("errors", "j", "--reason", "blank", home=home).returncode == 1
    assert "no such job" in reprocess("errors", "other", home=home).stderr


def test_inspect_as_json(home):
    done = reprocess("inspect", "logs", "--stream", "s2", "--json", home=home)
    assert done.returncode == UNSENT_LINES, done.stderr
    expect_golden("inspect.json", normal(done.stdout, home))
    assert not (home / ".local").exists()


def test_retry_as_json(home):
    assert run(home, "logs", "--out", "out", "--job", "j", "--shards", "1").returncode == UNSENT_LINES
    done = reprocess("retry", "j", "--job", "again", "--json", home=home)
    assert done.returncode == UNSENT_LINES, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kept = [e for e in events if e["event"] in ("planned", "report")]
    expect_golden("retry.json", normal(json.dumps(kept, indent=2) + "\n", home))


def test_a_job_that_is_complete_sends_nothing_again_until_it_is_reset(home):
    assert run(home, "logs", "--out", "out", "--job", "j").returncode == UNSENT_LINES
    once = sent(home, "j")
    again = reprocess("run", "--job", "j", home=home)
    assert again.returncode == UNSENT_LINES and "already complete" in again.stdout
    assert sent(home, "j") == once

    refused = reprocess("reset", "j", home=home)
    assert refused.returncode == 1 and "not confirmed" in refused.stderr
    assert "9 messages will be sent again" in refused.stdout
    done = reprocess("reset", "j", "--yes", "--json", home=home)
    assert done.returncode == 0, done.stderr
    expect_golden("reset.json", normal(done.stdout, home))
    assert json.loads(reprocess("status", "j", "--json", home=home).stdout)["total_lines"] == 0

    assert reprocess("run", "--job", "j", home=home).returncode == UNSENT_LINES
    assert sent(home, "j") == once  # the files were begun anew


def test_a_resumed_job_is_the_one_that_was_planned(home):
    assert run(home, "logs", "--out", "out", "--job", "j", "--limit", "5").returncode == 0
    (home / "logs" / "late.ndjson").write_text(event(9, 3) + "\n")
    for changed in (
        ["--limit", "6"],
        ["--stream", "s1"],
        ["--out", "elsewhere"],
        ["--dry-run"],
        ["--shards", "1"],
    ):
        refused = reprocess("run", "--job", "j", *changed, home=home)
        assert refused.returncode == 1 and "its plan has" in refused.stderr, changed
    late = run(home, "logs", "--out", "out", "--job", "j", "--limit", "5")
    assert late.returncode == 1 and "late.ndjson" in late.stderr
    assert "not in its plan" in late.stderr and "without --job" in late.stderr
    (home / "logs" / "late.ndjson").unlink()
    same = run(home, "logs", "--out", "out", "--job", "j", "--limit", "5")
    assert same.returncode == 0, same.stderr
    assert len(sent(home, "j")) == 5


def test_a_file_that_cannot_be_read_to_its_end_is_exit_2_and_its_errors_stay(home):
    cut = home / "logs" / "kafka_failover_2026_05_02T00_00_00.ndjson.gz"
    cut.write_bytes(cut.read_bytes()[:-12])
    for arguments in (["logs", "--out", "out", "--connection", "c1", "--shards", "1"], []):
        done = reprocess("run", *arguments, "--job", "j", home=home)
        assert done.returncode == 2, done.stderr
        assert "Failed files" in done.stdout and "The books balance" in done.stdout
        rows = json.loads(reprocess("errors", "j", "--json", home=home).stdout)["rows"]
        assert [(row["first_line"], row["reason"]) for row in rows] == [
            (7, "invalid_json"),
            (8, "not_object"),
            (4, "unreadable"),
        ]


def test_a_dry_run_sends_nothing(home):
    done = run(home, "logs", "--dry-run", "--job", "j")
    assert done.returncode == UNSENT_LINES and "9" in done.stdout
    assert not (home / "out").exists()


def test_a_start_file_and_line_leave_out_what_is_before(home):
    done = run(
        home, "logs", "--out", "out", "--job", "j",
        "--start-file", "kafka_failover_2026_05_02T00_00_00.ndjson.gz", "--start-line", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sent(home, "j") == [event(n, 2, "s2") for n in (2, 3)]
    assert "2 lines = 2 sent" in done.stdout


def test_a_job_is_watched_until_it_has_ended(home):
    assert run(home, "logs", "--out", "out", "--job", "j").returncode == UNSENT_LINES
    done = reprocess("watch", "j", "--exit-status", "--json", home=home)
    assert (done.returncode, done.stderr) == (UNSENT_LINES, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    expect_golden("watch.json", normal(json.dumps(events, indent=2) + "\n", home))
    shown = reprocess("watch", "j", home=home)
    assert shown.returncode == 0
    assert shown.stdout.startswith("completed\n")


def test_a_planned_job_is_cancelled_for_good(home):
    assert plan(home).returncode == 0
    refused = reprocess("cancel", "j", home=home)
    assert refused.returncode == 1 and "--yes" in refused.stderr
    done = reprocess("cancel", "j", "--yes", "--json", home=home)
    assert done.returncode == 0, done.stderr
    expect_golden("cancel.json", done.stdout)
    assert reprocess("cancel", "j", "--yes", home=home).returncode == 0
    assert json.loads(reprocess("status", "j", "--json", home=home).stdout)["status"] == "cancelled"


def test_a_job_that_has_ended_is_not_cancelled(home):
    assert run(home, "logs", "--out", "out", "--job", "j").returncode == UNSENT_LINES
    done = reprocess("cancel", "j", "--yes", home=home)
    assert done.returncode == 1 and "it has completed" in done.stderr
