"""A real `reprocess serve`, over SQLite and PostgreSQL, asked over HTTP."""

import pytest

from harness.command import SqliteBooks
from harness.programs import BIN
from service import Service


def pytest_collection_modifyitems(items):
    if items and not (BIN / "reprocess").exists():
        raise pytest.UsageError(f"{BIN}/reprocess is missing: ./dev build, or REPROCESS_BIN_DIR")


@pytest.fixture(params=["sqlite", "postgres"])
def books(request, tmp_path):
    """The database that the service works on."""
    if request.param == "sqlite":
        return SqliteBooks(tmp_path / "jobs.db")
    return request.getfixturevalue("cluster").create()


@pytest.fixture
def new_service(tmp_path):
    """Starts services; each is ended in order with the test."""
    started = []

    def start(books, **variables):
        service = Service(tmp_path, books, variables)
        started.append(service)
        service.start()
        return service

    yield start
    for service in started:
        service.end_all()


@pytest.fixture
def service(new_service, books):
    return new_service(books)


@pytest.fixture
def quick_service(new_service, tmp_path):
    """Over SQLite alone, where the database is not what is looked at."""
    return new_service(SqliteBooks(tmp_path / "jobs.db"))


@pytest.fixture
def logs(tmp_path):
    """A folder of failover files: 40 lines that are sent and two that are not."""
    folder = tmp_path / "logs"
    folder.mkdir()
    good = '{"messageCreated":"2026-05-01T00:00:00Z","origin":{"sourceId":"s"},"n":%d}\n'
    for hour in (0, 1):
        name = f"kafka_failover_2026_05_01T0{hour}_00_00.ndjson"
        lines = "".join(good % n for n in range(20)) + ("{no json\n" if hour == 0 else "[1]\n")
        (folder / name).write_text(lines)
    return folder
