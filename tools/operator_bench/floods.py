"""What strangers' floods cost, and what others wait meanwhile."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from attacks import Memory, exchange, floods, peers
from harness.command import SqliteBooks
from harness.seen import ask, empty_job
from harness.waits import wait_until

CONNECTIONS = 4  # that flood the metrics port at once


class Prober:
    """Somebody else, who asks every 5 ms."""

    def __init__(self, ask_once):
        self.ask_once, self.ends, self.took = ask_once, threading.Event(), []
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while True:
            began = time.perf_counter()
            self.ask_once()
            self.took.append((time.perf_counter() - began) * 1000)
            if self.ends.wait(0.005):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()


def rows(world):
    yield from rows_of_serve(world)
    yield from rows_of_metrics(world)


def rows_of_serve(world):
    service = world.service(SqliteBooks(world.new_folder("books") / "jobs.db"))

    def healthz():
        service.get("/healthz", token=None)

    for name, (pieces, _) in floods().items():
        memory = Memory(service.program.process)
        with Prober(healthz) as prober:
            exchange(service.port, pieces)
        yield row(f"64 MiB of {name}, from somebody without a token", memory, prober, "32 MiB, 100 ms")
    memory = Memory(service.program.process)
    with Prober(healthz) as prober, peers(service.port, 2_000, b"GET / HT"):
        time.sleep(2)
    yield row("2,000 half requests, from somebody without a token", memory, prober, "32 MiB, 100 ms")


def rows_of_metrics(world):
    worker = empty_job(world.programs, world.new_folder("metrics"), METRICS_LINGER_MS="600000")
    wait_until(lambda: ask(worker.port, "/healthz")[0] == 200, "the worker serves")
    for name in floods():
        memory = Memory(worker.program.process)
        with Prober(lambda: ask(worker.port, "/healthz")) as prober, ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda pieces: exchange(worker.port, pieces), [floods()[name][0] for _ in range(CONNECTIONS)]))
        yield row(f"{CONNECTIONS} × 64 MiB of {name}, to a worker's metrics port", memory, prober, "8 MiB, 100 ms")


def row(name, memory, prober, mark):
    took = sorted(prober.took)
    return {"what": name,
            "figure": f"{memory.grown() / (1 << 20):.1f} MiB more resident; others wait {took[len(took) // 2]:.1f} ms in the middle, "
                      f"{took[-1]:.1f} ms at the most",
            "mark": mark, "command": f"GET /healthz, {len(took)} times"}  # fmt: skip
