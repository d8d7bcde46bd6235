"""A page that is left open: tabs, a server that goes and comes back, sessions that end."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from harness.databases import Cluster
from serving import plan, replay, started, write_files

STRIP = "The server does not answer."


@pytest.fixture
def running(service, visit, tmp_path):
    """A job that takes a while, and a visitor."""
    plan(service, write_files(tmp_path / "in", lines=3000), "long", "--max-messages-per-second", 100)
    visitor = visit(service)
    tab = visitor.open("/plans/long")
    tab.get_by_label("Why").fill("to watch it")
    tab.get_by_role("button", name="Start long").click()
    expect(tab.locator(".now .state")).to_have_text("Running")
    yield visitor, tab
    service.command("cancel", "long", "--yes")


def sent(tab):
    return int(tab.locator(".now-numbers dd").first.inner_text().replace(",", ""))


def test_two_tabs_see_what_either_does(running):
    visitor, first = running
    second = visitor.open("/jobs/long")
    listed = visitor.open("/")
    expect(listed.locator(".job-row-open")).to_contain_text("long")
    first.get_by_role("button", name="Pause").click()
    first.get_by_role("button", name="Pause it").click()
    expect(second.locator(".now .state")).to_have_text("Paused")
    expect(listed.locator(".job-row .state")).to_have_text("Paused")


def test_numbers_move_by_themselves_and_the_title_tells_them(running):
    _, tab = running
    before = sent(tab)
    expect(tab.locator(".now-numbers dd").first).not_to_have_text(f"{before:,}")
    expect(tab).to_have_title(re.compile(r"^\d+ % Running · long"))
    expect(tab.locator(".link")).to_have_attribute("title", "Live")


def test_while_the_server_is_away_the_page_keeps_what_it_showed_and_comes_back(running, service):
    _, tab = running
    tab.get_by_role("button", name="Speed").wait_for()
    service.kill()
    expect(tab.get_by_text(STRIP)).to_be_visible()
    expect(tab.locator(".now .state")).to_have_text("Running")
    before = sent(tab)
    service.start()
    expect(tab.get_by_text(STRIP)).to_be_hidden()
    expect(tab.locator(".link")).to_have_attribute("title", "Live")
    expect(tab.locator(".now-numbers dd").first).not_to_have_text(f"{before:,}")


def test_while_the_database_is_away_the_page_says_so_and_comes_back(tmp_path, visit):
    cluster = Cluster(tmp_path / "postgres")
    cluster.start()
    service = started(tmp_path, {"DATABASE_URL": cluster.create().url})
    try:
        replay(service, write_files(tmp_path / "in", files=1), "done")
        tab = visit(service).open("/jobs/done")
        expect(tab.locator(".now .state")).to_have_text("With errors")
        cluster.stop()
        expect(tab.locator(".away")).to_contain_text("What you see is of", timeout=30_000)
        expect(tab.locator(".away")).not_to_contain_text(STRIP)
        expect(tab.locator(".now .state")).to_have_text("With errors")
        cluster.start()
        expect(tab.locator(".away")).to_be_empty(timeout=30_000)
        expect(tab.locator(".link")).to_have_attribute("title", "Live")
    finally:
        service.end()
        cluster.remove()


def test_where_streams_do_not_come_through_the_page_asks(running):
    visitor, _ = running
    visitor.context.route("**/api/v1/events*", lambda route: route.abort())
    tab = visitor.open("/jobs/long")
    expect(tab.locator(".now .state")).to_have_text("Running")
    expect(tab.locator(".link")).to_have_attribute("title", "Asking every few seconds")
    expect(tab.locator(".now-numbers dd").first).not_to_have_text(f"{sent(tab):,}")


def test_one_stream_a_page_and_none_while_it_is_hidden(running):
    visitor, _ = running
    tab = visitor.context.new_page()
    opened = []
    tab.on("request", lambda request: opened.append(request.url) if "/events" in request.url else None)
    tab.add_init_script(
        """let hidden = false;
        Object.defineProperty(document, "hidden", { get: () => hidden });
        window.hide = (value) => { hidden = value; document.dispatchEvent(new Event("visibilitychange")); };"""
    )
    tab.goto(f"{visitor.service.url}/jobs/long")
    expect(tab.locator(".now .state")).to_have_text("Running")
    assert len(opened) == 1
    with tab.expect_event("requestfailed", lambda request: "/events" in request.url):
        tab.evaluate("hide(true)")
    with tab.expect_event("request", lambda request: "/events" in request.url):
        tab.evaluate("hide(false)")
    expect(tab.locator(".link")).to_have_attribute("title", "Live")
    assert len(opened) == 2


def test_a_session_that_ends_asks_who_you_are_and_keeps_what_was_filled_in(tmp_path, visit):
    service = started(tmp_path, {"RAW_AUTH_TOKENS": "anna=secret-of-anna", "REPROCESS_VIEW_TOKENS": "guest=only-looks"})
    try:
        visitor = visit(service)
        tab = visitor.open("/new")
        tab.get_by_label("Token").fill("not-a-token")
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.get_by_role("alert")).to_contain_text("not known")
        tab.get_by_label("Token").fill("secret-of-anna")
        tab.get_by_role("button", name="Sign in").click()
        tab.get_by_label("Files folders").fill("s3://bucket/half-typed")
        tab.locator("input[name=topic]").fill("t")
        visitor.context.clear_cookies()
        tab.get_by_role("button", name="Show the plan").click()
        expect(tab.get_by_role("heading", name="Your session has ended")).to_be_visible()
        tab.get_by_label("Token").fill("secret-of-anna")
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.get_by_role("heading", name="Your session has ended")).to_be_hidden()
        expect(tab.get_by_label("Files folders")).to_have_value("s3://bucket/half-typed")
        tab.get_by_role("button", name="Sign out").click()
        expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    finally:
        service.end()


def test_who_may_only_look_is_offered_nothing_to_do(tmp_path, visit):
    service = started(tmp_path, {"RAW_AUTH_TOKENS": "anna=secret-of-anna", "REPROCESS_VIEW_TOKENS": "guest=only-looks"})
    try:
        plan(service, write_files(tmp_path / "in"), "looked-at")
        tab = visit(service).open("/jobs/looked-at")
        tab.get_by_label("Token").fill("only-looks")
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.locator(".now .state")).to_have_text("Planned")
        expect(tab.get_by_label("What can be done")).to_have_count(0)
        tab.goto(service.url + "/plans/looked-at")
        expect(tab.get_by_text("You may look at this plan, not start it.")).to_be_visible()
    finally:
        service.end()


def test_the_address_that_was_printed_signs_in_once_and_leaves_no_trace(service, chromium, visit):
    assert "#code=" in service.first_address
    tab = visit(service).open("/" + service.first_address.partition("/#")[2].join(["#", ""]))
    expect(tab.get_by_role("heading", name="Jobs")).to_be_visible()
    assert tab.url == service.url + "/"


def test_jobs_that_new_ones_push_off_the_first_page_stay_in_the_list(service, visit):
    def add(*jobs):
        with closing(sqlite3.connect(service.database, timeout=10)) as books, books:
            books.executemany(
                "INSERT INTO reprocessing_jobs (id, config, status, created_at, completed_at, total_files, total_workers) "
                "VALUES (?, '{}', 'completed', '2026-05-01T02:04:02Z', ?, 1, 1)",
                [(job, "2026-05-01T02:05:00Z") for job in jobs])  # fmt: skip

    add(*(f"a-{n:03}" for n in range(80)))
    tab = visit(service).open("/")
    rows = tab.locator(".job-row")
    expect(rows).to_have_count(50)
    add("0-new")
    expect(rows.first).to_contain_text("0-new")
    tab.get_by_role("button", name="Older jobs").click()
    expect(rows).to_have_count(81)
    add("0-newer")
    expect(rows).to_have_count(82)


SCREENS = ["/", "/new", "/audit", "/plans/next", "/jobs/done", "/jobs/done/errors", "/jobs/done/errors?reason=invalid_json",
           "/jobs/done/files", "/jobs/done/files?state=done", "/jobs/done/logs", "/jobs/done/report", "/jobs/done/audit"]


def place(tab):
    """The heading, and which links are of it: by address, as counts in them come later."""
    tab.locator("main h1").wait_for()
    return tab.locator("main h1").inner_text(), tab.locator("[aria-current]").evaluate_all("links => links.map((link) => link.href)")


def test_every_screen_has_an_address_that_survives_a_reload_and_the_way_back(service, visit, tmp_path):
    source = write_files(tmp_path / "in")
    replay(service, source, "done")
    plan(service, source, "next")
    tab = visit(service).open("/")
    for path in SCREENS:
        tab.goto(service.url + path)
        shown = place(tab)
        tab.reload()
        assert place(tab) == shown
        assert tab.url == service.url + path
    tab.goto(service.url + "/")
    tab.get_by_role("link", name="done").click()
    tab.get_by_role("link", name="Report").click()
    tab.go_back()
    expect(tab.locator(".now .state")).to_have_text("With errors")
    tab.go_back()
    expect(tab.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
