"""`reprocess serve` with a certificate of its own."""

import http.client
import json
import re
import ssl

import pytest
from harness.certificates import Authority
from harness.programs import Programs
from harness.waits import wait_until
from service import OPERATOR


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path / "certificates")
    authority.issue("serve", "subjectAltName=IP:127.0.0.1")
    return authority


@pytest.fixture
def programs(tmp_path):
    programs = Programs(tmp_path)
    yield programs
    programs.end_all()


def serve(programs, authority):
    program = programs.start(
        ["reprocess", "serve", "--port", "0", "--address", "127.0.0.1", "--database", programs.directory / "x.db",
         "--tls-cert", authority.path("serve.pem"), "--tls-key", authority.path("serve.key")],
        {"RAW_AUTH_TOKENS": OPERATOR})  # fmt: skip
    wait_until(lambda: program.out.endswith("\n") or not program.running, "it serves")
    return int(re.match(r"https://127\.0\.0\.1:(\d+)/\n", program.out)[1])


def test_tokens_and_cookies_go_over_tls_alone(programs, authority):
    port = serve(programs, authority)
    trust = ssl.create_default_context(cafile=authority.path("ca.pem"))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=60)
    connection.request("GET", "/api/v1/about", headers={"Authorization": f"Bearer {OPERATOR}"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["may"]) == (200, "operate")
    connection.request("POST", "/api/v1/session", json.dumps({"token": OPERATOR}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    cookie = answer.headers["Set-Cookie"]
    answer.read()
    assert answer.status == 204
    assert cookie.startswith("__Host-reprocess_session=") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        plain.request("GET", "/health")
        plain.getresponse()


def test_the_databases_password_is_in_no_log(programs):
    url = "postgresql://replay:s3cret-of-database@127.0.0.1:1/replay"
    program = programs.start(["reprocess", "serve", "--port", "0"],
                             {"RAW_AUTH_TOKENS": OPERATOR, "DATABASE_URL": url, "REPROCESS_START_TIMEOUT_MS": "300"})  # fmt: skip
    program.expect(1)
    assert "127.0.0.1" in program.err and "s3cret" not in program.err + program.out
