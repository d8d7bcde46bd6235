"""What tests of several folders share: servers, started once a run and killed at its end, for nobody
needs their data; and a real browser, for the page over whatever service: what it complains of fails
the test."""

import shutil

import pytest
from harness.databases import Cluster
from harness.topics import Broker
from playwright.sync_api import Error, expect, sync_playwright

PATIENCE_MS = 60_000  # of a machine with much else to do; what is waited for comes in a second


def started_broker(directory, options=()):
    broker = Broker(directory, options)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def started_cluster(directory):
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
    yield from started_broker(directory, ["--config", quick])


@pytest.fixture(scope="session")
def acl_broker(tmp_path_factory):
    """A broker that asks who you are and checks rights."""
    yield from started_broker(tmp_path_factory.mktemp("kafka-acl"), ["--acl"])


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    yield from started_cluster(tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def own_cluster(tmp_path_factory):
    """A PostgreSQL that a test may stop."""
    yield from started_cluster(tmp_path_factory.mktemp("own-postgres"))


@pytest.fixture(scope="session")
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "chromium is missing: ./dev test installs it"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """Opens tabs of one browser's profile, and remembers what went wrong in them."""

    def __init__(self, chromium, service, **options):
        self.service, self.complaints = service, []
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.context.set_default_timeout(PATIENCE_MS)

    def open(self, path="/"):
        tab = self.context.new_page()
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("console", lambda message: self._heard(message))
        tab.goto(self.service.url + path)
        return tab

    def _heard(self, message):
        # That a server was away, or said no, is what some tests are about.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def visit(chromium):
    """visit(service, **options) → a Visitor; after the test none of them may have complained."""
    visitors = []

    def begin(service, **options):
        visitors.append(Visitor(chromium, service, **options))
        return visitors[-1]

    begin.visitors = visitors
    yield begin
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def text_of(tab):
    try:
        return tab.locator("body").inner_text(timeout=5_000)
    except Error as error:
        return str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that failed with a page open says what stood in it."""
    report = yield
    visit = item.funcargs.get("visit")
    if report.failed and visit:
        for tab in [tab for visitor in visit.visitors for tab in visitor.context.pages]:
            report.sections.append((f"page {tab.url}", text_of(tab)))
    return report
