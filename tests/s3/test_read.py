"""What lies in S3 arrives byte for byte, and only in the version that reading began with."""

import concurrent.futures
import gzip
import subprocess

import pytest
import zstandard

from fault_proxy import Fault
from s3_world import BIN, Server, World, numbered_lines, random_lines, text_of, wait_until

PART = 64 << 10
SMALL_PARTS = {"REPROCESS_S3_PART_BYTES": str(PART)}

AWKWARD_KEYS = [
    "plain.ndjson",
    "with space.ndjson",
    " leading and trailing space .ndjson",
    "plus+plus.ndjson",
    "percent%.ndjson",
    "encoded%20%2F%25.ndjson",
    "unicode-äöü-日本-😀.ndjson",
    "decomposed-e\u0301.ndjson",
    "equals=a&b=c.ndjson",
    "question?x=1.ndjson",
    "hash#fragment.ndjson",
    "semi;colon,comma.ndjson",
    "quote'\"double.ndjson",
    "brackets[1](2){3}<4>.ndjson",
    "tilde~star*bang!dollar$at@.ndjson",
    "back\\slash^caret`tick|pipe.ndjson",
    "deep/er/and/deeper.ndjson",
    "dots...ndjson",
    "-leading-dash.ndjson",
    "colon:colon.ndjson",
]


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART, 10 * PART + 17])
def test_an_object_of_any_size_arrives_whole(world, size):
    line = b'{"a":1}'
    body = (line + b"\n") * (size // 8) + b" " * (size % 8)
    assert len(body) == size
    path = world.put("a.ndjson", body)
    world.run(path, **SMALL_PARTS)
    assert world.delivered() == [line] * (size // 8)


def test_a_large_object_of_the_default_part_size_arrives_in_order(world):
    lines = numbered_lines(20000)
    path = world.put("big.ndjson", text_of(lines))
    world.run(path)
    assert world.delivered() == lines


def test_files_follow_each_other_in_order_while_the_next_is_fetched_ahead(world, proxy):
    lines = numbered_lines(1200)
    for number in range(12):
        world.put(f"{number:02}.ndjson", text_of(lines[number * 100 : number * 100 + 100]))
    world.run(world.path())
    assert world.delivered() == lines
    reads = [request.path for request in proxy.requests if request.path.endswith(".ndjson")]
    assert reads == sorted(set(reads)), "each object is fetched once"


def test_the_next_object_is_under_way_while_the_one_before_still_drains(world, proxy):
    lines = numbered_lines(300)
    first = world.put("1.ndjson", text_of(lines[:200]))
    second = world.put("2.ndjson", text_of(lines[200:]))
    last_part = len(text_of(lines[:200])) // PART * PART
    assert last_part > 0

    def hold_its_end(request):
        if request.path.endswith("1.ndjson") and request.first == last_part:
            wait_until(lambda: asked_for("2.ndjson"), "the second object is asked for")

    def asked_for(key):
        return any(request.path.endswith(key) for request in proxy.requests)

    proxy.fault = hold_its_end
    world.run(first, second, **SMALL_PARTS)
    assert world.delivered() == lines


def test_every_awkward_key_is_listed_and_read_as_it_stands(world):
    for number, key in enumerate(AWKWARD_KEYS):
        world.put(key, text_of(numbered_lines(number + 1)))
    found, _ = world.inspect(world.path())
    lines = {file["path"]: file["lines"] for file in found["files"]}
    assert lines == {world.path(key): number + 1 for number, key in enumerate(AWKWARD_KEYS)}
    assert list(lines) == sorted(lines, key=str.encode)
    for number, key in enumerate(AWKWARD_KEYS):
        alone, _ = world.inspect(world.path(key))
        assert [file["lines"] for file in alone["files"]] == [number + 1], key


def test_more_than_a_thousand_keys_come_in_pages(world, proxy):
    keys = [f"logs/{number:05}.ndjson" for number in range(1, 2102)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: world.put(key, b'{"a":1}\n'), keys))
    world.put("other/x.ndjson", b"{}\n")
    found, _ = world.inspect(world.path("logs/"))
    assert [file["path"] for file in found["files"]] == [world.path(key) for key in keys]
    pages = [request for request in proxy.requests if request.path.rstrip("/") == f"/{world.bucket}"]
    assert len(pages) == 3


def test_a_long_listing_of_names_with_times_has_each_key_once(world):
    hours = [f"2026_05_{n // 24 + 1:02}T{n % 24:02}_00_00" for n in range(600)]
    keys = [f"logs/pod{pod}_{hour}.ndjson" for pod in "ab" for hour in hours]
    keys += ["logs/zz no time.ndjson", "logs/pod"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: world.put(key, b'{"a":1}\n'), keys))
    found, _ = world.inspect(world.path("logs/"))
    listed = [file["path"] for file in found["files"] + found["ignored"]]
    assert sorted(listed) == sorted(world.path(key) for key in keys)


def test_a_prefix_names_one_object_or_all_that_begin_with_it(world):
    for key in ["a.ndjson", "a.ndjson.2.ndjson", "ab/c.ndjson", "b.ndjson"]:
        world.put(key, b"{}\n")
    def below(key):
        found, _ = world.inspect(world.path(key))
        return [file["path"].removeprefix(world.path()) for file in found["files"]]
    assert below("a.ndjson") == ["a.ndjson"]
    assert below("a") == ["a.ndjson", "a.ndjson.2.ndjson", "ab/c.ndjson"]
    _, error = world.inspect(world.path("nothing"), expect=1)
    assert "no key begins so" in error


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "403 SignatureDoesNotMatch"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "403 InvalidAccessKeyId"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "S3_ANONYMOUS": "1"}, "403"),
    ],
)
def test_a_wrong_identity_is_refused_in_the_services_words(world, variables, words):
    path = world.put("a.ndjson", b"{}\n")
    _, error = world.inspect(path, expect=1, **variables)
    assert words in error
    assert "wrong" not in error.replace("secret access key is wrong", "")


def test_another_region_is_learnt_from_the_refusal(world):
    path = world.put("a.ndjson", text_of(numbered_lines(3)))
    world.run(path, AWS_REGION="eu-west-1")
    assert world.delivered() == numbered_lines(3)


def test_a_missing_object_and_a_missing_bucket_say_so(world):
    world.put("a.ndjson", b"{}\n")
    _, error = world.inspect("s3://no-such-bucket-here/a.ndjson", expect=1)
    assert "404 NoSuchBucket" in error


def test_tls_is_verified_with_the_given_certificates(tmp_path, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("s3-tls"), tls=True)
    try:
        world = World(server, "bucket-tls", tmp_path)
        lines = numbered_lines(3000)
        path = world.put("a.ndjson", text_of(lines))
        _, error = world.inspect(path, expect=1)
        assert "certificate" in error
        world.run(path, AWS_CA_BUNDLE=str(server.ca), **SMALL_PARTS)
        assert world.delivered() == lines
    finally:
        server.remove()


NOWHERE = "http://s3.nowhere.invalid:9000"  # known to the proxy alone


def test_objects_are_read_through_an_http_proxy(world, proxy):
    lines = numbered_lines(1000)
    path = world.put("a b.ndjson", text_of(lines))

    def cut_the_third_part(request):
        if request.first == 2 * PART:
            return Fault(cut_after=1000, end="reset")

    proxy.fault = cut_the_third_part
    world.run(path, AWS_ENDPOINT_URL_S3=NOWHERE, http_proxy=proxy.url, **SMALL_PARTS)
    assert world.delivered() == lines
    assert {request.origin for request in proxy.requests} == {NOWHERE}
    assert any(request.first == 2 * PART + 1000 for request in proxy.requests), "the rest of it"


def test_no_proxy_names_hosts_that_are_reached_directly(world, proxy):
    path = world.put("a.ndjson", text_of(numbered_lines(10)))
    direct = {"AWS_ENDPOINT_URL_S3": world.server.url, "http_proxy": proxy.url, "no_proxy": "127.0.0.1"}
    world.run(path, **direct)
    assert world.delivered() == numbered_lines(10)
    assert not proxy.requests


def test_a_profile_may_name_the_service(world):
    path = world.put("a.ndjson", text_of(numbered_lines(10)))
    (world.home / ".aws").mkdir()
    config = "[profile p]\nservices = tests\n[services tests]\ns3 =\n  endpoint_url = "
    (world.home / ".aws/config").write_text(config + world.server.url + "\n")
    world.run(path, AWS_ENDPOINT_URL_S3=None, AWS_PROFILE="p")
    assert world.delivered() == numbered_lines(10)


def test_an_object_replaced_in_the_middle_fails_alone_with_the_reason(world, proxy):
    lines = numbered_lines(600)
    path = world.put("a.ndjson", text_of(lines))
    after = world.put("b.ndjson", text_of(numbered_lines(5)))

    def replace_at_the_fifth_part(request):
        if request.path.endswith("a.ndjson") and request.first == 4 * PART:
            world.put("a.ndjson", text_of(list(reversed(lines))))

    proxy.fault = replace_at_the_fifth_part
    _, log = world.run(path, after, expect=2, REPROCESS_S3_PARTS="1", **SMALL_PARTS)
    assert "the object was replaced while it was being read" in log
    assert "no longer the version" in world.failures()[path], "what the last try found"
    delivered = world.delivered()
    whole = text_of(lines)[: 4 * PART].count(b"\n")
    assert delivered == lines[:whole] + numbered_lines(5)


FORMS = {
    "plain": ("a.ndjson", text_of),
    "gzip": ("a.ndjson.gz", lambda lines: gzip.compress(text_of(lines), 1)),
    "gzip of many members": (
        "a.ndjson.gz",
        lambda lines: b"".join(
            gzip.compress(text_of(lines[at : at + 50]), 1) for at in range(0, len(lines), 50)
        ),
    ),
    "zstd": ("a.ndjson.zst", lambda lines: zstandard.compress(text_of(lines))),
}


SMALL_COMMITS = {
    **SMALL_PARTS,
    "REPROCESS_COMMIT_LINES": "100",
    "REPROCESS_COMMIT_INTERVAL_MS": "20",
    "REPROCESS_BATCH_BYTES": "16k",
}


def kill_in_the_middle(world, proxy, path, key, middle):
    """Ends a run that has committed something and waits for byte `middle`, or later, of its file."""

    def hold(request):
        if request.path.endswith(key) and request.first >= middle:
            return Fault(cut_after=0, end="hold")

    proxy.fault = hold
    run = world.start_run(path, **SMALL_COMMITS)
    wait_until(lambda: proxy.held and world.committed() > 200, "something is committed")
    world.kill(run)
    proxy.fault = lambda request: None
    proxy.requests.clear()


@pytest.mark.parametrize("form", FORMS)
def test_a_killed_run_goes_on_where_it_was(world, proxy, form):
    key, packed = FORMS[form]
    lines = random_lines(2000)
    body = packed(lines)
    path = world.put(key, body)
    kill_in_the_middle(world, proxy, path, key, len(body) // 2)
    assert world.committed() < len(lines)
    place = world.checkpoint()
    world.run(path, **SMALL_COMMITS)
    assert world.delivered() == lines
    offsets = [request.first for request in proxy.requests if request.path.endswith(key)]
    if form == "plain":
        # A look at the start, then on from where it was: from the bytes that tell whether it is the same file.
        assert sorted(offsets)[:2] == [0, int(place["byte"]) - int(place["tail"])]
    if form == "gzip of many members":
        assert 0 < int(place["frame_at"]) and int(place["frame_at"]) in offsets


@pytest.mark.parametrize("form", ["plain", "gzip", "gzip of many members", "zstd"])
def test_a_run_does_not_go_on_in_another_version(world, proxy, form):
    key, packed = FORMS[form]
    lines = random_lines(2000)
    body = packed(lines)
    path = world.put(key, body)
    kill_in_the_middle(world, proxy, path, key, len(body) // 2)
    world.put(key, packed(list(reversed(lines))))
    world.run(path, expect=2, **SMALL_COMMITS)
    assert "no longer the version" in world.failures()[path]
    delivered = world.delivered()
    assert delivered == lines[: len(delivered)]


def test_reading_takes_little_memory(world):
    """Three parts of 4 MiB over what a local file takes."""
    lines = numbered_lines(40000)
    body = text_of(lines)
    path = world.put("a.ndjson", body)
    local = world.home / "a.ndjson"
    local.write_bytes(body)

    def peak(source, job):
        process = subprocess.run(
            ["/usr/bin/env", "python3", "-c",
             "import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);"
             "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
             str(BIN / "reprocess"), *world.run_arguments(source, job=job)],
            env=world.environment, cwd=world.home, stdout=subprocess.PIPE, text=True, check=True)
        return int(process.stdout) / 1024

    assert peak(path, "s3") - peak(local, "local") < 32
