"""The filter's parser against Python's json and a checker written for this test, line by line.

JUDGE_LINES names the program; VALIDITY_SEED and VALIDITY_LINES try other lines, or more.
"""

import collections
import os
import pathlib
import subprocess

import pytest

import lines as made
import oracle

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("JUDGE_LINES", str(ROOT / "build/dev/bin/judge_lines"))
SEED = int(os.environ.get("VALIDITY_SEED", "20260501"))
COUNT = int(os.environ.get("VALIDITY_LINES", "120000"))


@pytest.fixture(scope="module")
def cases():
    """Every line with the answer owed."""
    return [(line, oracle.described(line)) for line in made.all_lines(SEED, COUNT)]


def answers(cases, *options):
    text = b"".join(line + b"\n" for line, _ in cases)
    done = subprocess.run([PROGRAM, *options], input=text, stdout=subprocess.PIPE, check=True)
    return done.stdout.removesuffix(b"\n").split(b"\n")


def test_the_lines_are_of_every_kind(cases):
    kinds = collections.Counter(answer.split(b" ", 2)[0] for _, answer in cases)
    assert kinds.keys() == {b"blank", b"invalid_json", b"not_object", b"ok"}
    assert min(kinds[b"ok"], kinds[b"invalid_json"]) > COUNT / 5, kinds
    assert sum(answer.startswith(b"ok bytes") for _, answer in cases) > COUNT / 1000


@pytest.mark.parametrize("options", [[], ["--slow"]], ids=["fast, then slow", "slow alone"])
def test_every_line_is_judged_as_an_independent_checker_judges_it(cases, options):
    given = answers(cases, *options)
    assert len(given) == len(cases)
    for (line, owed), answer in zip(cases, given, strict=True):
        if answer.startswith(b"invalid_json "):
            answer = b"invalid_json"
        assert answer == owed, f"seed {SEED}: {line[:2000]!r}"
