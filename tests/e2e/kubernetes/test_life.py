"""What becomes of a job on Kubernetes, whoever made it."""

from harness import admin, admin_objects
from harness.corpus import messages
from harness.waits import wait_until
from harness.world import COMMAND


def reprocess(world, namespace, *arguments):
    return world.programs.start([COMMAND, *arguments], world.variables(KUBECONFIG=namespace.kubeconfig()))


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
