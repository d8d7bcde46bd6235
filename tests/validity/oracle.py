"""What a line is, by Python's json and by a checker of its own: shares no code or idea with ours.

Bytes over 0x7F are moved to U+100080..U+1000FF, so that json takes them as they are and they stay
apart from characters that were escaped.
"""

import json
import re

MAX_DEPTH = 10_000
JSON_DEPTH = 500  # deeper lines would need more stack than json gives itself

RAISED = {byte: 0x100000 + byte for byte in range(0x80, 0x100)}
SPACE_OR_STRING = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
TOKEN = re.compile(
    rb'[ \t\r\n]*(?:([\[\]{}:,])'
    rb'|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    rb"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null))"
)


def compacted(line):
    return SPACE_OR_STRING.sub(lambda m: m.group(1) or b"", line)


def kind_and_depth(line):
    """("object" | "other" | "invalid", depth), token by token with a stack."""
    stack, depth, first, at = [], 0, None, 0
    # What may come: v a value, V a value or ], k a key, K a key or }, : a colon, ; a comma or an end
    expect = "v"
    end = len(line.rstrip(b" \t\r\n"))
    while at < end:
        token = TOKEN.match(line, at, end)
        if not token:
            return "invalid", depth
        at = token.end()
        mark, string, _ = token.groups()
        if first is None:
            first = mark
        if mark in (b"[", b"{"):
            if expect not in "vV":
                return "invalid", depth
            stack.append(mark)
            depth = max(depth, len(stack))
            expect = "V" if mark == b"[" else "K"
            continue
        if mark in (b"]", b"}"):
            opened = b"[" if mark == b"]" else b"{"
            may = "V;" if mark == b"]" else "K;"
            if not stack or stack.pop() != opened or expect not in may:
                return "invalid", depth
        elif mark == b":":
            if expect != ":":
                return "invalid", depth
            expect = "v"
            continue
        elif mark == b",":
            if expect != ";" or not stack:
                return "invalid", depth
            expect = "v" if stack[-1] == b"[" else "k"
            continue
        elif string and expect in "kK":
            expect = ":"
            continue
        elif expect not in "vV":
            return "invalid", depth
        expect = ";" if stack else "."
    if expect != ".":
        return "invalid", depth
    return ("object" if first == b"{" else "other"), depth


class Number:
    def __init__(self, text):
        self.text = text


def refuse(constant):
    raise ValueError(constant)


def parsed(line):
    """By json, with numbers of any length. Raises ValueError."""
    text = line.decode("latin-1").translate(RAISED)
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse)


def bytes_of(value):
    if not isinstance(value, str):
        return b""
    lowered = (
        bytes([ord(c) - 0x100000]) if 0x100080 <= ord(c) <= 0x1000FF else c.encode("utf-8", "surrogatepass")
        for c in value
    )
    return b"".join(lowered)


def is_utf8(line):
    try:
        line.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def described(line):
    """The answer that judge_lines owes for this line; of an invalid one only its first word."""
    if not line.strip(b" \t\r\n"):
        return b"blank"
    kind, depth = kind_and_depth(line)
    document = None
    if depth <= JSON_DEPTH:
        try:
            document = parsed(line)
            by_json = "object" if isinstance(document, dict) else "other"
        except ValueError:
            by_json = "invalid"
        assert kind == by_json, f"the oracle disagrees with itself: {kind}, {by_json}: {line!r}"
    if kind == "invalid" or depth > MAX_DEPTH:
        return b"invalid_json"
    if kind == "other":
        return b"not_object"
    return b" ".join([b"ok", b"utf8" if is_utf8(line) else b"bytes", *fields(document or {}), compacted(line)])


def fields(document):
    origin = document.get("origin")
    inside = origin if isinstance(origin, dict) else {}
    hexed = lambda value: b"=" + bytes_of(value).hex().encode()  # noqa: E731
    return [
        hexed(document.get("messageCreated")),
        b"none" if origin is not inside else b"origin",
        hexed(inside.get("sourceId")),
        hexed(inside.get("slug")),
    ]
