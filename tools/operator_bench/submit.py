"""From an operator's yes to the first record on Kubernetes, without what the cluster itself takes."""

import statistics
import subprocess
import time

from harness.control_plane import WORKER

ROUNDS = 7
EVENT = '{"messageCreated":"2026-05-01T00:00:00Z","n":1}\n'


def first_record_ms(world, topic, file, number):
    """From a worker's start to its first record's time stamp."""
    folder = world.new_folder("worker")
    (folder / "files").mkdir()
    (folder / "job").mkdir()
    (folder / "files/files.json").write_text(f'[{{"path":"{file}","size":{file.stat().st_size}}}]')
    (folder / "job/config.json").write_text("{}")
    began = time.time()
    worker = world.programs.start(["reprocessing-worker"], {
        "JOB_ID": f"start-{number}", "WORKER_INDEX": "0", "TOTAL_WORKERS": "1", "REPROCESS_CONFIG_DIR": str(folder),
        "DATABASE_URL": f"sqlite://{folder}/books.db", "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
        "KAFKA_DESTINATIONS_TOPIC": topic})  # fmt: skip
    worker.expect(0)
    stamps = subprocess.run(["kcat", "-C", "-b", world.broker.bootstrap, "-t", topic, "-o", f"s@{int(began * 1000)}", "-e", "-q",
                             "-f", "%T\n"], check=True, capture_output=True, text=True).stdout.split()  # fmt: skip
    return int(stamps[0]) - began * 1000


def rows(world):
    logs = world.new_folder("logs")
    logs.chmod(0o755)
    file = logs / "kafka_failover_2026_05_01T00_00_00.ndjson"
    file.write_text(EVENT * 10)
    world.broker.create_topic("bench-submit")
    namespace, books = world.namespace("bench-submit"), world.postgres.create()
    service = world.service(books, KUBECONFIG=str(namespace.kubeconfig()), KUBERNETES_NAMESPACE=namespace.name,
                            REPROCESSING_WORKER_IMAGE=WORKER, KAFKA_BOOTSTRAP_SERVERS=world.broker.bootstrap,
                            KAFKA_DESTINATIONS_TOPIC="bench-submit", REPROCESS_LOCAL_ROOT=str(logs))  # fmt: skip
    confirmed, first = [], []
    for number in range(ROUNDS):
        plan = service.plan(paths=[str(logs)], job=f"submit-{number}", workers=1,
                            destination={"kafka": world.broker.bootstrap, "topic": "bench-submit"})  # fmt: skip
        body = {"plan": plan["id"], "plan_hash": plan["plan"]["plan_hash"], "reason": "bench", "again": True}
        began = time.perf_counter()
        started = service.post("/api/v1/jobs", body)
        confirmed.append((time.perf_counter() - began) * 1000)
        if started.status != 201:
            raise SystemExit(started.text)
        service.ended(plan["id"])
        first.append(first_record_ms(world, "bench-submit", file, number))
    service.stop()
    namespace.remove()
    both = statistics.median(confirmed), statistics.median(first)
    yield {"what": "submit: (yes → unsuspended) + (a worker's start → its first record)",
           "figure": f"{both[0]:.0f} + {both[1]:.0f} = {sum(both):.0f} ms",
           "mark": "1,000 ms", "command": f"{ROUNDS} times POST /api/v1/jobs, and a worker"}  # fmt: skip
