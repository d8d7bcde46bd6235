"""Runs that have a mark of their own to keep to: refused records, lines of a few bytes, many small files, long lists."""

import base64
import contextlib
import random
import shutil
import subprocess

import corpora
import runs

POSTGRES = runs.ROOT / "tests/servers/postgres.sh"
LARGEST = 100_000  # bytes, that the topic takes
LISTED, WORKERS = 1_000_000, 100
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


@contextlib.contextmanager
def postgres(folder):
    """A server whose commits wait for the disk: yields its address."""

    def call(*arguments):
        return subprocess.run([POSTGRES, *map(str, arguments)], check=True, capture_output=True, text=True).stdout.strip()

    call("remove", folder)
    url = call("start", folder, call("free-port"))
    try:
        subprocess.run(["psql", "-q", url, "-c", "ALTER SYSTEM SET fsync = on", "-c", "SELECT pg_reload_conf()"],
                       check=True, stdout=subprocess.DEVNULL)
        yield url
    finally:
        call("remove", folder)


def long_list(place, file):
    """(path, size) of LISTED files, of which the first of WORKERS workers has those in `place`."""
    size, own = file.stat().st_size, sorted(place.iterdir())
    for n in range(LISTED):
        share, worker = divmod(n, WORKERS)
        yield (own[share] if worker == 0 else place / f"kafka_failover_of_another_{n:07}.ndjson"), size


def long_list_row(runner, folder, file):
    [place] = many_files(folder, file, folders=1, each=LISTED // WORKERS)
    own = LISTED // WORKERS * (len(str(next(place.iterdir()))) + 96)
    sample = runner.worker_of_list(long_list(place, file), 10 * LISTED // WORKERS, CONFIG | {"dry_run": True},
                                   {"TOTAL_WORKERS": str(WORKERS)})
    shutil.rmtree(place)
    mark = 64 + (24 * LISTED + own) / (1 << 20)
    return {"name": f"a list of {LISTED:,} files, 1 of {WORKERS} workers", "wall": sample.wall, "mib": sample.mib,
            "mark": f"{mark:.0f} MiB"}


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
    ten_lines = corpora.head(folder, corpus, 10)
    places = many_files(folder, ten_lines)
    with postgres(folder / "postgres") as url:
        for name, database in (("SQLite", None), ("PostgreSQL", url)):
            sample = runner.here(places, 1_000_000, 1, dry_run=True, database=database)
            rows.append({"name": f"100,000 files of ten lines, dry run, {name}", "wall": sample.wall, "mib": sample.mib,
                         "mark": "15 s"})
    for place in places:
        shutil.rmtree(place)
    return [*rows, long_list_row(runner, folder, ten_lines)]
