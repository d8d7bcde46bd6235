"""Parts of objects, and objects in one version alone: each line is someone's, and no one else's."""

import gzip
import random

import pytest
import zstandard

from s3_world import message, numbered_lines, random_lines, text_of

SMALL_PARTS = {"REPROCESS_S3_PART_BYTES": str(64 << 10)}
LEAST_PART = 16 << 20  # what `reprocess run` cuts off at least


class Text:
    """Lines, every seventh of them no JSON: error rows then say which were read."""

    def __init__(self, count=2000):
        lines = random_lines(count)
        self.lines = [b"not json %d" % n if n % 7 == 3 else line for n, line in enumerate(lines)]
        self.bytes = text_of(self.lines)
        self.places, at = [], 0
        for line in self.lines:
            self.places.append(at)
            at += len(line) + 1

    def owned(self, ranges):
        return [n for n, at in enumerate(self.places) if any(first <= at < first + length for first, length in ranges)]

    def check(self, row, errors, ranges, numbered=True):
        """The books of one item are those of the lines that begin in its ranges."""
        owned = self.owned(ranges)
        bad = [n for n in owned if n % 7 == 3]
        assert (row["state"], row["failure"]) == ("done", None)
        assert (row["lines"], row["errors"], row["sent"]) == (len(owned), len(bad), len(owned) - len(bad))
        assert row["bytes"] == sum(len(self.lines[n]) + 1 for n in owned)
        mine = [error for error in errors if error["list_position"] == row["list_position"]]
        assert [error["first_byte"] for error in mine] == [self.places[n] for n in bad]
        # Whoever begins in the middle of a file does not know how many lines came before.
        assert [error["first_line"] for error in mine] == [n + 1 if numbered else 0 for n in bad]


@pytest.fixture(scope="module")
def text():
    return Text()


def test_a_big_plain_object_is_cut_and_each_line_is_delivered_once(world):
    lines = numbered_lines(44000)
    body = text_of(lines)
    assert len(body) > 2.5 * LEAST_PART
    path = world.put("big.ndjson", body)
    world.run(path, shards=3)
    shards = [world.delivered(shard=shard) for shard in range(3)]
    assert [line for shard in shards for line in shard] == lines
    assert min(map(len, shards)) > len(lines) / 4


def test_parts_of_one_object_are_of_one_version(world, proxy):
    """Shards begin at different times: without a pin each would take what it finds."""
    lines = [message(n, 2000) for n in range(2 * LEAST_PART // 2100 + 100)]
    other = [message(n, 2000) for n in range(500000, 500000 + len(lines))]
    path = world.put("big.ndjson", text_of(lines))

    def replace_before_the_second_half(request):
        if request.first and not replaced and request.first + 1 == len(text_of(lines)) // 2:
            replaced.append(True)
            world.put("big.ndjson", text_of(other))

    replaced = []
    proxy.fault = replace_before_the_second_half
    world.run(path, shards=2, expect=2)
    assert replaced
    assert "no longer the version" in world.failures()[path]
    assert set(world.delivered(shard=0)) | set(world.delivered(shard=1)) <= set(lines)


def test_items_cut_anywhere_own_each_line_once(world, text):
    path = world.put("a.ndjson", text.bytes)
    picks = random.Random(7)
    size = len(text.bytes)
    # Also just before, at and after a line's first byte.
    at = {picks.randrange(size) for _ in range(9)} | {text.places[500] + step for step in (-1, 0, 1)}
    cuts = [0, *sorted(at), size]
    ranges = [(first, end - first) for first, end in zip(cuts, cuts[1:])]
    items = [{"path": path, "size": size, "offset": first, "length": length} for first, length in ranges]
    del items[-1]["length"]  # to the end
    world.work(items, **SMALL_PARTS)
    rows, errors = world.rows("files"), world.rows("errors")
    for row, stretch in zip(rows, ranges, strict=True):
        text.check(row, errors, [stretch], numbered=stretch[0] == 0)
    assert sum(row["lines"] for row in rows) == len(text.lines)


PACKED = {
    "a.ndjson": lambda content: content,
    "a.ndjson.gz": gzip.compress,
    "members.ndjson.gz": lambda content: b"".join(
        gzip.compress(content[at : at + 100_000]) for at in range(0, len(content), 100_000)
    ),
    "a.ndjson.zst": zstandard.compress,
}


@pytest.mark.parametrize("key", PACKED)
def test_an_item_with_ranges_owns_the_lines_that_begin_in_them(world, text, key):
    body = PACKED[key](text.bytes)
    version = world.server.client.put_object(Bucket=world.bucket, Key=key, Body=body)
    places = text.places
    ranges = [
        (places[3], 1),  # one line
        (places[10] + 1, places[20] - places[10]),  # ten: that at 10 begins before
        (places[700] - 5, 5),  # none
        (places[1500], 10**12),  # to the end
    ]
    item = {"path": world.path(key), "size": len(body), "etag": version["ETag"].strip('"'), "ranges": ranges}
    world.work([item], **SMALL_PARTS)
    (row,) = world.rows("files")
    text.check(row, world.rows("errors"), ranges)
    assert len(text.owned(ranges)) == 1 + 10 + 0 + 500


def test_an_offset_into_a_compressed_object_is_refused(world, text):
    path = world.put("a.ndjson.gz", gzip.compress(text.bytes))
    world.work([{"path": path, "offset": 100, "length": 1000}], expect=2)
    (row,) = world.rows("files")
    assert row["state"] == "failed" and "names a compressed file" in row["failure"]


def test_an_item_pinned_to_another_version_fails_and_says_so(world, text):
    path = world.put("a.ndjson", text.bytes)
    etag = world.server.client.head_object(Bucket=world.bucket, Key="a.ndjson")["ETag"].strip('"')
    size, other = len(text.bytes), "0" * 32
    pins = {
        "right": {"etag": etag, "size": size},
        "etag alone": {"etag": etag},
        "size alone counts for nothing": {"size": size + 1},
        "wrong etag": {"etag": other, "size": size},
        "wrong size": {"etag": etag, "size": size + 1},
    }
    for name, pin in pins.items():
        fails = name.startswith("wrong")
        for part in ({}, {"offset": 1000, "length": 5000}, {"ranges": [[1000, 5000]]}):
            job = f"{name} {len(part)} {list(part)}".replace(" ", "-").translate(str.maketrans("", "", "[]',"))
            world.work([{"path": path, **pin, **part}], job=job, expect=2 if fails else 0, **SMALL_PARTS)
            (row,) = world.rows("files", job)
            assert row["state"] == ("failed" if fails else "done"), job
            assert not fails or "no longer the version" in row["failure"] or "the list says" in row["failure"]
            assert not fails or row["sent"] == 0, job


def test_a_listed_version_is_read_though_another_is_current(world, text):
    world.keep_versions()
    first, etag = world.put_version("a.ndjson", text.bytes)
    world.put_version("a.ndjson", b"{}\n")
    path, half = world.path("a.ndjson"), len(text.bytes) // 2
    items = [
        {"path": path, "version_id": first, "length": half},
        {"path": path, "version_id": first, "etag": f"{etag}@{first}", "offset": half},
    ]
    world.work(items, **SMALL_PARTS)
    rows, errors = world.rows("files"), world.rows("errors")
    text.check(rows[0], errors, [(0, half)])
    text.check(rows[1], errors, [(half, half + 1)], numbered=False)
    assert {row["version_tag"] for row in rows} == {f"{etag}@{first}"}


def test_a_version_that_is_not_there_fails_that_file(world):
    world.keep_versions()
    world.put_version("a.ndjson", b"{}\n")
    world.work([{"path": world.path("a.ndjson"), "version_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}], expect=2)
    (row,) = world.rows("files")
    assert row["state"] == "failed" and "HTTP 404" in row["failure"]


def test_version_id_on_the_command_line_chooses_the_version(world):
    world.keep_versions()
    old, new = numbered_lines(50), numbered_lines(7)
    first, _ = world.put_version("a.ndjson", text_of(old))
    second, _ = world.put_version("a.ndjson", text_of(new))
    world.server.client.delete_object(Bucket=world.bucket, Key="a.ndjson")
    path = world.path("a.ndjson")
    for number, (version, lines) in enumerate([(first, old), (second, new)]):
        found, _ = world.inspect(path, options=["--version-id", version])
        assert [(file["path"], file["lines"]) for file in found["files"]] == [(path, len(lines))]
        world.run(path, job=f"j{number}", options=["--version-id", version])
        assert world.delivered(f"j{number}") == lines
    _, error = world.inspect(path, expect=1)
    assert "no key begins so" in error, "of the current versions there is none"


def test_a_job_goes_on_in_the_version_of_its_plan(world):
    world.keep_versions()
    first, _ = world.put_version("a.ndjson", text_of(numbered_lines(50)))
    second, _ = world.put_version("a.ndjson", text_of(numbered_lines(7)))
    path = world.path("a.ndjson")
    world.run(path, options=["--version-id", first])
    _, error = world.run(path, options=["--version-id", second], expect=1)
    assert "another version" in error
    world.run(path, options=["--version-id", first])
    assert world.delivered() == numbered_lines(50)


@pytest.mark.parametrize("paths", [["/logs"], ["s3://bucket/"], ["s3://bucket/a", "s3://bucket/b"]])
def test_version_id_needs_one_path_that_names_an_object(world, paths):
    for command in (["inspect", *paths], ["run", *paths, "--dry-run"]):
        _, error = world.call(world.start(*command, "--version-id", "v"), expect=1)
        assert "--version-id: it needs exactly one PATH" in error and "s3://bucket/key" in error
