"""Large jobs: a hundred workers, a hundred thousand files, ten thousand lines of log."""

import json

import pytest
from playwright.sync_api import expect

from harness.databases import Cluster
from harness.large_job import multiply
from harness.waits import wait_until
from serving import replay, started, write_files

WORKERS, FILES, LINES = 100, 100_000, 10_000
MOST_ROWS = 80  # that may be drawn at a time


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A service with a job that runs, as large as that, and one that has ended, with a long log."""
    folder = tmp_path_factory.mktemp("large")
    cluster = Cluster(folder / "postgres")
    try:
        cluster.start()
        books = cluster.create()
        service = started(folder, {"DATABASE_URL": books.url})
        replay(service, write_files(folder / "in", files=1), "small")
        multiply(books, "small", "large", WORKERS, FILES)
        log = folder / "state" / "small.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text("".join(
            json.dumps({"time": "2026-05-01T00:00:00Z", "level": "info", "message": f"line-{n:05}", "shard": n % 5}) + "\n"
            for n in range(LINES)))  # fmt: skip
        yield service
        service.end()
    finally:
        cluster.remove()


def scroll(box, to):
    box.evaluate(f"(box) => box.scrollTo(0, {to})")


def test_a_hundred_workers_are_shown_and_only_those_in_sight_are_drawn(large, visit):
    tab = visit(large).open("/jobs/large")
    expect(tab.locator(".lane")).to_have_count(WORKERS)
    box = tab.get_by_role("region", name="Workers")
    assert tab.locator(".worker").count() < MOST_ROWS
    scroll(box, "box.scrollHeight")
    expect(tab.get_by_role("progressbar", name=f"Worker {WORKERS - 1}")).to_be_visible()
    assert tab.locator(".worker").count() < MOST_ROWS


def test_a_hundred_thousand_files_are_counted_and_read_as_far_as_one_scrolls(large, visit):
    tab = visit(large).open("/jobs/large/files")
    expect(tab.get_by_role("button", name="Done")).to_contain_text(f"{WORKERS}")
    box = tab.get_by_role("region", name="Files")
    tab.locator(".file-row").first.wait_for()

    def has_read(rows):
        scroll(box, "box.scrollHeight")
        return int(box.locator("[role=listitem]").first.get_attribute("aria-setsize")) >= rows

    wait_until(lambda: has_read(5_000), "ten pages are read")
    assert tab.locator(".file-row").count() < MOST_ROWS
    scroll(box, "0")
    expect(tab.locator(".file-row").first).to_contain_text("0")


def test_ten_thousand_lines_of_log_are_read_and_searched_and_only_those_in_sight_are_drawn(large, visit):
    tab = visit(large).open("/jobs/small/logs")
    said = tab.locator(".log-bar [role=status]")
    expect(said).to_contain_text(f"{LINES:,} lines")
    last = tab.locator(".log-line", has_text=f"line-{LINES - 1:05}")
    expect(last).to_be_visible()
    assert tab.locator(".log-line").count() < MOST_ROWS
    scroll(tab.get_by_role("region", name="Log lines"), "5000")
    expect(tab.get_by_role("button", name="To the newest")).to_be_visible()
    tab.get_by_label("Search").fill("line-00042")
    expect(said).to_contain_text("1 of 10,000")
    expect(tab.locator(".log-line")).to_have_count(1)
