"""The page over a real service."""

import pytest

from serving import started


@pytest.fixture
def service(tmp_path):
    """A service on a laptop: SQLite, no tokens, jobs here."""
    service = started(tmp_path)
    yield service
    service.end()
