"""What a seed stands for: the files, the settings, and the faults with their places."""

import random
from dataclasses import dataclass, field

KINDS = ("kills", "kills", "kills", "kills", "disk", "storm", "storm", "storm", "storm", "trio")

# Each takes one worker or server away, or changes what the worker stands on.
WORKER_FAULTS = ("kill", "kill", "term", "rival", "zombie", "stall")
DATABASE_FAULTS = ("database_restart", "tables_locked")
BROKER_FAULTS = ("broker_restart", "partitions")
LEADER_FAULTS = ("leaders_moved", "leaders_moved")
DISK_FAULTS = ("disk_full", "disk_full", "kill", "term")
AWAY_FAULTS = ("broker_away", "database_away")  # for longer than the worker waits
POD_FAULTS = ("kill", "kill", "kill", "evicted", "deleted", "watch_killed", "api_server_restart")


@dataclass(frozen=True)
class Fault:
    what: str
    at: float  # share of the lines that are committed before it
    dice: int  # seeds what is drawn while it is done


@dataclass(frozen=True)
class Schedule:
    seed: int
    # kills: one fault often; storm: all of them; trio: on three brokers; disk: that is full; pods: on Kubernetes
    kind: str
    lines: int
    shards: int
    source: str  # local, s3
    faults: tuple
    settings: dict = field(hash=False)

    @staticmethod
    def of(seed):
        dice = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        commit_lines = dice.choice((20, 50, 100, 200, 400))
        settings = {
            "REPROCESS_COMMIT_LINES": commit_lines,
            "REPROCESS_TRANSACTION_TIMEOUT_MS": 2_000,
            # Records leave at once, not with the commit: a fault finds some of them sent.
            "KAFKA_PROPERTIES": "linger.ms=0",
            "REPROCESS_START_TIMEOUT_MS": 120_000,  # a broker takes long to start on a busy machine
            "REPROCESS_BATCH_BYTES": dice.choice((8 << 10, 64 << 10, 512 << 10)),
        }
        lines = max(4_000, min(150 * commit_lines, 40_000))
        if kind == "kills":
            faults = [Fault("kill", dice.random(), dice.getrandbits(32)) for _ in range(20)]
            settings |= {"REPROCESS_HEARTBEAT_INTERVAL_MS": 50, "REPROCESS_CLAIM_WAIT_MS": 160}
        elif kind == "disk":
            lines = 60_000  # few would be written before a fault can be done
            faults = [Fault(dice.choice(DISK_FAULTS), 0.9 * dice.random(), dice.getrandbits(32)) for _ in range(8)]
        else:
            kinds = [*WORKER_FAULTS, *DATABASE_FAULTS, *BROKER_FAULTS]
            if kind == "trio":
                kinds += LEADER_FAULTS
            if dice.random() < 0.25:
                kinds += AWAY_FAULTS
                settings |= {
                    "REPROCESS_KAFKA_TIMEOUT_MS": 3_000,
                    "REPROCESS_DATABASE_TIMEOUT_MS": 3_000,
                    "REPROCESS_START_TIMEOUT_MS": 3_000,
                }
            number = dice.randint(4, 7)
            faults = [
                Fault(dice.choice(kinds), 0.9 * dice.random(), dice.getrandbits(32))
                for _ in range(number)
            ]
        faults.sort(key=lambda fault: fault.at)
        alone = kind in ("kills", "disk")
        shards = 1 if alone else dice.choice((1, 2))
        source = "local" if alone else dice.choice(("local", "s3"))
        return Schedule(seed, kind, lines, shards, source, tuple(faults), settings)

    @staticmethod
    def on_pods(seed, workers):
        dice = random.Random(seed)
        number = max(8, workers // 3)
        faults = [Fault(dice.choice(POD_FAULTS), 0.9 * dice.random(), dice.getrandbits(32)) for _ in range(number)]
        faults.sort(key=lambda fault: fault.at)
        settings = {"REPROCESS_COMMIT_LINES": dice.choice((5, 10, 20)), "REPROCESS_TRANSACTION_TIMEOUT_MS": 2_000,
                    "KAFKA_PROPERTIES": "linger.ms=0"}  # fmt: skip
        return Schedule(seed, "pods", 60 * workers, workers, "local", tuple(faults), settings)

    def may_give_up(self):
        """Whether a worker may end with exit 1: its disk is full, or it was told not to wait for long."""
        return self.kind == "disk" or "REPROCESS_KAFKA_TIMEOUT_MS" in self.settings

    def __str__(self):
        faults = " ".join(f"{fault.what}@{fault.at:.2f}" for fault in self.faults)
        if self.kind == "kills":
            faults = f"{len(self.faults)} kills"
        return (
            f"seed {self.seed}: {self.kind}, {self.lines} lines from {self.source}, "
            f"{self.shards} shard(s), commits of {self.settings['REPROCESS_COMMIT_LINES']}: {faults}"
        )
