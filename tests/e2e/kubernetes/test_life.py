"""What becomes of a job on Kubernetes, whoever made it."""

from harness import admin, admin_objects
from harness.control_plane import WORKER
from harness.corpus import messages
from harness.waits import wait_until
from harness.world import COMMAND


def reprocess(world, namespace, *arguments):
    return world.programs.start([COMMAND, *arguments], world.variables(KUBECONFIG=namespace.kubeconfig()))


def submitted(world, namespace, workers, lines, *options, submit=()):
    for number in range(workers):
        world.add(messages(lines, seed=number))
    planned = reprocess(world, namespace, "plan", world.input, "--job", world.job_id, "--workers", workers,
                        "--kafka", world.broker.bootstrap, "--topic", world.topic, *options)  # fmt: skip
    planned.expect(0)
    reprocess(world, namespace, "submit", "--job", world.job_id, "--yes", "--image", WORKER, *submit).expect(0)


def test_a_job_deleted_by_hand_has_failed_and_is_resumed_where_it_was(namespace, world):
    submitted(world, namespace, 2, 2_000, "--max-messages-per-second", "300")
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has committed")
    namespace.api.delete("jobs", namespace.name, f"reprocess-{world.job_id}", propagationPolicy="Foreground")
    reprocess(world, namespace, "watch", world.job_id, "--exit-status").expect(1, 120)
    assert "cause unknown" in world.job()["error"]
    reprocess(world, namespace, "set", world.job_id, "max_messages_per_second=0").expect(0)
    reprocess(world, namespace, "resume", world.job_id).expect(0)
    reprocess(world, namespace, "watch", world.job_id, "--exit-status").expect(0, 120)
    world.check_delivered()


def test_a_suspended_job_has_no_pods_until_it_is_resumed(namespace, world):
    submitted(world, namespace, 2, 1_000, "--max-messages-per-second", "200")
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has committed")
    reprocess(world, namespace, "pause", world.job_id, "--suspend").expect(0)
    wait_until(lambda: not namespace.pods(), "its pods are gone")
    assert "suspended by" in reprocess(world, namespace, "status", world.job_id).expect(0).out
    reprocess(world, namespace, "resume", world.job_id).expect(0)
    reprocess(world, namespace, "watch", world.job_id, "--exit-status").expect(0, 120)
    world.check_delivered()


def test_why_pods_are_missing_is_told_and_they_come_when_they_may(namespace, world):
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    namespace.api.create("resourcequotas", namespace.name, quota)
    status = {"status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}}  # no controller writes it here
    namespace.api.patch("resourcequotas", namespace.name, "none", status, "status")
    submitted(world, namespace, 2, 100, submit=("--no-wait",))
    watching = reprocess(world, namespace, "watch", world.job_id, "--exit-status")
    wait_until(lambda: "exceeded quota" in watching.out, "it says why there are no pods")
    namespace.api.delete("resourcequotas", namespace.name, "none")
    watching.expect(0, 120)
    world.check_delivered()


def test_a_retry_runs_where_its_job_ran(namespace, world):
    broken = world.add(messages(50, seed=9))
    with broken.path.open("ab") as file:
        file.write(b"{no json\n")
    submitted(world, namespace, 1, 50)
    reprocess(world, namespace, "watch", world.job_id, "--exit-status").expect(2, 120)
    again = f"{world.job_id}-again"
    reprocess(world, namespace, "retry", world.job_id, "--kubernetes", "--job", again).expect(0)
    reprocess(world, namespace, "watch", again, "--exit-status").expect(2, 120)
    job = world.database.row("SELECT * FROM reprocessing_jobs WHERE id = %s", again)
    assert (job["k8s_job_name"], job["status"]) == (f"reprocess-{again}", "completed")
    worker = world.database.row("SELECT * FROM reprocessing_workers WHERE job_id = %s", again)
    assert (worker["total_lines"], worker["error_count"]) == (1, 1)


def slow_job(world, workers):
    world.database.run(admin.MAKE_TABLES)
    world.config = {"batch_size": 100, "max_messages_per_second": 200}
    for number in range(workers):
        world.add(messages(2_000, seed=number))
    admin.start_job(world.database, world.job_id, world.config, len(world.files), workers)


def test_a_cancelled_job_leaves_no_object_behind_and_its_pods_words(open_namespace, world):
    slow_job(world, 2)
    name = admin_objects.submit(open_namespace, world, 2)
    wait_until(lambda: (world.checkpoint(1) or {}).get("s.lines", 0) > 0, "it has committed")
    reprocess(world, open_namespace, "cancel", world.job_id, "--yes").expect(0)
    assert open_namespace.job(name) is None
    assert open_namespace.pods() == []
    assert open_namespace.objects() == []
    assert world.job()["status"] == "cancelled"
    assert [world.worker(index)["status"] for index in range(2)] == ["cancelled"] * 2
    kept = reprocess(world, open_namespace, "logs", world.job_id).expect(0)
    assert "shard ended" in kept.out or "claimed" in kept.out
    reprocess(world, open_namespace, "cancel", world.job_id, "--yes").expect(0)


def test_workers_that_run_here_see_that_their_job_is_cancelled(world):
    slow_job(world, 1)
    worker = world.start()
    wait_until(lambda: (world.checkpoint() or {}).get("s.lines", 0) > 0, "it has committed")
    world.database.run("UPDATE reprocessing_jobs SET status = 'cancelled'")
    worker.expect(4)
    assert world.worker()["status"] == "cancelled"
    world.start().expect(4)
