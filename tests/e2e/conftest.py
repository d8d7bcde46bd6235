"""A fresh world for every test."""

import itertools
import re

import pytest

from harness.databases import Pooler
from harness.programs import BIN, Programs
from harness.world import World

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    if items and not (BIN / "reprocessing-worker").exists():
        raise pytest.UsageError(
            f"{BIN}/reprocessing-worker is missing: ./dev build, or REPROCESS_BIN_DIR"
        )


@pytest.fixture
def pooler(tmp_path_factory, cluster):
    pooler = Pooler(tmp_path_factory.mktemp("pgbouncer"), cluster)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()


@pytest.fixture
def programs(tmp_path):
    started = Programs(tmp_path)
    yield started
    started.end_all()


@pytest.fixture
def fresh_name(request):
    """A name for a job and its topic that no other test has."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    return f"{words[:30].strip('-')}-{next(_numbers)}"


@pytest.fixture
def bare_world(fresh_name, tmp_path, broker, cluster, programs):
    """A world whose topic does not exist yet."""
    return World(fresh_name, tmp_path, broker, cluster.create(), programs)


@pytest.fixture
def world(bare_world):
    bare_world.broker.create_topic(bare_world.topic)
    return bare_world
