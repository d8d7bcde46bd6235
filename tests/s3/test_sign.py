"""Our request signatures against botocore's, on random requests of every kind that we send.

SIGN_LINES names the program; SIGN_SEED and SIGN_REQUESTS try others, or more.
"""

import datetime
import json
import os
import pathlib
import random
import subprocess
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SIGN_LINES", str(ROOT / "build/dev/bin/sign_lines"))
SEED = int(os.environ.get("SIGN_SEED", "20260501"))
COUNT = int(os.environ.get("SIGN_REQUESTS", "5000"))

KEY_PIECES = [
    " ", "+", "%", "%2F", "%25", "ä", "日本", "😀", "=", "&", "?", "#", "//", "/../", "/./", "/", '"', "'",
    "[", "]", "(", ")", "*", "!", "~", "-", "_", ".", ":", ";", ",", "@", "$", "\\", "^", "`", "{", "|", "}",
    "<", ">", "a", "Z", "0", "log.ndjson.gz", "\x01", "\x7f",
]
QUERY_NAMES = [
    "list-type", "prefix", "continuation-token", "start-after", "max-keys", "encoding-type",
    "versionId", "delimiter", "Upper", "a-", "a.", "a", "a=", "é", "~",
]


def text(rng, most):
    return "".join(rng.choice(KEY_PIECES) for _ in range(rng.randrange(most)))


def header_value(rng):
    return "  ".join("".join(rng.choices('abcXYZ0189-_/="', k=rng.randrange(1, 9)))
                     for _ in range(rng.randrange(1, 4)))


def random_request(rng):
    service = rng.choice(["s3", "s3", "s3", "sts"])
    names = rng.sample(QUERY_NAMES, rng.randrange(6))
    optional = [
        ["Range", f"bytes={rng.randrange(10**12)}-{rng.randrange(10**12)}"],
        ["If-Match", f'"{rng.randbytes(16).hex()}"'],
        ["x-amz-request-payer", "requester"],
        ["X-Other", " " * rng.randrange(3) + header_value(rng) + " " * rng.randrange(3)],
        ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"],
    ]
    start = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    time = start + datetime.timedelta(seconds=rng.randrange(10**9 * 2))
    return {
        "method": rng.choice(["GET", "HEAD", "POST", "PUT"]),
        "host": rng.choice(["b.s3.eu-west-1.amazonaws.com", "127.0.0.1:7070", "minio", "[::1]:9000"]),
        "key": text(rng, 12).encode().hex() if service == "s3" else "",
        "query": [[name, text(rng, 6)] for name in names],
        "headers": rng.sample(optional, rng.randrange(len(optional) + 1)),
        "body": text(rng, 10) if rng.random() < 0.3 else "",
        "service": service,
        "region": rng.choice(["us-east-1", "eu-central-1", "cn-north-1", "x"]),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "access": "AK" + rng.randbytes(8).hex().upper(),
        "secret": "".join(rng.choices("abcXYZ019+/", k=40)),
        "token": rng.choice(["", "", "IQoJb3//==" + rng.randbytes(200).hex() + "+/="]),
    }


def oracle(request, monkeypatch):
    """Path with query, and Authorization, as botocore has them."""
    path = "/" + urllib.parse.quote(bytes.fromhex(request["key"]), safe="/-_.~")
    query = "&".join(
        f"{urllib.parse.quote(n, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}"
        for n, v in request["query"]
    )
    url = f"http://{request['host']}{path}" + (f"?{query}" if query else "")
    made = botocore.awsrequest.AWSRequest(
        method=request["method"], url=url, data=request["body"].encode(),
        headers=dict(request["headers"]),
    )
    made.context["payload_signing_enabled"] = True
    credentials = botocore.credentials.Credentials(
        request["access"], request["secret"], request["token"] or None
    )
    kind = botocore.auth.S3SigV4Auth if request["service"] == "s3" else botocore.auth.SigV4Auth
    now = datetime.datetime.strptime(request["time"], "%Y-%m-%dT%H:%M:%SZ")
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now)
    kind(credentials, request["service"], request["region"]).add_auth(made)
    return made.headers


@pytest.fixture(scope="module")
def requests():
    rng = random.Random(SEED)
    return [random_request(rng) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def answers(requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([PROGRAM], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_requests_are_of_every_kind(requests):
    for test in (
        lambda r: r["token"], lambda r: not r["token"], lambda r: r["body"],
        lambda r: len(r["query"]) > 3, lambda r: r["service"] == "sts", lambda r: "2520" not in r["key"],
        lambda r: len(r["headers"]) == 5,
    ):
        assert sum(bool(test(r)) for r in requests) > COUNT / 50


def test_every_signature_is_botocores(requests, answers, monkeypatch):
    assert len(answers) == len(requests)
    for request, answer in zip(requests, answers):
        expected = oracle(request, monkeypatch)
        assert answer["headers"]["Authorization"] == expected["Authorization"], request
        assert answer["headers"]["x-amz-date"] == expected["X-Amz-Date"]
        assert answer["headers"].get("x-amz-security-token") == expected.get("X-Amz-Security-Token")


def test_the_target_is_what_was_signed(requests, answers):
    """Decoded once, it is the key and the parameters that were asked for."""
    for request, answer in zip(requests, answers):
        path, _, query = answer["target"].partition("?")
        assert urllib.parse.unquote_to_bytes(path[1:]).hex() == request["key"]
        pairs = sorted(tuple(map(urllib.parse.unquote, pair.split("="))) for pair in query.split("&") if pair)
        assert pairs == sorted(tuple(pair) for pair in request["query"])
