"""From an operator's yes to the first record on Kubernetes, without what the cluster itself takes."""

import statistics
import time

from harness.control_plane import WORKER
from runs import Runner

ROUNDS = 7
EVENT = '{"messageCreated":"2026-05-01T00:00:00Z","n":1}\n'


def rows(world):
    logs = world.new_folder("logs")
    logs.chmod(0o755)
    file = logs / "kafka_failover_2026_05_01T00_00_00.ndjson"
    file.write_text(EVENT)
    world.broker.create_topic("bench-submit")
    namespace, books = world.namespace("bench-submit"), world.postgres.create()
    service = world.service(books, KUBECONFIG=str(namespace.kubeconfig()), KUBERNETES_NAMESPACE=namespace.name,
                            REPROCESSING_WORKER_IMAGE=WORKER, KAFKA_BOOTSTRAP_SERVERS=world.broker.bootstrap,
                            KAFKA_DESTINATIONS_TOPIC="bench-submit", REPROCESS_LOCAL_ROOT=str(logs))  # fmt: skip
    runner = Runner(world.new_folder("worker"), world.broker.bootstrap, "bench-submit")
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
        first.append(runner.first_record(file) * 1000)
    service.stop()
    namespace.remove()
    both = statistics.median(confirmed), statistics.median(first)
    yield {"what": "submit: (yes → unsuspended) + (a worker's start → its first record)",
           "figure": f"{both[0]:.0f} + {both[1]:.0f} = {sum(both):.0f} ms",
           "mark": "1,000 ms", "command": f"{ROUNDS} times POST /api/v1/jobs, and a worker"}  # fmt: skip
