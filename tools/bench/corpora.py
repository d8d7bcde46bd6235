"""The files that are measured: made once, kept below build/bench."""

import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(__file__).parents[1]


def make(folder, events, shape="message"):
    """A folder with corpus.ndjson and corpus.ndjson.gz."""
    corpus = folder / f"{shape}-{events}"
    packed = corpus / "corpus.ndjson.gz"
    if not packed.exists() or packed.stat().st_mtime < (TOOLS / "events.py").stat().st_mtime:
        print(f"make {events} events of the shape {shape}", flush=True)
        subprocess.run([sys.executable, TOOLS / "make_corpus.py", corpus, "--events", str(events), "--shape", shape],
                       check=True)
    return corpus


def repeated(folder, file, times):
    """`file` under several names that discovery takes for failover files."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"kafka_failover_{i:06}{''.join(file.suffixes)}" for i in range(times)]
    for name in names:
        if not name.exists() or not name.samefile(file):
            name.unlink(missing_ok=True)
            # A hard link, but for the many: a file system allows some 65,000 of one file.
            name.hardlink_to(file) if times <= 1000 else name.symlink_to(file)
    return names


def head(folder, corpus, events):
    """The first lines of a corpus as a file of its own."""
    file = folder / f"head-{events}.ndjson"
    with open(corpus / "corpus.ndjson", "rb") as lines:
        file.write_bytes(b"".join(next(lines) for _ in range(events)))
    return file
