"""How the screens look and are read: by eye, by a screen reader, on a phone and on a wall."""

import pathlib
import tempfile

import pytest
from playwright.sync_api import expect

from harness.programs import COMPLETED, FATAL
from harness.waits import wait_until
from npm import AXE, read_package_file
from serving import plan, replay, started, write_files

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOTS = ROOT / "build/screenshots"
MOST_BYTES = 150_000

# A screen's name, its address, and what is there when it is whole.
SCREENS = {
    "jobs": ("/", ".job-row"),
    "new": ("/new", ".form-end"),
    "plan": ("/plans/may-2", ".samples"),
    "job": ("/jobs/may-1", ".ledger"),
    "planned": ("/jobs/may-2", ".facts"),
    "errors": ("/jobs/may-1/errors", ".error-row"),
    "files": ("/jobs/may-1/files", ".file-row"),
    "logs": ("/jobs/may-3/logs", ".log-line"),
    "running": ("/jobs/may-3", ".plot canvas"),
    "report": ("/jobs/may-1/report", ".hash"),
    "audit": ("/audit", ".table td"),
    "unknown": ("/jobs/nobody", ".problem"),
}


@pytest.fixture(scope="module")
def busy(chromium, broker):
    """A service with jobs of many kinds: one that runs, one planned, one verified, one with a limit."""
    broker.create_topic("destination-messages")
    with tempfile.TemporaryDirectory(prefix="replay-") as name:
        folder = pathlib.Path(name)
        service = started(folder, {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
                                   "KAFKA_DESTINATIONS_TOPIC": "destination-messages"})
        source = write_files(folder / "failover", files=12, lines=15_000, bad=5)
        replay(service, source, "april-30", "--limit", 2000)
        replay(service, source, "may-1")
        service.command("verify", "may-1")
        plan(service, source, "may-2")
        plan(service, source, "may-3", "--max-messages-per-second", 150)
        start(chromium.new_page(), service)
        yield service
        service.command("cancel", "may-3", "--yes", exits=(COMPLETED, FATAL))  # it may have ended
        service.end()


def start(tab, service):
    tab.goto(service.url + "/plans/may-3")
    tab.get_by_label("Why").fill("outage of 1 May, ticket 4711")
    tab.get_by_role("button", name="Start may-3").click()
    tab.get_by_label("send again").check()  # the files were sent by may-1
    tab.get_by_role("button", name="Start may-3").click()
    expect(tab.locator(".now .state")).to_have_text("Running")
    tab.close()


def opened(visitor, screen):
    path, whole = SCREENS[screen]
    tab = visitor.open(path)
    tab.locator(whole).first.wait_for()
    return tab


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(busy, visit, screen, theme):
    tab = opened(visit(busy, color_scheme=theme, bypass_csp=True), screen)
    tab.evaluate(read_package_file(*AXE, "axe.min.js").decode())
    found = tab.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    said = [(rule["id"], node["html"], node["failureSummary"]) for rule in found for node in rule["nodes"]]
    assert said == []


@pytest.mark.parametrize("act", ["Pause", "Speed", "Cancel"])
def test_axe_finds_nothing_in_a_dialog(busy, visit, act):
    tab = opened(visit(busy, bypass_csp=True), "running")
    tab.get_by_role("button", name=act, exact=True).click()
    tab.get_by_role("dialog").wait_for()
    tab.evaluate(read_package_file(*AXE, "axe.min.js").decode())
    found = tab.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


@pytest.mark.parametrize("width", [360, 2560])
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_sticks_out(busy, visit, screen, width):
    tab = opened(visit(busy, viewport={"width": width, "height": 900}), screen)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_policy_allows_nothing_in_markup_and_nothing_asks_for_it(busy, visit):
    visitor = visit(busy)
    for screen in SCREENS:
        tab = opened(visitor, screen)
        answer = tab.request.get(busy.url + "/")
        assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
        tab.close()


def test_the_page_comes_gzipped_and_is_not_sent_again(busy, visit):
    tab = visit(busy).open("/")
    first = tab.request.get(busy.url + "/assets/app.js")
    assert first.headers["content-encoding"] == "gzip"
    again = tab.request.get(busy.url + "/assets/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status == 304


def test_a_long_list_draws_only_the_rows_in_sight(busy, visit, tmp_path):
    source = tmp_path / "many"
    source.mkdir()
    for number in range(3000):
        (source / f"kafka_failover_{number:05}.ndjson").write_text('{"type":"page"}\n')
    plan(busy, source, "many-files")
    tab = visit(busy).open("/jobs/many-files/files")
    tab.locator(".file-row").first.wait_for()
    box = tab.locator(".windowed")
    last = tab.get_by_text("kafka_failover_02999.ndjson")

    def is_at_the_end():
        box.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
        return last.is_visible()

    wait_until(is_at_the_end, "the last file is in sight")
    assert tab.locator(".file-row").count() < 60


def test_times_are_utc_or_local_as_you_like_and_it_is_remembered(busy, visit):
    tab = opened(visit(busy, timezone_id="Asia/Kolkata"), "audit")
    expect(tab.locator("td time").first).to_contain_text("UTC")
    tab.get_by_role("button", name="Times are UTC").click()
    expect(tab.locator("td time").first).to_contain_text("+05:30")
    tab.reload()
    expect(tab.locator("td time").first).to_contain_text("+05:30")


def test_every_act_shows_its_command_and_copies_it(busy, visit):
    visitor = visit(busy, permissions=["clipboard-read", "clipboard-write"])
    tab = opened(visitor, "running")
    for act, command in (("Pause", "reprocess pause may-3"), ("Cancel", "reprocess cancel may-3 --yes")):
        tab.get_by_role("button", name=act, exact=True).click()
        dialog = tab.get_by_role("dialog")
        expect(dialog.locator("code", has_text="reprocess")).to_have_text(command)
        dialog.get_by_role("button", name=f"Copy: {command}").click()
        expect(dialog.get_by_text("Copied")).to_be_visible()
        assert tab.evaluate("navigator.clipboard.readText()") == command
        tab.get_by_role("button", name="Leave it as it is").click()


def number_in(element):
    return int(element.inner_text().replace(",", ""))


# README and docs/page.md show these; they are copied there by hand when they have changed.
@pytest.mark.parametrize("screen", ["jobs", "new", "plan", "job", "errors", "logs", "running", "report", "audit"])
def test_a_screenshot_is_kept(busy, visit, screen):
    SHOTS.mkdir(parents=True, exist_ok=True)
    theme = "dark" if screen in ("running", "logs") else "light"
    height = 560 if screen == "logs" else 820  # text is what makes a picture large
    tab = opened(visit(busy, color_scheme=theme, viewport={"width": 1200, "height": height}), screen)
    if screen == "running":
        sent = tab.locator(".now-numbers dd").first
        before = number_in(sent)
        wait_until(lambda: number_in(sent) > before + 2000, "the chart has something to show")
    path = SHOTS / f"{screen}.png"
    tab.screenshot(path=path, animations="disabled")
    assert path.stat().st_size <= MOST_BYTES


def test_who_has_no_javascript_reads_so_in_the_place_of_the_jobs(busy, chromium):
    tab = chromium.new_page(java_script_enabled=False)
    tab.goto(busy.url)
    expect(tab.locator("main noscript")).to_be_in_viewport()
    expect(tab.get_by_text("Asking the server")).to_be_hidden()
