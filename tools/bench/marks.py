"""Runs that have a mark of their own to keep to: refused records, lines of a few bytes, many small files."""

import base64
import random
import shutil

import corpora

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


def many_files(folder, file, folders=2, each=50_000):
    """Folders of hard links to copies of `file`: a file system allows some 65,000 of one."""
    made = [folder / f"many-{n}" for n in range(folders)]
    for place in made:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        first = shutil.copy(file, place / "kafka_failover_000000.ndjson")
        for n in range(1, each):
            (place / f"kafka_failover_{n:06}.ndjson").hardlink_to(first)
    return made


def mark_rows(runner, folder, corpus, topic):
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
    places = many_files(folder, corpora.head(folder, corpus, 10))
    sample = runner.here(places, 1_000_000, 1, dry_run=True)
    rows.append({"name": "many small files: 100,000, dry run", "wall": sample.wall, "mib": sample.mib, "mark": "15 s"})
    for place in places:
        shutil.rmtree(place)
    return rows
