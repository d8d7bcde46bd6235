"""An operator's day: from the files of an outage to the proof, without leaving the page."""

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from serving import MARKUP, plan, replay, started, write_files


@pytest.fixture
def kafka_service(tmp_path, broker):
    service = started(tmp_path, {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap, "KAFKA_DESTINATIONS_TOPIC": "day"})
    yield service
    service.end()


def confirm(tab, reason="outage of 1 May"):
    tab.get_by_label("Why").fill(reason)
    tab.get_by_role("button", name="Start").click()


def state(tab):
    return tab.locator(".now .state")


def test_a_whole_day_from_the_files_to_the_proof(kafka_service, broker, visit, tmp_path):
    broker.create_topic("day")
    source = write_files(tmp_path / "outage", files=3, lines=500)
    tab = visit(kafka_service).open("/new")

    # A plan: what would be sent, and what would not.
    tab.get_by_label("Files folders").fill(str(source))
    tab.get_by_label("Connections instead").fill("c1")
    tab.get_by_text("Speed, limits, name").click()
    tab.get_by_label("Name of the job").fill("may-1")
    tab.get_by_label("Messages a second").fill("40")
    tab.get_by_role("button", name="Show the plan").click()
    expect(tab).to_have_url(re.compile("/plans/may-1$"))
    expect(tab.get_by_label("How much")).to_contain_text("files3")
    expect(tab.get_by_label("Streams", exact=True)).to_contain_text("src0001")
    expect(tab.get_by_label("Days")).to_contain_text("2026-05-02")
    expect(tab.get_by_role("heading", name="Lines, as they would be judged")).to_be_visible()

    # Confirmed with a reason, it runs, and its speed is changed while it does.
    confirm(tab)
    expect(tab).to_have_url(re.compile("/jobs/may-1$"))
    expect(state(tab)).to_have_text("Running")
    tab.get_by_role("button", name="Pause").click()
    expect(tab.get_by_role("dialog")).to_contain_text("reprocess pause may-1")
    tab.get_by_role("button", name="Pause it").click()
    expect(state(tab)).to_have_text("Paused")
    tab.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Resume it").click()
    expect(state(tab)).to_have_text("Running")
    tab.get_by_role("button", name="Speed").click()
    tab.get_by_label("Messages a second").fill("")
    tab.get_by_role("button", name="Set them").click()
    expect(state(tab)).to_have_text("With errors", timeout=60_000)
    expect(tab.locator(".ledger")).to_contain_text("1,500")
    expect(tab.get_by_text("The books balance.")).to_be_visible()

    # Its errors by cause; only those of one are tried again.
    tab.get_by_role("link", name=re.compile("^Errors")).click()
    expect(tab.locator(".cause")).to_contain_text("Invalid JSON")
    tab.get_by_role("button", name="Retry only these").click()
    tab.get_by_label("Why").fill("the producer is mended")
    tab.get_by_role("button", name="Start the retry").click()
    expect(tab.get_by_text("A retry of")).to_be_visible()
    expect(state(tab)).to_have_text("With errors", timeout=60_000)
    tab.get_by_role("link", name="may-1", exact=True).click()

    # The proof, and what to keep.
    tab.get_by_role("button", name="Verify", exact=True).click()
    expect(tab.locator(".verdict")).to_contain_text("Every sent line is there, each once: 1,498.", timeout=60_000)
    tab.get_by_role("link", name="Report").click()
    expect(tab.locator(".paper")).to_contain_text("Every sent line is there, each once: 1,498.")
    expect(tab.locator(".hash")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    with tab.expect_download() as saved:
        tab.get_by_role("link", name="Save as a page").click()
    assert "Replay may-1" in saved.value.path().read_text()

    # Who did all that, and why.
    tab.get_by_label("About this job").get_by_role("link", name="Audit").click()
    for verb in ("start", "pause", "resume", "limits", "retry", "verify"):
        expect(tab.get_by_role("cell", name=verb, exact=True).first).to_be_visible()
    expect(tab.get_by_role("cell", name="outage of 1 May")).to_be_visible()
    assert len(broker.records("day")) == 1498


def test_files_that_were_sent_before_are_sent_again_only_when_told(kafka_service, broker, visit, tmp_path):
    if "day" not in broker.admin.list_topics():
        broker.create_topic("day")
    source = write_files(tmp_path / "twice", files=1, lines=20, bad=0)
    visitor = visit(kafka_service)
    for job in ("first", "second"):
        tab = visitor.open("/new")
        tab.get_by_label("Files folders").fill(str(source))
        tab.get_by_label("Connections instead").fill("c1")
        details = tab.locator("details.more-fields")
        if details.get_attribute("open") is None:
            tab.get_by_text("Speed, limits, name").click()
        tab.get_by_label("Name of the job").fill(job)
        tab.get_by_role("button", name="Show the plan").click()
        expect(tab).to_have_url(re.compile(f"/plans/{job}$"))
        if job == "second":
            expect(tab.locator(".overlap")).to_contain_text("first")
            confirm(tab)
            expect(tab.get_by_role("alert")).to_be_visible()
            tab.get_by_label("send again").check()
            tab.get_by_role("button", name="Start").click()
        else:
            confirm(tab)
        expect(tab).to_have_url(re.compile(f"/jobs/{job}$"))
        expect(state(tab)).to_have_text("Completed", timeout=60_000)


def test_a_start_that_is_refused_for_another_reason_offers_nobody_to_send_anything_again(service, visit, tmp_path):
    plan(service, write_files(tmp_path / "outage", files=1), "given-up")
    tab = visit(service).open("/plans/given-up")
    expect(tab.get_by_role("heading", name="What would become of them")).to_be_visible()  # it asks no more
    service.command("cancel", "given-up", "--yes")
    confirm(tab)
    expect(tab.get_by_role("alert")).to_contain_text("cancelled")
    expect(tab.get_by_label("send again")).to_have_count(0)


def test_a_plan_made_in_a_terminal_is_confirmed_or_given_up_with_the_keyboard_alone(service, visit, tmp_path):
    plan(service, write_files(tmp_path / "in", lines=2000), "by-keyboard", "--max-messages-per-second", 100)
    tab = visit(service).open("/plans/by-keyboard")
    expect(tab.get_by_role("button", name="Start by-keyboard")).to_be_visible()

    tab_to(tab, "Why")
    tab.keyboard.type("with no mouse")
    tab.keyboard.press("Enter")
    expect(state(tab)).to_have_text("Running")
    tab_to(tab, "Cancel")
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text("by-keyboard")
    expect(dialog).to_contain_text("stay sent")
    tab.evaluate(FOCUS_WHEN_GONE, "dialog")
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert tab.evaluate("focusWhenGone") == "Cancel"
    assert focused(tab) == "Cancel"
    tab.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(tab, "Cancel by-keyboard")
    tab.keyboard.press("Enter")
    expect(state(tab)).to_have_text("Cancelled", timeout=30_000)


# What has the focus at the moment when the selected element is gone: a key pressed then goes there.
FOCUS_WHEN_GONE = """selector => { window.focusWhenGone = new Promise(resolve =>
    new MutationObserver(() => document.querySelector(selector) || resolve(document.activeElement.textContent))
        .observe(document.body, { childList: true, subtree: true })) }"""


def focused(tab):
    return tab.evaluate(
        "(document.activeElement.labels?.[0]?.querySelector('span')?.firstChild.textContent"
        " ?? document.activeElement.textContent).trim()"
    )


def tab_to(tab, name):
    for _ in range(80):
        tab.keyboard.press("Tab")
        if focused(tab) == name:
            return
    raise AssertionError(f"no way to {name} with the Tab key")


def test_what_was_filled_in_survives_a_reload_and_the_way_back(service, visit, tmp_path):
    source = write_files(tmp_path / "in", files=1)
    tab = visit(service).open("/new")
    tab.get_by_label("Files folders").fill(str(source))
    tab.get_by_text("Nowhere: a dry run").click()
    tab.reload()
    expect(tab.get_by_label("Files folders")).to_have_value(str(source))
    expect(tab.get_by_text("reprocess plan")).to_contain_text("--dry-run")
    tab.get_by_role("button", name="Show the plan").click()
    expect(tab.get_by_role("heading", name="Start it?")).to_be_visible()
    tab.go_back()
    expect(tab.get_by_label("Files folders")).to_have_value(str(source))
    tab.go_forward()
    expect(tab.get_by_role("heading", name="Start it?")).to_be_visible()


def test_a_plan_that_cannot_be_made_says_why_and_what_helps(service, visit, tmp_path):
    tab = visit(service).open("/new")
    tab.get_by_label("Files folders").fill(str(tmp_path / "nothing-here"))
    tab.get_by_text("Nowhere: a dry run").click()
    tab.get_by_role("button", name="Show the plan").click()
    expect(tab.get_by_role("alert")).to_contain_text("nothing-here")


def test_what_a_topic_lacks_is_shown_and_what_it_cannot_tell_of_is_decided(kafka_service, broker, visit, tmp_path):
    broker.create_topic("lacks", partitions=1)
    source = write_files(tmp_path / "in", files=1, lines=10, bad=0)
    lines = gzip.decompress(next(source.iterdir()).read_bytes()).splitlines()
    broker.deliver("lacks", *lines[:4], connection_ids=b"c1")  # now, which is after all lines were created
    tab = visit(kafka_service).open("/new")
    tab.get_by_label("Files folders").fill(str(source))
    tab.get_by_label("Connections instead").fill("c1")
    tab.locator("input[name=topic]").fill("lacks")
    tab.get_by_text("only lines that the topic lacks").click()
    expect(tab.get_by_text("reprocess plan")).to_contain_text("--only-missing")
    tab.get_by_role("button", name="Show the plan").click()
    expect(tab.get_by_role("alert")).to_contain_text("cannot tell whether it had them")
    expect(tab.get_by_label("What the topic lacks")).to_contain_text("6older than it can tell: not decided")
    tab.get_by_role("button", name="Send them").click()
    expect(tab.get_by_role("heading", name="Start it?")).to_be_visible()
    lacks = tab.get_by_label("What the topic lacks")
    expect(lacks).to_contain_text("6 lines of 10 would be sent")
    expect(lacks).to_contain_text("4in the topic: not sent")
    confirm(tab)
    expect(state(tab)).to_have_text("Completed", timeout=60_000)
    tab.get_by_role("link", name="Report").click()
    expect(tab.locator(".paper")).to_contain_text("the 6 lines of 10 that topic lacks lacked; it had 4")
    assert sorted(json.loads(record.value)["number"] for record in broker.records("lacks")) == list(range(10))


def test_markup_in_paths_and_lines_shows_as_text(service, visit, tmp_path):
    source = write_files(tmp_path / "<b>in", files=1, lines=10, bad=1, name="kafka_failover_<i>{day}{hour}.ndjson.gz")
    plan(service, source, "marked-plan")
    replay(service, source, "marked")
    visitor = visit(service)
    tab = visitor.open("/jobs/marked/errors")
    expect(tab.locator(".cause .sample")).to_contain_text(MARKUP)
    expect(tab.locator(".cause .where")).to_contain_text("<b>in/kafka_failover_<i>1")
    tab.goto(service.url + "/jobs/marked/files")
    expect(tab.locator(".file-path").first).to_contain_text("<b>in/kafka_failover_<i>1")
    tab.goto(service.url + "/plans/marked-plan")
    expect(tab.locator(".samples")).to_contain_text(MARKUP)
    tab.goto(service.url + "/jobs/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    expect(tab.get_by_role("heading", name="<script>alert(1)</script>")).to_be_visible()
    expect(tab.get_by_role("alert")).to_be_visible()
    assert tab.locator("main b, main i, main img").count() == 0
