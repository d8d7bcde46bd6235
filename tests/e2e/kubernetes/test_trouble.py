"""A submitted job is held, scaled, cancelled and broken, and comes to a truthful end."""

import gzip
from functools import partial

import pytest

from harness.waits import wait_until

SLOWLY = ("--max-messages-per-second", 200)


@pytest.fixture
def slow(replay):
    """A job of two shards that is under way, both of whose pods run; it takes half a minute, or until it is
    let go."""
    replay.add_files(2, 3_000)
    replay.submit(*SLOWLY, workers=2)
    replay.namespace.running(2)
    return replay


def rows(replay, table):
    return replay.world.database.rows(f"SELECT * FROM reprocessing_{table} WHERE job_id = %s", replay.job)


def phase(replay):
    return rows(replay, "submissions")[0]["phase"] or ""


def let_go(replay):
    replay.about("set", "max_messages_per_second=0")


def check_never_doubled(replay):
    keys = [record.key for record in replay.world.records()]
    assert len(keys) == len(set(keys))


def test_a_watched_job_is_completed_and_what_its_pods_were_is_kept(replay):
    replay.add_files(5, 50)
    replay.submit(workers=5)
    watched = replay.about("watch", "--exit-status")
    assert "completed" in watched.out
    assert replay.world.job()["status"] == "completed"
    kept = rows(replay, "pods")
    assert sorted((pod["worker_index"], pod["exit_code"]) for pod in kept) == [(n, 0) for n in range(5)]
    replay.world.check_delivered()
    replay.delete()
    replay.wait_objects_gone()
    told = replay.about("logs").out
    assert told and {int(line.split()[0]) for line in told.splitlines()} == set(range(5))


def test_a_killed_watch_is_followed_by_another(slow):
    first = slow.start("watch", slow.job)
    wait_until(lambda: first.out, "it shows something")
    first.kill()
    let_go(slow)
    slow.about("watch", "--exit-status")
    slow.world.check_delivered()
    assert slow.world.job()["status"] == "completed"


def test_a_watch_goes_on_over_a_restart_of_the_api_server(plane, slow):
    watched = slow.start("watch", slow.job, "--exit-status")
    wait_until(lambda: watched.out, "it shows something")
    plane.kill_api_server()
    plane.revive_api_server()
    let_go(slow)
    watched.expect(0, 120)
    slow.world.check_delivered()


def test_a_pod_that_is_killed_is_told_and_is_no_failure(slow):
    watched = slow.start("watch", slow.job, "--exit-status")
    slow.wait_committed()
    slow.namespace.running(2)[0].kill("OOMKilled")
    let_go(slow)
    watched.expect(0, 180)
    killed = [pod for pod in rows(slow, "pods") if pod["exit_code"] == 137]
    assert [pod["reason"] for pod in killed] == ["OOMKilled"]
    slow.world.check_delivered()


def test_a_cancelled_job_leaves_no_object_and_no_pod_and_every_line_at_most_once(slow):
    for worker in range(2):
        slow.wait_committed(worker)  # before that SIGTERM may come before it can listen
    pods = slow.namespace.running(2)
    slow.about("cancel", "--yes")
    slow.wait_objects_gone()
    assert slow.world.job()["status"] == "cancelled"
    assert {pod.runs[-1].exit_code for pod in pods} == {4}
    check_never_doubled(slow)
    refused = slow.about("resume", expect=1)
    assert "cancelled" in refused.err


@pytest.mark.parametrize("state", ["paused", "suspended"])
def test_a_job_is_cancelled_while_it_is_held(slow, state):
    slow.about("pause", *(["--suspend"] if state == "suspended" else []))
    slow.about("cancel", "--yes")
    slow.wait_objects_gone()
    assert slow.world.job()["status"] == "cancelled"


def test_a_job_is_cancelled_before_its_first_pod(replay):
    replay.add_files(1, 10)
    values = replay.world.directory / "values.yaml"
    values.write_text("nodeSelector: {no: such-node}\n")
    submitted = replay.start_submit("--values", values)
    wait_until(lambda: replay.namespace.pods(), "a pod waits for a node", 60)
    replay.about("cancel", "--yes")
    replay.wait_objects_gone()
    submitted.wait(60)
    assert replay.world.records() == []


def test_a_job_is_scaled_down_and_up(slow):
    slow.about("scale", "1")
    wait_until(lambda: len(slow.namespace.running_now()) == 1, "one pod is left", 60)
    slow.about("scale", "2")
    slow.namespace.running(2, 60)
    let_go(slow)
    slow.about("watch", "--exit-status")
    slow.world.check_delivered()


def test_a_file_that_cannot_be_read_ends_its_shard_with_2_and_the_job_says_so(replay):
    replay.add_files(3, 50)
    whole = gzip.compress(replay.world.files[0].content)
    (replay.world.input / "cut_2026_05_01T00_00_09.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    replay.submit(workers=4)
    replay.about("watch", "--exit-status", expect=2)
    assert 2 in {pod["exit_code"] for pod in rows(replay, "pods")}
    check_never_doubled(replay)


def test_the_first_worker_that_fails_for_good_ends_the_job_and_once_that_is_mended_it_goes_on(replay):
    replay.add_files(2, 500)
    broken = replay.world.files[0]
    with broken.path.open("ab") as file:
        file.write(b"{no json\n" * 2_000 + broken.content)
    replay.submit("--no-wait", "--max-errors", 5, workers=2, REPROCESS_COMMIT_LINES="20")
    replay.about("watch", "--exit-status", expect=1)
    assert replay.world.job()["error"].startswith("failed for good (max_errors): ")
    replay.wait_objects_gone()
    replay.about("set", "max_errors=100%")
    replay.about("resume")
    replay.about("watch", "--exit-status", expect=2)
    assert replay.world.job()["status"] == "completed"
    check_never_doubled(replay)


def test_a_job_that_expired_before_anybody_looked_is_completed_by_its_checkpoints(replay):
    replay.add_files(2, 50)
    replay.submit(workers=2)
    replay.namespace.api.patch("jobs", replay.namespace.name, replay.name, {"spec": {"ttlSecondsAfterFinished": 1}})
    replay.wait_objects_gone()
    assert replay.world.job()["status"] == "running", "nobody has looked"
    replay.about("watch", "--exit-status")
    assert replay.world.job()["status"] == "completed"
    replay.world.check_delivered()


def test_two_who_submit_the_same_job_at_once_make_one(replay):
    replay.add_files(4, 100)
    replay.plan(workers=4)
    both = [replay.start("submit", "--job", replay.job, "--yes") for _ in range(2)]
    codes = [one.wait(120) for one in both]
    assert 0 in codes, [one.err for one in both]
    replay.wait_complete()
    replay.world.check_delivered()
    assert len(replay.objects()) == 4


def test_a_lost_node_is_named_and_workers_that_are_released_or_whose_node_is_deleted_have_successors(plane, replay):
    """… and the workers that were cut off end by themselves, fenced."""
    node = plane.nodes.add_node(f"node-{replay.namespace.name}", {"for": replay.namespace.name})
    replay.add_files(2, 3_000)
    values = replay.world.directory / "values.yaml"
    values.write_text(f"nodeSelector: {{for: {replay.namespace.name}}}\n")
    replay.submit("--values", values, *SLOWLY, workers=2)
    zombies = replay.namespace.running(2)
    for worker in range(2):
        replay.wait_committed(worker)
    release = partial(replay.about, "release", "--worker", 0)
    assert f"on {node.name}, which answers" in release(expect=1).err
    watched = replay.start("watch", replay.job, "--exit-status")
    node.lose(grace=1)
    wait_until(lambda: "node lost: worker 0" in phase(replay), "it names the node", 120)
    assert node.name in phase(replay) and f"reprocess release {replay.job} --worker 0" in phase(replay)
    assert 'resources: ["pods/status"], verbs: ["patch"]' in release(expect=1).err
    replay.namespace.with_right("", "pods/status", "patch")
    plane.nodes.add_node(f"{node.name}-2", node.labels)
    assert f"on {node.name} counts as failed" in release().out
    wait_until(lambda: "node lost: worker 1" in phase(replay), "it names the other worker", 60)
    plane.nodes.delete_node(node.name)
    let_go(replay)
    watched.expect(0, 180)
    node.thaw()
    wait_until(lambda: all(zombie.runs[-1].exit_code is not None for zombie in zombies), "the zombies end", 60)
    assert {zombie.runs[-1].exit_code for zombie in zombies} <= {3, 4}
    replay.world.check_delivered()
