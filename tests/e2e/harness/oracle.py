"""What a line must become, worked out from the documented rules alone (docs, src/model/key.h)."""

import re

import xxhash

_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+', re.DOTALL)


def compact(value):
    """The bytes without white space outside strings."""
    return _STRING_OR_SPACE.sub(lambda match: match.group(1) or b"", value)


def line_key(path, first_byte):
    """The record key of the line that begins at `first_byte` of the file listed as `path`."""
    file_key = xxhash.xxh3_128_digest(str(path).encode(), seed=0)
    digest = bytearray(xxhash.xxh3_128_digest(file_key + first_byte.to_bytes(8, "big"), seed=0))
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


CHECKPOINT_REASONS = (
    "blank", "stream", "date", "invalid_json", "not_object", "oversized", "unknown_stream",
    "no_destination", "no_repository", "too_large", "refused", "unreadable", "connection")  # fmt: skip
FIRST_REASONS = 12  # always written; those after them where they count something
SKIP_REASONS = ("blank", "stream", "date", "connection")


def parse_checkpoint(text):
    """The fields of a checkpoint (src/model/checkpoint.h), numbers as int, reasons as a dict."""
    body, _, checksum = text.rpartition(" ")
    if f"{xxhash.xxh3_64_intdigest(body.encode()):016x}" != checksum:
        raise AssertionError(f"checkpoint with a wrong checksum: {text}")
    magic, *words = body.split(" ")
    if magic not in ("rp1", "rp2"):
        raise AssertionError(f"not a checkpoint: {text}")
    fields = dict(word.split("=", 1) for word in words)
    for name, value in fields.items():
        if name.endswith(".reasons"):
            counts = [int(count) for count in value.split(",")]
            assert FIRST_REASONS <= len(counts) <= len(CHECKPOINT_REASONS), text
            fields[name] = dict(zip(CHECKPOINT_REASONS, counts))
        elif name not in ("state", "owner", "fingerprint", "pass", "version", "pad"):
            fields[name] = int(value)
    return fields
