"""What it takes to find out what a topic lacks, and to send that alone where it lies scattered."""

import gzip
import hashlib
import json
import os
import random
import sqlite3

from corpora import make
from runs import BIN, measured

EVENTS = 1_000_000
MANY_LINES = 100_000_000
BLOCK_LINES = 10_000
PART_BYTES = 1 << 20
LINE = b'{"messageCreated":"2026-05-01T00:00:00Z","origin":{"sourceId":"s"}}\n'


def every_other(file, to):
    """Half of the lines, drawn at random."""
    dice = random.Random(1)
    with file.open("rb") as lines, to.open("wb") as half:
        half.writelines(line for line in lines if dice.random() < 0.5)


def command(world, *arguments, **options):
    return measured([str(BIN / "reprocess"), *map(str, arguments)], dict(os.environ), world.folder / "bench.log", **options)


def rows(world):
    file, half = make(world.folder, EVENTS) / "corpus.ndjson", world.folder / "half.ndjson"
    every_other(file, half)
    for topic in ("lacks", "whole"):
        world.broker.create_topic(topic, partitions=4)
    books = f"sqlite://{world.folder}/missing.db"
    into = ("--kafka", world.broker.bootstrap, "--connection", "c1", "--topic")
    jobs = ("--database", books, "--yes")
    command(world, "run", half, *into, "lacks", *jobs, "--job", "there")
    look = ("--only-missing", *into, "lacks")
    found = command(world, "inspect", file, *look, "--json", exits=(0, 2))
    text = (world.folder / "bench.log").read_text()
    report = json.loads(text[text.index("{"):])
    lines, records = report["lines"], report["topic"]["records"]
    yield {"what": f"inspect --only-missing: {lines:,} lines held against {records:,} records",
           "figure": f"{found.cpu * 1e6 / (lines + records):.2f} µs of CPU time for each of both, "
                     f"{found.wall:.1f} s, {found.mib:.0f} MiB",
           "mark": "3 µs a line and 3 µs a record", "command": "reprocess inspect --only-missing"}  # fmt: skip

    command(world, "plan", file, *look, "--outside", "send", "--database", books, "--job", "scattered")
    with sqlite3.connect(world.folder / "missing.db") as database:
        (stored,) = database.execute("SELECT sum(length(bits)) FROM reprocessing_line_sets").fetchone()
    scattered = command(world, "run", "--job", "scattered", *jobs)
    whole = command(world, "run", file, *into, "whole", *jobs, "--again", "--job", "whole")
    yield {"what": "replay of a random half of a file's lines, against that of all of them",
           "figure": f"{scattered.cpu / whole.cpu:.2f} of the CPU time ({scattered.cpu:.1f} and {whole.cpu:.1f} s), "
                     f"{scattered.mib:.0f} MiB; the plan takes {stored:,} bytes",
           "mark": "1.2 of it; 16 MB of plan for 100 million lines", "command": "reprocess run --job, reprocess run"}  # fmt: skip
    yield many_lines(world)


def many_lines(world):
    """A worker, without Kafka, over a file of which a random half of very many lines is sent."""
    folder, books = world.new_folder("many"), world.folder / "many.db"
    file = folder / "many.ndjson.gz"
    with file.open("wb") as out:
        block = gzip.compress(LINE * BLOCK_LINES, 1)
        out.writelines(block for _ in range(MANY_LINES // BLOCK_LINES))
    bits = random.Random(2).randbytes(MANY_LINES // 8)
    for name, text in (("files", {"requires": ["line_set"], "files": [{
            "path": str(file), "size": file.stat().st_size, "line_set": hashlib.sha256(bits).hexdigest()}]}),
            ("job", {"dry_run": True, "connection_ids": ["c1"]})):  # fmt: skip
        (folder / name).mkdir()
        (folder / name / ("files.json" if name == "files" else "config.json")).write_text(json.dumps(text))
    with sqlite3.connect(books) as database:
        database.execute("CREATE TABLE reprocessing_line_sets (job_id VARCHAR(64) NOT NULL, "
                         "list_position INTEGER NOT NULL, part INTEGER NOT NULL, bits BLOB NOT NULL, "
                         "PRIMARY KEY (job_id, list_position, part))")  # fmt: skip
        database.executemany("INSERT INTO reprocessing_line_sets VALUES ('many', 0, ?, ?)", (
            (part, gzip.compress(bits[part * PART_BYTES:(part + 1) * PART_BYTES], 1))
            for part in range(-(-len(bits) // PART_BYTES))))  # fmt: skip
    (stored,) = database.execute("SELECT sum(length(bits)) FROM reprocessing_line_sets").fetchone()
    took = measured([str(BIN / "reprocessing-worker")], os.environ | {
        "DATABASE_URL": f"sqlite://{books}", "JOB_ID": "many", "WORKER_INDEX": "0", "TOTAL_WORKERS": "1",
        "REPROCESS_CONFIG_DIR": str(folder)}, world.folder / "many.log")  # fmt: skip
    return {"what": f"a worker's dry run over a random half of {MANY_LINES:,} lines",
            "figure": f"{took.mib:.0f} MiB, {took.cpu * 1e6 / MANY_LINES:.2f} µs of CPU time a line of the file, "
                      f"{took.wall:.0f} s; the plan takes {stored:,} bytes",
            "mark": "64 MiB, 16 MB of plan", "command": "reprocessing-worker"}  # fmt: skip
