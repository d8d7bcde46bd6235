#!/usr/bin/env python3
"""Writes one large failover file, plain and gzipped, for measurements: the same for the same seed.

    make_corpus.py DIR [--events 400000] [--shape message] [--seed 7]

DIR/corpus.ndjson and DIR/corpus.ndjson.gz; shapes are the methods of Events in events.py.
"""

import argparse
import datetime
import gzip
import pathlib

from events import Events, utc


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--shape", choices=["message", "small", "large"], default="message")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()

    options.directory.mkdir(parents=True, exist_ok=True)
    plain = options.directory / "corpus.ndjson"
    make, when = getattr(Events(options.seed), options.shape), utc(2026, 5, 1)
    step = datetime.timedelta(milliseconds=30)
    with open(plain, "wb", buffering=1 << 20) as out, gzip.GzipFile(
        options.directory / "corpus.ndjson.gz", "wb", compresslevel=6, mtime=0
    ) as packed:
        for first in range(0, options.events, 1000):
            lines = []
            for _ in range(min(1000, options.events - first)):
                lines.append(make(when))
                when += step
            text = ("\n".join(lines) + "\n").encode()
            out.write(text)
            packed.write(text)


if __name__ == "__main__":
    main()
