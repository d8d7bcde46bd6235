#!/usr/bin/env python3
"""Writes a small set of failover files to try the programs on, and what they hold.

    make_samples.py DIR [--lines 400] [--seed 1]

DIR/files/   seven files over three days: plain, gzip (one of them of several members) and zstd, with
             some bad lines among the good ones
DIR/expected.json   {"files", "lines", "good", "blank", "bad": {reason: count}}: what a replay without
             filters must report
"""

import argparse
import datetime
import gzip
import json
import pathlib
import subprocess

from events import Events, file_name, repository, utc

# Lines that are not to be sent, and the reason that the report must give.
BAD = [
    ("invalid_json", b'{"messageCreated":"2026-05-01T00:00:00Z","origin":{"slug":"site-1"'),
    ("invalid_json", b'{"type":"page","value":01}'),
    ("invalid_json", b"level=error msg=\"no broker\""),
    ("not_object", b'[{"type":"page"},{"type":"track"}]'),
    ("not_object", b'"just text"'),
    ("blank", b""),
    ("blank", b"   \t"),
]
# Lines that are unusual, and valid all the same.
ODD = [
    b'{"messageCreated":"2026-05-02T10:00:00Z","type":"track","origin":{"slug":"site-1"},"n":1e400}',
    b'{"type":"page","origin":{"sourceId":"src0003"},"text":"lone \\ud800 surrogate"}',
    b'{ "type" : "identify" , "origin" : {"slug":"site-2"} , "spaces" : [ 1 , 2 ] }',
    '{"type":"page","origin":{"slug":"site-4"},"text":"Ünïcödé 🎉"}'.encode(),
]


def lines_of(events, start, count, number):
    """`count` good lines, with the file's share of bad and odd ones spread among them."""
    lines = [events.message(start + datetime.timedelta(seconds=9 * i)).encode() for i in range(count)]
    extra = [BAD[(number + i) % len(BAD)] for i in range(3)] + [("", ODD[number % len(ODD)])]
    for i, (_, line) in enumerate(extra):
        lines.insert((i + 1) * count // (len(extra) + 1), line)
    return lines, [reason for reason, _ in extra]


def write(path, lines, number):
    end = b"\r\n" if number == 2 else b"\n"
    text = end.join(lines) + (b"" if number == 4 else end)  # one file without a last newline
    if path.name.endswith(".gz"):
        middle = len(text) // 3
        parts = [text[:middle], b"", text[middle:]] if number == 3 else [text]
        text = b"".join(gzip.compress(part, mtime=0) for part in parts)
    elif path.name.endswith(".zst"):
        text = subprocess.run(["zstd", "-q", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
    path.write_bytes(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=400, help="good lines in each file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    events = Events(options.seed)
    files = options.directory / "files"
    files.mkdir(parents=True, exist_ok=True)
    for old in files.iterdir():
        old.unlink()
    expected = {"files": 0, "lines": 0, "good": 0, "blank": 0, "bad": {}}
    endings = ["", ".gz", "", ".gz", ".zst", ".gz", ".zst"]
    for number, ending in enumerate(endings):
        start = utc(2026, 5, 1) + datetime.timedelta(hours=9 * number)
        lines, reasons = lines_of(events, start, options.lines, number)
        write(files / file_name(start, ending), lines, number)
        expected["files"] += 1
        expected["lines"] += len(lines)
        for reason in reasons:
            if reason in ("", "blank"):
                expected["good" if reason == "" else "blank"] += 1
            else:
                expected["bad"][reason] = expected["bad"].get(reason, 0) + 1
        expected["good"] += options.lines
    (options.directory / "repository.json").write_text(json.dumps(repository()) + "\n")
    (options.directory / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(f"{expected['files']} files, {expected['lines']} lines in {files}")


if __name__ == "__main__":
    main()
