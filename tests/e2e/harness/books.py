"""The books: every line is counted once, and one that was not sent is found again from its row."""

import json
import re
from pathlib import Path

from .corpus import BOM
from .oracle import SKIP_REASONS

SAMPLE_BYTES = 1024
TABLES = Path(__file__).resolve().parents[3] / "docs" / "tables.md"


def unescape(text):
    r"""The bytes behind a text column: \xNN stands for a byte."""
    return re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def file_rows(world):
    rows = world.database.rows(
        "SELECT * FROM reprocessing_files WHERE job_id = %s ORDER BY list_position", world.job_id
    )
    return {row["list_position"]: row for row in rows}


def error_rows(world):
    return world.database.rows(
        "SELECT * FROM reprocessing_errors WHERE job_id = %s ORDER BY list_position, first_byte",
        world.job_id,
    )


def check_balances(world):
    """None of the queries that docs/tables.md gives an operator finds a row."""
    chapter = TABLES.read_text().split("## The books balance")[1].split("\n## ")[0]
    queries = re.search(r"```sql\n(.*?)```", chapter, re.DOTALL)[1].split(";")
    for query in filter(str.strip, queries):
        rows = world.database.rows(query)
        assert not rows, f"{query}: {rows[:3]}"


def check_books(world, workers=1):
    """Every row of the job balances, and says what the lines say."""
    files, errors = file_rows(world), error_rows(world)
    for index in range(workers):
        mine = [row for row in files.values() if row["shard"] == index]
        _check_worker(world.worker(index), mine)
    for position, row in files.items():
        listed = [world.files[position], *world.files]  # by path; parts of a file as they are listed
        file = next(file for file in listed if str(file.path) == row["path"])
        _check_file(row, file)
        mine = [error for error in errors if error["list_position"] == position]
        _check_errors(mine, row, file)


def _check_worker(worker, files):
    where = f"worker {worker['worker_index']}"
    total = worker["success_count"] + worker["skipped_count"] + worker["error_count"]
    assert worker["total_lines"] == total, where
    for column, theirs in (
        ("total_lines", "lines"),
        ("success_count", "sent"),
        ("skipped_count", "skipped"),
        ("error_count", "errors"),
    ):
        assert worker[column] == sum(row[theirs] for row in files), f"{where}: {column}"
    if worker["status"] in ("completed", "failed"):
        assert worker["processed_files"] == worker["assigned_files"] == len(files), where
        failed = any(row["state"] == "failed" for row in files)
        assert worker["status"] == ("failed" if failed else "completed"), where


def _reasons(row):
    return {**json.loads(row["skipped_by_reason"]), **json.loads(row["errors_by_reason"])}


def _check_file(row, file):
    where = f"{row['path']} ({row['state']}, {row['failure']})"
    assert row["path"] == str(file.path)
    assert row["lines"] == row["sent"] + row["skipped"] + row["errors"], where
    assert row["bytes"] == row["sent_bytes"] + row["skipped_bytes"] + row["error_bytes"], where
    skipped = json.loads(row["skipped_by_reason"])
    assert set(skipped) <= set(SKIP_REASONS) and sum(skipped.values()) == row["skipped"], where
    assert sum(json.loads(row["errors_by_reason"]).values()) == row["errors"], where
    if row["state"] == "failed":
        assert row["failure"] and _reasons(row).get("unreadable") == 1, where
    if row["state"] != "done":
        return
    counts = file.counts()
    assert row["sent"] == counts.pop("send", 0), where
    assert _reasons(row) == counts, where
    size = {"sent": 0, "skipped": 0, "error": 0}
    for line in file.lines:
        kind = {"send": "sent"}.get(line.fate, "skipped" if line.fate in SKIP_REASONS else "error")
        size[kind] += line.end_byte - line.first_byte
    assert {kind: row[f"{kind}_bytes"] for kind in size} == size, where
    assert row["place_byte"] == len(file.content) == row["bytes"] + row["uncounted_bytes"], where
    assert row["failure"] is None and row["finished_at"] >= row["started_at"], where


def _check_errors(rows, file_row, file):
    """Each row points at its lines by byte and number; together they are all error lines."""
    lines = {line.first_byte: line for line in file.lines}
    found = 0
    for row in rows:
        where = f"{file_row['path']}: {row}"
        found += row["line_count"]
        if row["first_byte"] not in lines:
            assert file_row["state"] == "failed", where  # what was in it the test does not say
            continue
        at, members = row["first_byte"], []
        while at < row["end_byte"]:
            members.append(lines[at])
            at = lines[at].end_byte
        assert at == row["end_byte"], where
        assert (members[0].number, members[-1].number) == (row["first_line"], row["last_line"]), (
            where
        )
        sample = unescape(row["sample"])
        wanted = members[0].text.removeprefix(BOM if members[0].first_byte == 0 else b"")
        assert wanted[: len(sample)] == sample and len(sample) <= SAMPLE_BYTES, where
        assert len(sample) > min(len(wanted), SAMPLE_BYTES) - 4, where  # cut between characters
        assert row["message"], where
        guilty = [line for line in members if line.fate == row["reason"]]
        if row["approximate"]:
            assert row["line_count"] <= len(guilty), where
        else:
            assert row["line_count"] == len(members) == len(guilty), where
    if file_row["state"] == "done":
        assert found == file_row["errors"], file_row["path"]
    if file_row["state"] == "failed":
        assert found == file_row["errors"] - 1, file_row["path"]  # no row for what cannot be read
