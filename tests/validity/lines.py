"""Lines that are JSON, nearly JSON and not JSON at all, from one seed."""

import json
import random
import string

KEYS = ["messageCreated", "origin", "sourceId", "slug", "type", "httpPayload", "a", "", "Origin", "origin "]
NUMBERS = [
    "0", "-0", "1", "-1.5", "1e5", "1E+05", "0.1e-7", "18446744073709551615", "18446744073709551616",
    "-9223372036854775809", "123456789" * 60, "1e400", "-1E-400", "0.000000000000000000000000000001", "5" * 4400,
    # none of these is a number
    "01", "-", "1.", ".5", "+1", "1e", "1e+", "0x10", "--1", "1_000", "NaN", "Infinity", "-Infinity", "1.e5", "00", "-01",
]  # fmt: skip
STRINGS = [
    b"", b"2026-05-01T00:00:00.114Z", b"src0019", b"site-19", b"a b  c", b"{}[]:,", b"\\\"", b"\\\\", b"\\/\\b\\f\\n\\r\\t",
    b"\\u0041", b"\\u00e9", b"\\ud83d\\ude00", b"\\ud800", b"\\udfff", b"\\ud800\\ud800", b"\\udc00\\ud800", b"\\ud83dx",
    b"\\ud83d\\n", b"\\u0000", b"\\uD83D\\uDE00", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xff", b"\xc3", b"\xed\xa0\x80",
    b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\x7f", b"\xe2\x80\xa8", b"x" * 70, b"y" * 200,
    # none of these may stand in a string
    b"\\x41", b"\\u12", b"\\u12g4", b"\\", b"\x00", b"\x01", b"\t", b"\r", b"\x1f", b"\\u+123", b"\\u 123", b"\\U0041", b"\\'",
]  # fmt: skip
WORDS = [b"true", b"false", b"null", b"True", b"nul", b"nulll", b"TRUE", b"undefined", b"tru e"]
SPACES = [b" ", b"\t", b"\r", b"  ", b" \t\r ", b"\x0b", b"\x0c", b"\xa0", b"\xc2\xa0", b"\xef\xbb\xbf", b"\x00", b"\x1e", b"\x85"]
PIECES = [b'"', b"{", b"}", b"[", b"]", b":", b",", b"\\", b"0", b"-", b"e", b"u", b"//x", b"/**/", b"'", b"\xff", b"\x00"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def maybe(self, chance):
        return self.random.random() < chance

    def space(self):
        if not self.maybe(self.spacing):
            return b""
        return self.random.choice(SPACES[:5] if self.maybe(0.995) else SPACES)

    def pick(self, good, of):
        """Mostly one of the first `good`, rarely one of the wrong ones behind them."""
        return self.random.choice(of[:good] if self.maybe(0.998) else of)

    def text(self, body):
        return b'"' + body + b'"'

    def key(self):
        key = self.random.choice(KEYS).encode()
        if self.maybe(0.15):  # the same key, written otherwise
            key = b"".join(b"\\u%04x" % c if self.maybe(0.5) else bytes([c]) for c in key)
        return self.text(key)

    def value(self, depth):
        roll = self.random.random()
        if depth > 0 and roll < 0.25:
            return self.object(depth - 1)
        if depth > 0 and roll < 0.35:
            return self.array(depth - 1)
        if roll < 0.6:
            return self.text(self.pick(32, STRINGS))
        if roll < 0.85:
            return self.pick(15, NUMBERS).encode() if self.maybe(0.3) else b"%d" % self.random.randrange(10**6)
        return self.pick(3, WORDS)

    def joined(self, items, opening, closing):
        comma = b","
        inside = comma.join(self.space() + item + self.space() for item in items) or self.space()
        return opening + inside + closing

    def array(self, depth):
        return self.joined([self.value(depth) for _ in range(self.random.randrange(4))], b"[", b"]")

    def object(self, depth, least=0):
        members = range(self.random.randrange(least, 5))
        return self.joined([self.member(self.key(), depth) for _ in members], b"{", b"}")

    def member(self, key, depth):
        value = self.object(depth) if key == b'"origin"' and self.maybe(0.7) else self.value(depth)
        return key + self.space() + b":" + self.space() + value

    def message(self):
        number = self.random.randrange(100)
        message = {
            "messageCreated": f"2026-05-{number % 31 + 1:02}T00:00:00.{number:03}Z",
            "type": self.random.choice(["page", "track"]),
            "origin": {"slug": f"site-{number}", "sourceId": f"src{number:04}", "classic": self.maybe(0.5)},
            "httpPayload": {"n": number * 1.5, "text": "".join(self.random.choices(string.printable + "éß😀\u2028", k=20))},
        }
        separators = self.random.choice([(",", ":"), (",", ":"), (", ", ": "), (" ,\t", " :\r ")])
        return json.dumps(message, separators=separators, ensure_ascii=self.maybe(0.5)).encode()

    def document(self):
        self.spacing = self.random.choice([0, 0, 0.05, 0.5])
        if self.maybe(0.4):
            return self.message()
        body = self.object(3, 1) if self.maybe(0.9) else self.value(3)
        return self.space() + body + self.space()

    def mutated(self, line):
        line = bytearray(line)
        at = self.random.randrange(len(line) + 1)
        match self.random.randrange(8):
            case 0 if at < len(line):
                line[at] ^= 1 << self.random.randrange(8)
            case 1 if at < len(line):
                line[at] = self.random.randrange(256)
            case 2:
                del line[at:]
            case 3:
                del line[at : at + self.random.randrange(1, 4)]
            case 4:
                line[at:at] = self.random.choice(PIECES)
            case 5:
                line[at:at] = self.random.choice(SPACES)
            case 6:
                line[at:at] = self.pick(32, STRINGS)
            case _:
                end = min(len(line), at + self.random.randrange(1, 30))
                line[at:at] = line[at:end]
        return bytes(line)

    def line(self):
        line = self.document()
        for _ in range(self.random.choice([0, 0, 1, 1, 1, 2, 4])):
            line = self.mutated(line)
        return line.replace(b"\n", b" ")


def nested(depth, opening, closing, inside=b"1"):
    """`depth` containers in all, the outermost an object."""
    return b'{"a":' + opening * (depth - 1) + inside + closing * (depth - 1) + b"}"


def deep_lines():
    for depth in [1023, 1024, 1025, 1026, 5000, 9999, 10_000, 10_001, 10_002, 20_000]:
        yield nested(depth, b"[", b"]")
        yield nested(depth, b'{"k":', b"}")
        yield nested(depth, b'[ {"origin" :', b"\t} ]", b'"x"')[: 40 * depth] if depth % 2 else nested(depth, b"[", b"]", b" ")
        yield nested(depth, b"[", b"]")[:-1]
        yield nested(depth, b"[", b"]") + b"]"
        yield b"[" * depth + b"]" * depth
        yield b"[" * depth + b"{}" + b"]" * depth
        yield b"[" * depth
        yield b"]" * depth
        yield nested(depth, b"[1,", b",2]")


def long_lines():
    """Past the size up to which the fast parser is asked, and around it."""
    for size in [(1 << 20) - 20, (1 << 20) + 20, 3 << 20]:
        yield b'{"messageCreated":"x","origin":{"slug":"s"},"a":"' + b"z" * size + b'"}'
        yield b'{"messageCreated":"x", "a":"' + b"\\n " * (size // 3) + b'"\t}'
        yield b'{"a":[' + b"1, " * (size // 3) + b"1]}"
        yield b'{"a":"' + b"z" * size


def all_lines(seed, count):
    maker = Maker(seed)
    yield from (maker.line() for _ in range(count))
    for piece in STRINGS:
        yield b'{"messageCreated":"' + piece + b'","origin":{"sourceId":"' + piece + b'"}}'
        yield b'"' + piece + b'"'
    for number in NUMBERS:
        yield b'{"n":' + number.encode() + b"}"
        yield number.encode()
    for space in SPACES:
        yield space + b'{"a"' + space + b":" + space + b"1" + space + b',"b":"' + space + b'"}' + space
        yield space
    yield from deep_lines()
    yield from long_lines()
