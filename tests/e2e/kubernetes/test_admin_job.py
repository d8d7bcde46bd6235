"""A Job that Bulker's admin service made runs this worker."""

from harness import admin, admin_objects
from harness.corpus import messages
from harness.waits import wait_until


def add_files(world, count, lines):
    for number in range(count):
        world.add(messages(lines, seed=number))


def test_a_job_of_the_admin_service_runs_unchanged(open_namespace, world):
    world.database.run(admin.MAKE_TABLES)
    world.config = {"stream_ids": [], "dry_run": False, "batch_size": 100}
    add_files(world, 7, 50)
    admin.start_job(world.database, world.job_id, world.config, len(world.files), 3)
    name = admin_objects.submit(open_namespace, world, 3)
    assert open_namespace.ended(name) == "Complete"
    world.check_delivered()
    assert [row["status"] for row in admin.workers(world.database, world.job_id)] == ["completed"] * 3
    assert [row["success_count"] for row in admin.jobs(world.database)] == [350]


def test_a_worker_of_the_admin_service_that_is_killed_starts_again_in_place_and_nothing_is_doubled(open_namespace, world):
    world.config = {"batch_size": 100, "max_messages_per_second": 2_000}
    add_files(world, 2, 3_000)
    name = admin_objects.submit(open_namespace, world, 1)
    running = open_namespace.running()[0]
    wait_until(lambda: (world.checkpoint() or {}).get("s.lines", 0) > 0, "it has committed")
    assert running.kill()
    assert open_namespace.ended(name) == "Complete"
    assert len(running.runs) == 2
    world.check_delivered()
