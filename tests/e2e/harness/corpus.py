"""Failover files: lines with what must become of them, and the files that hold them."""

import gzip
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

from .oracle import SKIP_REASONS, compact, line_key

BOM = b"\xef\xbb\xbf"


@dataclass
class Line:
    """One line without its terminator. `fate` is "send", or the reason why it is not sent."""

    text: bytes
    fate: str = "send"
    connections: str | None = None  # value of the header connection_ids; None = no header
    end: bytes = b"\n"
    first_byte: int = 0  # set by layout()
    number: int = 0

    @property
    def end_byte(self):
        return self.first_byte + len(self.text) + len(self.end)


def message(number, *, stream="", slug="", created="2026-05-01T00:00:00.114Z",
            kind="page", size=300, seed=0, **more):  # fmt: skip
    """An ingest message as the failover log holds it: about `size` bytes, compact, any unicode."""
    dice = random.Random(f"{seed}/{number}")
    body = {
        "ingestType": "browser",
        "messageCreated": created,
        "writeKey": "wk19:***",
        "messageId": f"{dice.getrandbits(128):032x}",
        "type": kind,
        "origin": {"baseUrl": "https://data.example.com", "slug": slug, "sourceId": stream},
        "httpPayload": {"type": kind, "n": number, "userId": None, "näme": "žluťoučký 🐎"},
    }
    body.update(more)
    body = {name: value for name, value in body.items() if value is not ...}
    bare = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    if bare < size and "httpPayload" in body:
        body["httpPayload"]["pad"] = f"{dice.getrandbits(4 * size):x}"[: max(size - bare - 9, 0)]
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def messages(count, *, first=0, **options):
    """`count` lines that are all to be sent, without a header unless told."""
    connections = options.pop("connections", None)
    return [
        Line(message(n, **options), connections=connections) for n in range(first, first + count)
    ]


def layout(lines, start=0):
    """Sets number and first byte of each line; returns the whole content."""
    at = start
    for number, line in enumerate(lines, start=1):
        line.number, line.first_byte = number, at
        at += len(line.text) + len(line.end)
    return b"".join(line.text + line.end for line in lines)


def gzip_members(content, members=1, empty_between=False):
    """Gzip in several members, cut anywhere, as concatenated files are."""
    step = max(1, -(-len(content) // members))
    pieces = [content[at : at + step] for at in range(0, len(content), step)] or [b""]
    packed = [gzip.compress(piece, compresslevel=1, mtime=0) for piece in pieces]
    return (gzip.compress(b"", mtime=0) if empty_between else b"").join(packed)


def zstd_frames(content, frames=1):
    step = max(1, -(-len(content) // frames))
    pack = zstandard.ZstdCompressor(level=1).compress
    return b"".join(pack(content[at : at + step]) for at in range(0, len(content), step))


@dataclass
class File:
    """A file of the job's list. `counted` are the lines that the worker judges."""

    path: Path
    lines: list = field(default_factory=list)
    content: bytes = b""  # decompressed
    listed: dict = field(default_factory=dict)

    def records(self):
        """{key: (header, value)} of what must arrive from this file."""
        return {
            line_key(self.path, line.first_byte): (
                line.connections,
                compact(line.text.removeprefix(BOM)),
            )
            for line in self.lines
            if line.fate == "send"
        }

    def counts(self):
        """{fate: lines} of this file."""
        counts = {}
        for line in self.lines:
            counts[line.fate] = counts.get(line.fate, 0) + 1
        return counts


def sent_skipped_errors(counts):
    """(success, skipped, errors) of {fate: lines}."""
    sent = counts.get("send", 0)
    skipped = sum(counts.get(reason, 0) for reason in SKIP_REASONS)
    return sent, skipped, sum(counts.values()) - sent - skipped
