"""What strangers' floods cost, and what others wait meanwhile."""

import threading
import time

from attacks import Memory, exchange, floods, peers
from harness.command import SqliteBooks


class Prober:
    """Somebody else, who asks every 5 ms."""

    def __init__(self, service):
        self.service, self.ends, self.took = service, threading.Event(), []
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while True:
            began = time.perf_counter()
            self.service.get("/healthz", token=None)
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
    service = world.service(SqliteBooks(world.new_folder("books") / "jobs.db"))
    for name, (pieces, _) in floods().items():
        memory = Memory(service.program.process)
        with Prober(service) as prober:
            exchange(service.port, pieces)
        yield row(f"64 MiB of {name}", memory, prober)
    memory = Memory(service.program.process)
    with Prober(service) as prober, peers(service.port, 2_000, b"GET / HT"):
        time.sleep(2)
    yield row("2,000 half requests", memory, prober)


def row(name, memory, prober):
    took = sorted(prober.took)
    return {"what": f"{name}, from somebody without a token",
            "figure": f"{memory.grown() / (1 << 20):.1f} MiB more resident; others wait {took[len(took) // 2]:.1f} ms in the middle, "
                      f"{took[-1]:.1f} ms at the most",
            "mark": "32 MiB, 100 ms", "command": f"GET /healthz, {len(took)} times"}  # fmt: skip
