"""The server, started once a run, and a bucket of its own for every test."""

import itertools

import pytest

from fault_proxy import FaultProxy
from s3_world import Server, World

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.remove()


@pytest.fixture
def world(server, tmp_path):
    world = World(server, f"bucket-{next(_numbers)}", tmp_path)
    yield world
    world.end()


@pytest.fixture
def proxy(world):
    """Stands between the world's programs and the server; passes all on until told otherwise."""
    proxy = FaultProxy(world.server.url)
    world.environment["AWS_ENDPOINT_URL_S3"] = proxy.url
    yield proxy
    world.end()
    proxy.close()
