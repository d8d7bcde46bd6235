"""Whatever happens on the way, a file arrives byte for byte, or fails alone with place and reason."""

import collections
import gzip
import itertools
import random
import re

import pytest

from fault_proxy import Fault, refusal
from s3_world import numbered_lines, random_lines, text_of

PART = 64 << 10
SMALL = {"REPROCESS_S3_PART_BYTES": str(PART), "REPROCESS_S3_PART_TRIES": "4"}
LINES = numbered_lines(400)
SIZE = len(text_of(LINES))
LINES_IN_A_PART = text_of(LINES)[:PART].count(b"\n")


@pytest.fixture
def path(world):
    return world.put("a.ndjson", text_of(LINES))


def of_the_file(fault):
    """The fault for requests of objects alone."""
    return lambda request: fault(request) if request.path.endswith((".ndjson", ".gz")) else None


def on_first_tries(fault, tries=1):
    """The fault for the first requests of each part; then all is well."""
    seen = collections.Counter()

    def decide(request):
        seen[request.first // PART] += 1
        return fault if seen[request.first // PART] <= tries else None

    return of_the_file(decide)


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("cut", [0, 1, 100, 4096, 20_000, PART - 1])
def test_a_connection_cut_after_n_bytes_goes_on_from_there(world, proxy, path, end, cut):
    proxy.fault = on_first_tries(Fault(cut_after=cut, end=end))
    world.run(path, **SMALL)
    assert world.delivered() == LINES
    firsts = {request.first for request in proxy.requests}
    if 1 < cut:
        assert any(first % PART for first in firsts), "the rest was asked for, not the part"


def test_connections_cut_at_random_never_cost_or_double_a_byte(world, proxy, path):
    rng = random.Random(7)
    proxy.fault = of_the_file(
        lambda request: Fault(cut_after=rng.randrange(1, PART), end=rng.choice(["reset", "close"]))
        if rng.random() < 0.6
        else None
    )
    world.run(path, **SMALL)
    assert world.delivered() == LINES


@pytest.mark.parametrize("status, code", [(500, "InternalError"), (503, "SlowDown"), (503, "ServiceUnavailable"),
                                          (429, "TooManyRequests"), (400, "RequestTimeout")])
def test_a_burst_of_refusals_is_waited_out(world, proxy, path, status, code):
    proxy.fault = on_first_tries(refusal(status, code), tries=3)
    world.run(path, **SMALL)
    assert world.delivered() == LINES


def test_retry_after_is_honoured(world, proxy, path):
    counted = itertools.count()
    proxy.fault = of_the_file(
        lambda request: refusal(503, "SlowDown", Retry_After=1) if next(counted) == 0 else None
    )
    report, _ = world.run(path, **SMALL)
    assert world.delivered() == LINES
    assert float(re.findall(r'"seconds":([\d.]+)', report)[-1]) >= 1


def test_a_service_that_stays_down_fails_the_file_with_its_words(world, proxy, path):
    other = world.put("b.ndjson", text_of(LINES))
    proxy.fault = lambda request: (
        refusal(503, "SlowDown") if request.path.endswith("/a.ndjson") and request.first >= PART else None
    )
    _, log = world.run(path, other, expect=2, **SMALL)
    why = world.failures()[path]
    assert "HTTP 503 SlowDown: as told (4 tries)" in why
    place = int(re.findall(r" line=(\d+) ", log)[-1])
    assert place >= LINES_IN_A_PART
    delivered = world.delivered()
    # The last pass over failed files comes after the others.
    assert sorted(delivered) == sorted(LINES[:place] + LINES)


def test_a_stall_ends_after_its_limit_and_reading_goes_on(world, proxy, path):
    proxy.fault = on_first_tries(Fault(cut_after=1000, end="hold"))
    world.run(path, REPROCESS_S3_STALL_MS="1000", REPROCESS_S3_PARTS="8", **SMALL)
    assert world.delivered() == LINES


def test_a_server_that_never_answers_is_given_up(world, proxy, path):
    proxy.fault = of_the_file(lambda request: Fault(cut_after=0, end="hold"))
    world.run(path, expect=2, REPROCESS_S3_STALL_MS="100", options=[], **SMALL)
    assert "not a byte for 100 ms (4 tries)" in world.failures()[path]


def test_a_slow_drip_is_no_stall(world, proxy):
    lines = numbered_lines(60)
    path = world.put("drip.ndjson", text_of(lines))
    proxy.fault = of_the_file(lambda request: Fault(drip=1000, apart=0.06))  # four seconds for the first part
    world.run(path, REPROCESS_S3_STALL_MS="3000", **SMALL)
    assert world.delivered() == lines
    assert len([r for r in proxy.requests if r.path.endswith("drip.ndjson")]) == -(-len(text_of(lines)) // PART)


def test_a_drip_below_the_least_rate_is_given_up(world, proxy, path):
    proxy.fault = of_the_file(lambda request: Fault(drip=1, apart=0.05))
    world.run(path, expect=2, REPROCESS_S3_STALL_MS="1000", options=[], **SMALL)
    assert re.search(r"only \d+ bytes in 1000 ms \(4 tries\)", world.failures()[path])


def test_a_head_that_never_ends_is_given_up(world, proxy, path):
    proxy.fault = of_the_file(lambda request: Fault(endless="head", apart=0.05))
    world.run(path, expect=2, REPROCESS_S3_STALL_MS="1000", options=[], **SMALL)
    assert "its head was not whole in 1000 ms (4 tries)" in world.failures()[path]


def test_a_trailer_that_never_ends_holds_nothing_up(world, proxy, path):
    proxy.fault = on_first_tries(Fault(chunked=True, endless="trailer", apart=0.05))
    world.run(path, REPROCESS_S3_STALL_MS="300", **SMALL)
    assert world.delivered() == LINES


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_part_that_is_whole_is_taken_however_its_connection_ends(world, proxy, path, end):
    proxy.fault = of_the_file(lambda request: Fault(chunked=True, end=end))
    world.run(path, **SMALL)
    assert world.delivered() == LINES


def test_a_content_length_that_contradicts_the_range_is_refused(world, proxy, path):
    proxy.fault = of_the_file(lambda request: Fault(longer_by=7))
    world.run(path, expect=2, **SMALL)
    assert re.search(r"Content-Length is \d+, Content-Range has \d+ bytes", world.failures()[path])
    assert world.delivered() == []


def test_a_header_that_is_too_long_is_called_so(world, proxy, path):
    proxy.fault = of_the_file(lambda request: Fault(status=206, headers=(("X-Long", "x" * 200_000),)))
    world.run(path, expect=2, **SMALL)
    failure = world.failures()[path].lower()
    assert "header" in failure and not failure.endswith("out of memory")


def test_a_content_length_that_promises_too_much_is_no_end_of_file(world, proxy, path):
    proxy.fault = on_first_tries(Fault(longer_by=10))
    world.run(path, **SMALL)
    assert world.delivered() == LINES


def test_a_content_length_that_promises_too_little_is_no_end_of_file(world, proxy, path):
    proxy.fault = on_first_tries(Fault(longer_by=-10, cut_after=PART - 10, end="close"))
    world.run(path, **SMALL)
    assert world.delivered() == LINES


def test_a_whole_object_in_answer_to_a_range_is_refused(world, proxy, path):
    whole = Fault(status=200, body=text_of(LINES), headers=(("ETag", '"x"'),))
    proxy.fault = of_the_file(lambda request: whole)
    world.run(path, expect=2, **SMALL)
    assert "whole object (HTTP 200)" in world.failures()[path]
    assert world.delivered() == []


def test_another_range_than_asked_for_is_refused(world, proxy, path):
    headers = (("ETag", '"x"'), ("Content-Range", f"bytes 5-104/{SIZE}"))
    proxy.fault = of_the_file(lambda request: Fault(status=206, body=b"y" * 100, headers=headers))
    world.run(path, expect=2, **SMALL)
    assert "asked was for bytes 0-" in world.failures()[path]
    assert world.delivered() == []


def test_corrupted_bytes_are_caught_by_the_codec(world, proxy):
    lines = random_lines(400)
    body = gzip.compress(text_of(lines), 1)
    path = world.put("a.ndjson.gz", body)
    other = world.put("b.ndjson", text_of(LINES))
    proxy.fault = lambda request: Fault(corrupt_at=len(body) // 2) if request.path.endswith(".gz") else None
    world.run(path, other, expect=2)
    assert "inflate" in world.failures()[path]
    delivered = world.delivered()
    assert delivered[-len(LINES) :] == LINES
    # gzip shows damage at the latest at its member's end: what was inflated before is delivered.
    assert len(delivered) - len(LINES) <= len(lines)


@pytest.mark.parametrize("status, code", [(403, "AccessDenied"), (404, "NoSuchKey"), (403, "InvalidObjectState")])
def test_what_the_service_decided_is_final_and_said_in_its_words(world, proxy, path, status, code):
    proxy.fault = of_the_file(lambda request: refusal(status, code))
    world.run(path, expect=2, **SMALL)
    assert f"HTTP {status} {code}: as told" in world.failures()[path]
    firsts = [request for request in proxy.requests if request.path.endswith(".ndjson")]
    assert len(firsts) == 2, "once, and once more at the end of the job"


def test_a_bucket_in_another_region_is_followed_there(world, proxy, path):
    def elsewhere(request):
        if "/us-east-1/" not in request.headers["Authorization"]:
            return Fault(status=301, headers=(("x-amz-bucket-region", "us-east-1"),))

    proxy.fault = elsewhere
    world.run(path, AWS_REGION="eu-west-1", **SMALL)
    assert world.delivered() == LINES
    wrong = ["/eu-west-1/" in request.headers["Authorization"] for request in proxy.requests]
    assert sum(wrong) == 2, "once by the plan, once by the shard"


def test_a_redirect_that_leads_in_a_circle_ends(world, proxy, path):
    regions = itertools.cycle(["eu-north-1", "eu-south-1"])
    proxy.fault = of_the_file(
        lambda request: Fault(status=301, headers=(("x-amz-bucket-region", next(regions)),))
    )
    world.run(path, expect=2, **SMALL)
    assert "HTTP 301" in world.failures()[path]


def test_requests_name_the_payer_where_asked_to(world, proxy, path):
    world.run(path, REPROCESS_S3_REQUESTER_PAYS="true", **SMALL)
    assert all(request.headers["x-amz-request-payer"] == "requester" for request in proxy.requests)
    assert world.delivered() == LINES
