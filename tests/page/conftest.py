"""The page over a real service."""

import pytest

from harness.topics import Broker
from serving import started


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def service(tmp_path):
    """A service on a laptop: SQLite, no tokens, jobs here."""
    service = started(tmp_path)
    yield service
    service.end()
