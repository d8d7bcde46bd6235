"""Every route of the API's own document, asked by everybody who may not."""

import hashlib
import itertools
import json
import re

import pytest
from harness.command import SqliteBooks
from harness.programs import ROOT
from service import JSON, OPERATOR, VIEWER, Service

DOCUMENT = json.loads((ROOT / "src" / "api" / "documents" / "openapi.json").read_text())
ROUTES = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods if method != "parameters"]
FOR_ALL = {("GET", "/health"), ("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/session")}
METRICS = ("GET", "/metrics")  # which have a token of their own
CLOSED = [route for route in ROUTES if route not in FOR_ALL and route != METRICS]
ACTS = [route for route in CLOSED if route[0] != "GET" and route != ("DELETE", "/api/v1/session")]
_addresses = itertools.count(1)


def named(routes):
    return pytest.mark.parametrize("method, path", routes, ids=[f"{method} {path}" for method, path in routes])


@pytest.fixture(scope="module")
def new_service(tmp_path_factory):
    started = []

    def start(folder, **variables):
        home = tmp_path_factory.mktemp(folder)
        service = Service(home, SqliteBooks(home / "jobs.db"), variables)
        started.append(service)
        service.start()
        return service

    yield start
    for service in started:
        service.end_all()


@pytest.fixture(scope="module")
def service(new_service):
    return new_service("access", REPROCESS_TRUSTED_PROXIES="127.0.0.1")


def asked(service, method, path, **options):
    """From another address each time, since wrong tokens slow theirs down."""
    body = {} if method in ("POST", "PUT") else None
    heads = {"X-Forwarded-For": f"10.0.{next(_addresses) // 250}.{next(_addresses) % 250 + 1}", **options.pop("headers", {})}
    return service.call(method, re.sub(r"\{\w+\}", "no-such-job", path), body, headers=heads, **options)


def refused(reply, status):
    assert reply.status == status, reply.text
    assert reply.json["error"]
    return reply


@named(CLOSED)
def test_without_a_token_nothing_is_told(service, method, path):
    refused(asked(service, method, path, token=None), 401)


@named(CLOSED)
@pytest.mark.parametrize("token", ["wrong", OPERATOR + "x", OPERATOR[:-1], OPERATOR.upper(), " "], ids=["wrong", "longer", "shorter", "upper case", "blank"])
def test_a_wrong_token_opens_nothing_and_is_not_repeated(service, method, path, token):
    reply = refused(asked(service, method, path, token=token), 401)
    assert not token.strip() or token not in reply.text


@named(ACTS)
def test_who_may_only_look_changes_nothing(service, method, path):
    refused(asked(service, method, path, token=VIEWER), 403)


@named([route for route in CLOSED if route[0] == "GET" and "{" not in route[1] and route[1] != "/api/v1/events"])
def test_who_may_only_look_sees_all(service, method, path):
    assert asked(service, method, path, token=VIEWER).status == 200


@named(ACTS)
def test_whoever_may_operate_gets_further(service, method, path):
    """To a job that is not there, or a body that says nothing."""
    assert asked(service, method, path).status in (400, 404)


@pytest.fixture(scope="module")
def cookie(service):
    return service.log_in()


FOREIGN = {
    "no origin": {},
    "another origin": {"Origin": "http://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another scheme": {"Origin": "https://127.0.0.1"},
    "no origin at all": {"Origin": "null"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sibling": {"Sec-Fetch-Site": "same-site"},
}


@named(ACTS)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_cookie_that_another_site_sends_changes_nothing(service, cookie, method, path, name):
    refused(asked(service, method, path, token=None, headers={"Cookie": cookie, **FOREIGN[name]}), 403)


@named([route for route in ACTS if route[0] in ("POST", "PUT")])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_by_cookie_changes_nothing(service, cookie, method, path, kind):
    reply = service.call(method, path.replace("{id}", "no-such-job"), "{}", token=None,
                         headers={**service.by_cookie(cookie), "Content-Type": kind})  # fmt: skip
    refused(reply, 403)


@named(ACTS)
def test_the_page_itself_gets_further(service, cookie, method, path):
    reply = asked(service, method, path, token=None, headers={**service.by_cookie(cookie), **JSON})
    assert reply.status in (400, 404), reply.text


@pytest.fixture(scope="module")
def old_cookies(service):
    """Of sessions that have ended, each in its way."""
    expired = service.log_in()
    digest = hashlib.sha256(expired.partition("=")[2].encode()).hexdigest()
    service.execute("UPDATE reprocessing_sessions SET expires_ms = 1 WHERE hash = %s", digest)
    left = service.log_in()
    assert service.call("DELETE", "/api/v1/session", token=None, headers={**service.by_cookie(left), **JSON}).status == 204
    name = left.partition("=")[0]
    return {"expired": expired, "logged out": left, "made up": f"{name}={'0' * 64}", "empty": f"{name}="}


@named(CLOSED)
@pytest.mark.parametrize("name", ["expired", "logged out", "made up", "empty"])
def test_a_session_that_is_over_opens_nothing(service, old_cookies, method, path, name):
    heads = {**service.by_cookie(old_cookies[name]), **JSON}
    refused(asked(service, method, path, token=None, headers=heads), 401)


def test_metrics_are_for_their_own_token(new_service):
    service = new_service("metrics", REPROCESS_METRICS_TOKEN="scrape-me-1")
    for token in (None, OPERATOR, VIEWER, "wrong"):
        refused(asked(service, *METRICS, token=token), 401)
    assert asked(service, *METRICS, token="scrape-me-1").status == 200
    refused(service.get("/api/v1/jobs", token="scrape-me-1"), 401)


@named(ROUTES)
def test_a_method_that_a_path_has_not_is_none(service, method, path):
    others = {"GET", "POST", "PUT", "DELETE", "PATCH"} - {m for m, p in ROUTES if p == path}
    for other in sorted(others):
        reply = asked(service, other, path)
        if path.startswith("/api/v1"):
            assert reply.status == 405 and method in reply.headers["allow"], other
        else:
            assert (reply.status, reply.text) == (404, "404 page not found"), other
        assert asked(service, other, path, token=None).status == 401


def who_did(service, name):
    """What the audit calls somebody who comes with that name in a header."""
    service.post("/api/v1/jobs/no-such-job/cancel", token=None, headers={"X-Forwarded-User": name})
    return service.get("/api/v1/audit", token=None).json["acts"][0]["who"]


@pytest.mark.parametrize("proxies, who", [("127.0.0.1", "anna"), ("10.0.0.0/8", "local")])
def test_the_name_that_a_trusted_proxy_says_is_who_did_it(new_service, proxies, who):
    service = new_service("proxy", RAW_AUTH_TOKENS=None, REPROCESS_VIEW_TOKENS=None, REPROCESS_NO_AUTH="true",
                          REPROCESS_USER_HEADER="X-Forwarded-User", REPROCESS_TRUSTED_PROXIES=proxies)  # fmt: skip
    assert who_did(service, "anna") == who
