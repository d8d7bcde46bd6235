"""What was done so far: a row for each run in docs/reliability/chaos.csv, their sum in docs/reliability.md.

A campaign's row is written again after every schedule, so that one that is cut off keeps what it did,
and the next goes on from the sum.
"""

import csv
import datetime
import pathlib
import re
import subprocess

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
TABLE, PAGE = DOCS / "reliability/chaos.csv", DOCS / "reliability.md"
COUNTS = ("schedules", "kills", "kills_inside", "other_faults", "records", "lost", "twice")
COLUMNS = ("date", "commit", *COUNTS, "failed", "seeds")


class Campaign:
    """This run's row, and with `recorded` the rows of those before it."""

    def __init__(self, recorded):
        self.recorded = recorded
        self.before = list(csv.DictReader(TABLE.open())) if recorded and TABLE.exists() else []
        commit = subprocess.run(
            ["git", "-C", DOCS, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        )
        self.row = dict.fromkeys(COUNTS, 0) | {
            "date": datetime.date.today().isoformat(), "commit": commit.stdout.strip(), "failed": [], "seeds": [],
        }  # fmt: skip

    def total(self, name):
        return sum(int(row[name]) for row in (*self.before, self.row))

    def passed(self, schedule, done):
        self.row["seeds"].append(schedule.seed)
        for name, number in (
            ("schedules", 1), ("kills", done.kills), ("kills_inside", done.kills_inside),
            ("other_faults", done.faults), ("records", done.records),
        ):  # fmt: skip
            self.row[name] += number
        self._write()

    def failed(self, schedule, lost, twice):
        self.row["failed"].append(schedule.seed)
        self.row["lost"] += lost
        self.row["twice"] += twice
        self._write()

    def __str__(self):
        row = self.row
        return (
            f"chaos: {row['schedules']} schedules passed, {len(row['failed'])} failed; {row['kills']} kills, "
            f"{row['kills_inside']} of them at 0 < checkpoint < end, {row['other_faults']} other faults, "
            f"{row['records']} records; {row['lost']} lost, {row['twice']} twice"
        )

    def _write(self):
        if not self.recorded:
            return
        flat = {name: " ".join(map(str, value)) if isinstance(value, list) else value
                for name, value in self.row.items()}  # fmt: skip
        TABLE.parent.mkdir(exist_ok=True)
        with TABLE.open("w", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows([*self.before, flat])
        summary = f"<!-- chaos -->\n{self._sum(flat)}\n<!-- /chaos -->"
        text = re.sub(r"<!-- chaos -->.*<!-- /chaos -->", summary, PAGE.read_text(), flags=re.DOTALL)
        PAGE.write_text(text)

    def _sum(self, flat):
        total = {name: f"{self.total(name):,}" for name in COUNTS}
        failed = sum(len(row["failed"].split()) for row in (*self.before, flat))
        return (
            f"**{total['schedules']} schedules** passed, with **{total['kills_inside']} kills** at 0 < checkpoint < end "
            f"(of {total['kills']}) and {total['other_faults']} other faults: {total['records']} records.\n"
            f"**{total['lost']} lost, {total['twice']} twice**, in all of them and in the {failed} schedules that failed."
        )
