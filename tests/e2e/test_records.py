"""What a record is, and what becomes of every line of every kind of file."""

import random
import re

import pytest

from harness.books import check_books
from harness.corpus import BOM, Line, message, messages
from harness.oracle import line_key
from harness.programs import COMPLETED

NUMBERS = (
    b'{"messageCreated":"2026-05-01T00:00:00Z","a":1.0,"b":1E400,"c":-0,'
    b'"d":0.1000000000000000055511151231257827,'
    b'"e":123456789012345678901234567890,"f":1e-7,"g":-0.0,'
    b'"h":18446744073709551616,"i":10000000000000000000000.5}'
)
ODD_BUT_VALID = [
    NUMBERS,
    b"{}",
    b'{"origin":{}}',
    b'{"origin":null,"messageCreated":null}',
    b'{"a":"\\ud800","b":"\\udfff\\ud83d","c":"\\u0000\\/\\b"}',
    b'{"a":1,"a":2,"a":{"a":3}}',
    b'{"":{"":[]},"\\u0061":1}',
    '{"emoji":"🐎žlutý\u2028\ufeff"}'.encode(),
    b'{"del":"\x7f"}',
    b'{"deep":' + b"[" * 9_990 + b"]" * 9_990 + b"}",
    b'{"quoted":"a \\" b \\\\","brace":"}{ ][ , :"}',
]
NOT_UTF8 = [b'{"a":"\xff\xfe"}', b'{"a":"\xed\xa0\x80"}', b'{"\xc3":1}', b'{"cut":"\xe2\x82"}']
SPACED = [
    b' {"a": 1}',
    b'{"a" :\t[1, 2 ,3 ] , "b":{ } }\t ',
    b'{"keeps": " two  spaces \\" and : , ", "n": -1.50e+10}',
    b'\t{ "origin" : { "slug" : "" } }\r',
    b'{"a":"x"} ',
]
INVALID = [
    b"{",
    b'{"a":1',
    b'{"a":1}}',
    b'{"a":1} {"b":2}',
    b'{"a":01}',
    b'{"a":1.}',
    b'{"a":.5}',
    b'{"a":+1}',
    b'{"a":-}',
    b'{"a":1e}',
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":True}',
    b"{'a':1}",
    b'{"a":"\\x41"}',
    b'{"a":"\\u12g4"}',
    b'{"a":"\x01"}',
    b'{"a":"tab\there"}',
    b'{"a":"open}',
    b'{"a",1}',
    b'{"a":1,}',
    b'{,"a":1}',
    b'{"a":[1,]}',
    b'{"a":1}\x00',
    b'{"a":1}\x0c',
    b"{\xc2\xa0}",
    b'{"a":1 \xe2\x80\x83}',
    b"{a:1}",
    b'{1:"a"}',
    b'// {"a":1}',
    b'{"a":1} //',
    b"kafka_failover",
    b'{"deep":' + b"[" * 10_001 + b"]" * 10_001 + b"}",
    b"\x00",
    b"\xff",
]
NOT_OBJECTS = [b"[]", b'[{"a":1}]', b'"text"', b"1", b"-0.5e3", b"true", b"null", b" null "]


def lines_of_every_kind():
    lines = [Line(text) for text in ODD_BUT_VALID + NOT_UTF8 + SPACED]
    lines += [Line(text, "invalid_json") for text in INVALID]
    lines += [Line(text, "not_object") for text in NOT_OBJECTS]
    lines += [Line(text, "blank") for text in (b"", b" ", b"\t \t", b"\r")]
    lines += [Line(message(900), "send", end=b"\r\n"), Line(b"", "blank", end=b"\r\n")]
    return [line for pair in zip(messages(len(lines)), lines, strict=True) for line in pair]


def test_every_property_of_a_record_is_as_documented(world):
    """Key, header and value: the path's and place's UUID, no header, the bytes as they are."""
    file = world.add(messages(300), codec="gzip")
    world.run()
    records = world.check_delivered()
    version4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(version4.fullmatch(record.key) for record in records)
    assert {record.header for record in records} == {None}
    by_key = {record.key: record.value for record in records}
    for line in (file.lines[0], file.lines[150], file.lines[-1]):
        assert by_key[line_key(file.path, line.first_byte)] == line.text


@pytest.mark.parametrize(
    "codec, packing",
    [
        ("plain", {}),
        ("gzip", {"members": 1}),
        ("gzip", {"members": 7, "empty_between": True}),
        ("zstd", {"frames": 1}),
        ("zstd", {"frames": 5}),
    ],
    ids=["plain", "gzip", "gzip members", "zstd", "zstd frames"],
)
def test_every_kind_of_line_has_its_fate_in_every_kind_of_file(world, codec, packing):
    world.add(lines_of_every_kind(), codec=codec, **packing)
    world.run()
    world.check_delivered()
    check_books(world)


def test_content_decides_what_a_file_is_and_not_its_name(world):
    world.add(messages(5), "a.ndjson", codec="gzip")
    world.add(messages(5, first=10), "b.ndjson.gz", codec="zstd")
    world.add(messages(5, first=20), "c.txt", codec="zstd")
    world.add(messages(5, first=30), "d", codec="plain")
    world.run()
    world.check_delivered()
    check_books(world)


def test_a_byte_order_mark_belongs_to_the_first_lines_bytes_and_not_to_its_value(world):
    for n, codec in enumerate(("plain", "gzip")):
        first, *rest = messages(3, first=10 * n)
        first.text = BOM + first.text
        world.add([first, *rest], codec=codec)
    world.add([Line(BOM, "blank"), Line(BOM + b"{}", "invalid_json"), Line(b"{}")])
    world.run()
    world.check_delivered()
    check_books(world)


def test_the_last_line_may_lack_its_newline(world):
    for n, end in enumerate((b"", b"\r", b"\r\n")):
        lines = messages(3, first=10 * n)
        lines[-1].end = end
        world.add(lines)
    world.add([Line(message(90), end=b"")])
    world.add([Line(b"{", "invalid_json", end=b"")])
    world.run()
    world.check_delivered()
    check_books(world)


def test_a_line_over_the_limit_is_an_error_line_and_the_file_goes_on(world):
    """Exactly at the limit it is sent; one byte more and it is not, however long it is."""
    limit = 5_000
    exact = b'{"a":"' + b"x" * (limit - 8) + b'"}'
    assert len(exact) == limit
    world.add(
        [
            *messages(3),
            Line(exact),
            Line(exact[:-2] + b'y"}', "oversized"),
            Line(b'{"a":"' + b"z" * 3_000_000 + b'"}', "oversized"),
            *messages(3, first=10),
            Line(b"[" * 10_000, "oversized"),
            Line(b"w" * 700_000, "oversized", end=b""),
        ],
        codec="gzip",
    )
    world.run(REPROCESS_MAX_LINE_BYTES=limit)
    world.check_delivered()
    check_books(world)


def test_a_line_of_nine_megabytes_arrives_whole(world):
    world.broker.create_topic(f"{world.topic}-big", 1, max_message_bytes=20 << 20)
    world.topic += "-big"
    noise = random.Random(1).randbytes(9 << 19).hex().encode()
    world.add([*messages(2), Line(b'{"a":"' + noise + b'"}'), *messages(2, first=10)])
    world.run()
    world.check_delivered()


def test_neighbouring_bad_lines_share_rows_that_cover_every_one(world):
    lines = messages(50)
    for n in range(5_000):
        lines += [Line(b"bad", "invalid_json"), Line(b"[%d]" % n, "not_object")]
    lines += [Line(b"{]", "invalid_json") for _ in range(5_000)]
    world.add(lines + messages(50, first=60_000))
    world.run()
    world.check_delivered()
    check_books(world)
    rows = world.database.row("SELECT count(*) AS n FROM reprocessing_errors")["n"]
    assert rows <= 10_200, "neighbouring lines with one reason share a row"


def test_past_the_limit_of_rows_errors_are_kept_as_ranges(world):
    lines = []
    for n in range(300):
        lines += [Line(b"bad", "invalid_json"), Line(message(n))]
    world.add(lines)
    world.run(REPROCESS_MAX_ERROR_ROWS=100)
    world.check_delivered()
    assert world.worker()["error_count"] == 300
    row = world.database.row(
        """SELECT count(*) AS n, sum(line_count) AS lines, max(approximate) AS approximate
           FROM reprocessing_errors"""
    )
    assert 100 < row["n"] < 150 and row["lines"] == 300 and row["approximate"]


def test_keys_are_the_same_in_every_run(world):
    world.add(messages(20))
    world.run()
    first = {record.key for record in world.check_delivered()}
    other = f"{world.topic}-again"
    world.broker.create_topic(other)
    program = world.start(JOB_ID=f"{world.job_id}-again", KAFKA_DESTINATIONS_TOPIC=other)
    program.expect(COMPLETED)
    assert {record.key for record in world.broker.records(other)} == first
