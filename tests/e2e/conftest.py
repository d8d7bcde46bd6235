"""The servers, started once a run, and a fresh world for every test."""

import itertools
import re

import pytest

from harness.databases import Cluster, Pooler
from harness.programs import BIN, Programs
from harness.topics import Broker
from harness.world import World

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    if items and not (BIN / "reprocessing-worker").exists():
        raise pytest.UsageError(
            f"{BIN}/reprocessing-worker is missing: ./dev build, or REPROCESS_BIN_DIR"
        )


def _started_broker(directory, options=()):
    broker = Broker(directory, options)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _started_cluster(directory):
    cluster = Cluster(directory)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    directory = tmp_path_factory.mktemp("kafka")
    quick = directory / "quick.properties"  # timed-out transactions are aborted within a second
    quick.write_text("transaction.abort.timed.out.transaction.cleanup.interval.ms=500\n")
    yield from _started_broker(directory, ["--config", quick])


@pytest.fixture(scope="session")
def acl_broker(tmp_path_factory):
    """A broker that asks who you are and checks rights."""
    yield from _started_broker(tmp_path_factory.mktemp("kafka-acl"), ["--acl"])


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    yield from _started_cluster(tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def own_cluster(tmp_path_factory):
    """A PostgreSQL that a test may stop."""
    yield from _started_cluster(tmp_path_factory.mktemp("own-postgres"))


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
