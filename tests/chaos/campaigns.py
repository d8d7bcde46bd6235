"""What was done so far: a row for each run in docs/reliability/chaos.csv, their sum in docs/reliability.md."""

import csv
import datetime
import pathlib
import re
import subprocess
from dataclasses import dataclass, field

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
TABLE, PAGE = DOCS / "reliability/chaos.csv", DOCS / "reliability.md"
COLUMNS = ("date", "commit", "schedules", "kills", "kills_inside", "other_faults", "records", "failed", "seeds")


@dataclass
class Tally:
    schedules: int = 0
    kills: int = 0
    kills_inside: int = 0
    other_faults: int = 0
    records: int = 0
    seeds: list = field(default_factory=list)
    failures: list = field(default_factory=list)

    def add(self, schedule, done):
        self.schedules += 1
        self.seeds.append(schedule.seed)
        self.kills += done.kills
        self.kills_inside += done.kills_inside
        self.other_faults += done.faults
        self.records += done.records

    def failed(self, seed):
        self.failures.append(seed)

    def __str__(self):
        return (
            f"chaos: {self.schedules} schedules passed, {len(self.failures)} failed; {self.kills} kills, "
            f"{self.kills_inside} of them at 0 < checkpoint < end, {self.other_faults} other faults, "
            f"{self.records} records, each there once"
        )


def record(tally):
    rows = list(csv.DictReader(TABLE.open())) if TABLE.exists() else []
    commit = subprocess.run(
        ["git", "-C", DOCS.parent, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    rows.append({
        "date": datetime.date.today().isoformat(), "commit": commit.stdout.strip(), "schedules": tally.schedules,
        "kills": tally.kills, "kills_inside": tally.kills_inside, "other_faults": tally.other_faults,
        "records": tally.records, "failed": " ".join(map(str, tally.failures)), "seeds": " ".join(map(str, tally.seeds)),
    })  # fmt: skip
    with TABLE.open("w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = PAGE.read_text()
    summary = "<!-- chaos -->\n" + sum_of(rows) + "\n<!-- /chaos -->"
    PAGE.write_text(re.sub(r"<!-- chaos -->.*<!-- /chaos -->", summary, text, flags=re.DOTALL))


def sum_of(rows):
    total = {name: sum(int(row[name]) for row in rows) for name in COLUMNS[2:7]}
    failed = sum(len(row["failed"].split()) for row in rows)
    return (
        f"**{total['schedules']:,} schedules** passed, with **{total['kills_inside']:,} kills** at 0 < checkpoint < end "
        f"(of {total['kills']:,}) and {total['other_faults']:,} other faults: {total['records']:,} records, "
        f"0 lost, 0 twice. {failed} schedules failed on the way; what they found is below."
    )
