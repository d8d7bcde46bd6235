"""An operator's day in a browser, on Kubernetes."""

import re

import pytest
from playwright.sync_api import expect
from serving import started

from harness.control_plane import WORKER
from harness.corpus import messages
from harness.waits import wait_until

COMPLETED_MS = 120_000


@pytest.fixture
def service(namespace, world, tmp_path):
    service = started(tmp_path, {
        "REPROCESS_LAUNCHER": "kubernetes", "KUBECONFIG": str(namespace.kubeconfig()),
        "KUBERNETES_NAMESPACE": namespace.name, "REPROCESSING_WORKER_IMAGE": WORKER,
        "DATABASE_URL": world.database.url, "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
        "KAFKA_DESTINATIONS_TOPIC": world.topic, "REPROCESS_HEARTBEAT_INTERVAL_MS": "200",
    })  # fmt: skip
    yield service
    service.end()


@pytest.fixture
def running(service, world, visit):
    """A job of two workers that was planned, confirmed and started in the page, slowly."""
    for number in range(2):
        world.add(messages(1_000, seed=number))
    tab = visit(service).open("/new")
    tab.get_by_label("Files folders").fill(str(world.input))
    tab.get_by_text("Speed, limits, name").click()
    tab.get_by_label("Name of the job").fill(world.job_id)
    tab.get_by_label("Workers at most").fill("2")
    tab.get_by_label("Messages a second").fill("40")
    tab.get_by_role("button", name="Show the plan").click()
    tab.get_by_label("Why").fill("an outage")
    tab.get_by_role("button", name="Start").click()
    expect(tab).to_have_url(re.compile(f"/jobs/{world.job_id}$"))
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has grown to its second pod", 120)
    return tab


def state(tab):
    return tab.locator(".now .state")


def do(tab, act, confirm):
    tab.get_by_role("button", name=act, exact=True).click()
    tab.get_by_role("button", name=confirm, exact=True).click()


def test_a_job_is_watched_while_a_pod_dies_then_suspended_resumed_scaled_and_proved(running, namespace, world):
    tab = running
    expect(state(tab)).to_have_text("Running")
    victim = namespace.pods()[0]["metadata"]["name"]
    namespace.evict(victim)
    wait_until(lambda: victim not in [pod["metadata"]["name"] for pod in namespace.pods()], "the pod is gone", 60)
    do(tab, "Suspend", "Suspend it")
    expect(state(tab)).to_have_text("Suspended")
    wait_until(lambda: not namespace.pods(), "its pods are gone", 60)
    do(tab, "Resume", "Resume it")
    wait_until(namespace.pods, "it has pods again", 60)
    tab.get_by_role("button", name="Parallelism").click()
    tab.get_by_label("Pods at once").fill("1")
    tab.get_by_role("button", name="Run 1 at once").click()
    name = f"reprocess-{world.job_id}"
    wait_until(lambda: namespace.job(name)["spec"]["parallelism"] == 1, "it runs a pod at a time", 60)
    tab.get_by_role("button", name="Speed").click()
    tab.get_by_label("Messages a second").fill("")
    tab.get_by_role("button", name="Set them").click()
    expect(state(tab)).to_have_text("Completed", timeout=COMPLETED_MS)
    tab.get_by_role("button", name="Verify", exact=True).click()
    expect(tab.locator(".verdict")).to_contain_text("Every sent line is there, each once")
    tab.get_by_role("link", name="Logs").click()
    expect(tab.locator(".pods")).to_contain_text(victim)
    world.check_delivered()


def test_a_cancelled_job_leaves_nothing_behind(running, namespace, world):
    tab = running
    do(tab, "Cancel", f"Cancel {world.job_id}")
    expect(state(tab)).to_have_text("Cancelled")
    wait_until(lambda: not namespace.objects() and not namespace.pods(), "nothing of it is left", 120)
