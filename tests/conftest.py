"""A real browser, one a run, for the page over whatever service. What it complains of fails the test."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

PATIENCE_MS = 15_000


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

    yield begin
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
