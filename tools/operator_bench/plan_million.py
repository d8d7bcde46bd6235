"""What it costs to plan a million objects: time, memory, and how evenly workers share the bytes."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "testak", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_REGION": "us-east-1"}
COUNT, WORKERS, DELAY = 1_000_000, 100, 0.05
COMMAND = f"reprocess plan s3://bucket/failover --dry-run --workers {WORKERS} --json"


def program():
    folder = os.environ.get("REPROCESS_BIN_DIR", ROOT / "build/release/bin")
    return str(pathlib.Path(folder) / "reprocess")


@contextlib.contextmanager
def listing():
    """{"url", "bytes"} of the stub."""
    stub = pathlib.Path(__file__).with_name("listing_stub.py")
    command = [sys.executable, str(stub), str(COUNT), str(DELAY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def plan(url, folder):
    """(seconds, MiB resident at most, the plan). A child counts what its parent had resident when it was made,
    so this process has to stay small."""
    environment = os.environ | KEYS | {"AWS_ENDPOINT_URL_S3": url, "HOME": str(folder)}
    command = [program(), *COMMAND.split()[1:], "--database", f"{folder}/jobs.db"]
    output = pathlib.Path(folder) / "plan.json"
    with open(output, "wb") as file:
        started = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=file)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"plan_million: {COMMAND}: exit {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, json.loads(output.read_text())


def rows(_world=None) -> list[dict]:
    """One a figure: what, figure, mark, command."""
    with listing() as listed, tempfile.TemporaryDirectory() as folder:
        seconds, memory, planned = plan(listed["url"], folder)
    assert planned["files"] == COUNT and planned["stored_bytes"] == listed["bytes"]
    shares = [worker["stored_bytes"] for worker in planned["workers"]]
    unbalanced = 100 * (max(shares) * len(shares) / sum(shares) - 1)
    what = f"plan {COUNT:,} objects, {1000 * DELAY:.0f} ms a page"
    return [
        {"what": f"{what}: time", "figure": f"{seconds:.1f} s", "mark": "≤ 25 s", "command": COMMAND},
        {"what": f"{what}: memory", "figure": f"{memory:.0f} MiB", "mark": "≤ 256 MiB", "command": COMMAND},
        {"what": f"{what}: heaviest of {len(shares)} shares over the mean", "figure": f"{unbalanced:.2f} %",
         "mark": "≤ 1 %", "command": COMMAND},
    ]


if __name__ == "__main__":
    for row in rows():
        print(f"{row['what']:66} {row['figure']:>9}   {row['mark']}")
