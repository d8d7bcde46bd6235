"""The server is as its OpenAPI document says, whatever is asked of it; schemathesis draws what."""

import json

import pytest
import schemathesis
from harness.command import SqliteBooks
from harness.programs import ROOT
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from service import OPERATOR, Service

DOCUMENT = json.loads((ROOT / "src" / "api" / "documents" / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
ENDLESS = {"/api/v1/events"}
CALLS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods if method != "parameters" and path not in ENDLESS]
CHECKS = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
          checks.response_headers_conformance, checks.response_schema_conformance]  # fmt: skip
# As many of each call, the same in every run.
DRAWN = settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("openapi")
    service = Service(home, SqliteBooks(home / "jobs.db"), {})
    service.start()
    yield service
    service.end_all()


@pytest.mark.parametrize("method, path", CALLS, ids=[f"{method} {path}" for method, path in CALLS])
def test_every_call_answers_as_the_document_says(service, method, path):
    @DRAWN
    @given(case=SCHEMA[path][method.upper()].as_strategy())
    def holds(case):
        if "follow" in (case.query or {}):  # which does not end
            return
        answer = case.call(base_url=f"http://127.0.0.1:{service.port}", headers={"Authorization": f"Bearer {OPERATOR}"}, timeout=60)
        case.validate_response(answer, checks=CHECKS)

    holds()
