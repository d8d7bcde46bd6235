"""JSON Schemas, held to the documents that they describe."""

import json

import pytest

from golden import HERE, reprocess


def schema_of(name):
    done = reprocess("schema", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_schema_of_the_report_has_every_key_of_a_report():
    schema, report = schema_of("report"), json.loads((HERE / "report.json").read_text())
    assert set(report) == set(schema["properties"])
    assert set(schema["required"]) <= set(report)


@pytest.mark.parametrize("name", ["files", "config", "report"])
def test_a_schema_says_which_language_it_is_in(name):
    assert schema_of(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_schema_that_there_is_not_is_refused_with_those_there_are():
    done = reprocess("schema", "nothing")
    assert done.returncode == 1 and "files config report" in done.stderr
