"""`--only-missing` under all that goes wrong at once, drawn from a seed: ingest (kafka-python) delivers some
of its lines, some of them twice, late, to fewer connections, in transactions that are aborted, between other
services' traffic and a consumer's retry copies, and goes on while the job is planned; the plan and the replay
are killed. In the end each line is there for all its connections, exactly as often as ingest produced it.

    MISSING_SEEDS=20 pytest tests/e2e/test_missing_campaign.py          seeds 0 … 19; else 0 and 1
    MISSING_SUMS=docs/reliability/missing.csv …                         adds a line for each that passes
"""

import collections
import json
import os
import random
import subprocess
import threading
from pathlib import Path

import pytest
from kafka import KafkaProducer

from harness.command import Operator
from harness.corpus import Line, message
from harness.repository import serve, stream
from harness.topics import send_first_records

SEEDS = range(int(os.environ.get("MISSING_SEEDS", "2")))
LONG_AGO = 1_600_000_000_000  # milliseconds: before any line of these tests was created
GOES_TO = {"one": "c1,c2", "two": "c3"}


class Ingest:
    """What it means to deliver is in its log; what it did is counted here, by value and connections."""

    def __init__(self, world, dice):
        self.world, self.dice, self.done = world, dice, collections.Counter()
        self.plain = KafkaProducer(bootstrap_servers=world.broker.bootstrap, linger_ms=2)
        self.aborting = KafkaProducer(bootstrap_servers=world.broker.bootstrap,
                                      transactional_id=f"ingest-{world.topic}")  # fmt: skip
        self.aborting.init_transactions()
        self.partitions = sorted(self.plain.partitions_for(world.topic))
        send_first_records(self.plain, world.topic, LONG_AGO)

    def send(self, value, connections, **more):
        headers = {"connection_ids": connections, **more}
        self.plain.send(self.world.topic, value, b"-", partition=self.dice.choice(self.partitions),
                        headers=[(name, text.encode()) for name, text in headers.items()])  # fmt: skip
        if not more:
            self.done[value, connections] += 1

    def deliver(self, value, connections):
        """As it goes, or does not."""
        chance = self.dice.random()
        if chance < 0.5:
            self.send(value, connections)
        elif chance < 0.56:  # its report timed out
            self.send(value, connections)
            self.send(value, connections)
        elif chance < 0.62 and "," in connections:
            self.send(value, connections.split(",")[0])
        if self.dice.random() < 0.05:
            self.send(value, connections, retries="1")
        if self.dice.random() < 0.3:
            self.foreign()

    def foreign(self):
        self.send(message(self.dice.randrange(10**6, 10**9), stream="one"), "c1,c2")

    def abort(self, values):
        self.aborting.begin_transaction()
        for value in values:
            self.aborting.send(self.world.topic, value, headers=[("connection_ids", b"c1,c2,c3")])
        self.aborting.flush()
        self.aborting.abort_transaction()

    def close(self):
        self.plain.flush(30)
        self.plain.close()
        self.aborting.close()


def write_logs(world, ingest, dice):
    """Some files; which lines they mean to deliver, by value and connections."""
    meant = collections.Counter()
    for number in range(dice.randint(3, 5)):
        lines = []
        for n in range(dice.randint(200, 600)):
            name = dice.choice(list(GOES_TO))
            lines.append(Line(message(10_000 * number + n, stream=name, size=dice.choice((200, 900)))))
            if dice.random() < 0.02:
                lines.append(Line(lines[0].text))  # equal to an earlier one
            if dice.random() < 0.02:
                lines.append(dice.choice((Line(b"{bad", "invalid_json"), Line(b"", "blank"))))
        world.add(lines, codec=dice.choice(("plain", "gzip", "zstd")))
        sent = [line.text for line in lines if line.fate == "send"]
        for value in sent:
            connections = GOES_TO["one" if b'"sourceId":"one"' in value else "two"]
            meant[value, connections] += 1
            ingest.deliver(value, connections)
        ingest.abort(dice.sample(sent, 20))
    return meant


def in_topic(world):
    """Committed records that are no copies, by value and connections."""
    found = collections.Counter()
    for record in world.broker.raw_records(world.topic):
        headers = dict(record.headers)
        if "retries" not in headers and record.value != b"{}":
            found[record.value, headers["connection_ids"].decode()] += 1
    return found


class Campaign:
    def __init__(self, world, dice, variables):
        self.operator, self.world, self.dice, self.variables = Operator(world), world, dice, variables
        self.killed = self.refused = 0

    def run(self, arguments, kills):
        """Killed at random moments, and at last left alone; its exit code."""
        for _ in range(kills):
            running = self.operator.start(*arguments, **self.variables)
            try:
                running.process.wait(self.dice.uniform(0.05, 1.5))
            except subprocess.TimeoutExpired:  # it is at work
                self.killed += running.kill()
        running = self.operator.start(*arguments, **self.variables)
        return running, running.wait(120)

    def plan(self):
        world = self.world
        made, code = self.run(["plan", world.input, "--only-missing", "--kafka", world.broker.bootstrap,
                               "--topic", world.topic, "--database", world.database.url, "--job",
                               world.job_id, "--workers", 3], self.dice.randint(0, 2))  # fmt: skip
        # One that was killed when it had stored its plan is held to that.
        assert code == 0 or "it has another plan" in made.err, made.err
        config = world.database.row("SELECT config FROM reprocessing_jobs WHERE id = %s", world.job_id)
        return config["config"]["only_missing"]

    def start(self):
        """Whether it has sent all; else it says to plan again."""
        started, code = self.run(["run", "--job", self.world.job_id, "--database",
                                  self.world.database.url, "--yes"], self.dice.randint(1, 4))  # fmt: skip
        if code == 1 and "plan again" in started.err:
            self.refused += 1
            return False
        assert code == 0, started.err
        return True


@pytest.mark.parametrize("seed", SEEDS)
def test_each_line_is_there_as_often_as_ingest_produced_it(world, seed):
    dice = random.Random(seed)
    ingest = Ingest(world, random.Random(f"{seed}/ingest"))
    meant = write_logs(world, ingest, dice)
    ingest.plain.flush(30)
    repository = serve([stream(name, *connections.split(",")) for name, connections in GOES_TO.items()])
    with repository as variables:
        campaign = Campaign(world, dice, {**variables, "REPROCESS_COMMIT_LINES": 50})
        while True:
            over = threading.Event()
            late = dice.sample(sorted(meant), dice.choice((0, 0, 3)))

            def go_on(late=late, over=over):  # while it is planned, and a moment longer
                while not over.wait(0.01):
                    ingest.foreign()
                    if len(late) > 1 and ingest.dice.random() < 0.02:
                        ingest.send(*late.pop())
                for value, connections in late:  # after it was planned
                    ingest.send(value, connections)

            writer = threading.Thread(target=go_on)
            writer.start()
            counts = campaign.plan()
            over.set()
            writer.join()
            ingest.plain.flush(30)
            before = ingest.done.copy()
            if campaign.start():
                break
            world.job_id += "x"
    there = in_topic(world)
    ours = there - before
    ingest.close()
    for (value, connections), lines in meant.items():
        whole = before[value, connections]
        assert there[value, connections] == max(lines, whole), (value, lines, whole)
    assert there == before + ours and ours.total() == counts["sent"]
    assert sum(counts[key] for key in ("there", "partly", "missing", "not_sent")) == counts["lines"]
    if path := os.environ.get("MISSING_SUMS"):
        with Path(path).open("a") as sums:
            sums.write(f"{seed},{meant.total()},{counts['there']},{counts['partly']},{ours.total()},"
                       f"{campaign.killed},{campaign.refused}\n")  # fmt: skip
