"""Runs that have a mark of their own to keep to: records that Kafka refuses, lines of a few bytes."""

import base64
import random

LARGEST = 100_000  # bytes, that the topic takes
CONFIG = {"connection_ids": ["bench"]}


def refused_file(folder, count, refused):
    """`count` messages, `refused` of them at random too large for the topic, also compressed."""
    dice = random.Random(1)
    guilty = set(dice.sample(range(count), refused))
    file = folder / f"refused-{refused}-of-{count}.ndjson"
    with file.open("wb") as out:
        for n in range(count):
            noise = base64.b64encode(dice.randbytes(LARGEST + 10_000)) if n in guilty else b""
            out.write(b'{"messageCreated":"2026-05-01T00:00:00Z","n":%d,"text":"%s%s"}\n'
                      % (n, b"so it goes on and on " * 10, noise))
    return file


def short_file(folder, name, line):
    file = folder / f"{name.split()[0]}.ndjson"
    file.write_bytes(line * (30_000_000 // len(line)))
    return file


def mark_rows(runner, folder, topic):
    """`topic` takes records of LARGEST bytes at the most."""
    rows = []
    for count, refused, mark in ((4_000, 94, "20 s"), (1_000, 1_000, "")):
        file = refused_file(folder, count, refused)
        sample = runner.worker([file], count - refused, CONFIG, {"KAFKA_DESTINATIONS_TOPIC": topic})
        rows.append({"name": f"{refused:,} of {count:,} records refused", "wall": sample.wall, "mib": sample.mib,
                     "mark": mark})
        file.unlink()
    for name, line, sent in (("blank lines", b"\n", 0), ("lines {}", b"{}\n", 10_000_000)):
        file = short_file(folder, name, line)
        sample = runner.worker([file], sent, CONFIG | {"dry_run": True})
        rows.append({"name": f"30 MB of {name}, dry run", "wall": sample.wall, "mib": sample.mib, "mark": "64 MiB"})
        file.unlink()
    return rows
