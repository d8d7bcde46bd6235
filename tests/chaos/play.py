"""Plays one schedule: workers that are started again whenever they end, faults at their places, and then
the same questions to the topic and to the books as every end-to-end test asks."""

import random
import signal
import threading
from dataclasses import dataclass

import psycopg

from harness.books import check_balances, check_books
from harness.corpus import File, Line, gzip_members, layout, messages, zstd_frames
from harness.oracle import parse_checkpoint
from harness.programs import COMPLETED, FATAL, FENCED, STOPPED, Programs
from harness.topics import patiently
from harness.waits import wait_until
from harness.world import COMMAND, World
from s3_world import KEYS
from servers import RestlessS3

WATCHDOG = 300.0  # seconds in which anything at all must happen


@dataclass
class Done:
    """What a schedule did. Every line of it arrived once, or it would not be here."""

    lines: int = 0
    records: int = 0
    kills: int = 0
    kills_inside: int = 0  # at 0 < checkpoint < end
    faults: int = 0
    spoilt: int = 0  # S3 answers

    def __str__(self):
        return (
            f"{self.lines} lines, {self.records} records once each, {self.kills} kills "
            f"({self.kills_inside} inside the run), {self.faults} other faults, {self.spoilt} spoilt S3 answers"
        )


class Play:
    complete = {COMPLETED}  # exit codes of a shard that is

    def __init__(self, schedule, folder, servers):
        self.schedule, self.servers, self.done = schedule, servers, Done()
        self.dice = random.Random(schedule.seed)
        folder.mkdir()
        self.programs = Programs(folder)
        self.restless = None
        self.main = {}  # shard → its worker
        self.others = []  # rivals and thawed zombies
        self.heal = []  # what brings back what was taken away
        self.make_world(f"chaos-{schedule.seed}", folder)

    def make_world(self, name, folder):
        self.broker, self.cluster = self.servers.broker(self.schedule.kind), self.servers.cluster()
        self.world = World(name, folder, self.broker, self.cluster.create(), self.programs)
        self.broker.create_topic(self.world.topic)

    # --- the files ----------------------------------------------------------------------------

    def write_files(self):
        schedule = self.schedule
        number = self.dice.randint(2, 5)
        for n in range(number):
            lines = messages(schedule.lines // number, first=n * schedule.lines, size=self.dice.choice((200, 400)))
            for _ in range(self.dice.randrange(60)):
                at = self.dice.randrange(len(lines))
                lines.insert(at, self.dice.choice(self._odd_lines()))
            codec = self.dice.choice(("plain", "gzip", "zstd"))
            packing = {"gzip": {"members": self.dice.randint(1, 5)}, "zstd": {"frames": self.dice.randint(1, 5)}}
            self._add(lines, codec, packing.get(codec, {}))
        self.done.lines = sum(len(file.lines) for file in self.world.files)

    @staticmethod
    def _odd_lines():
        return [Line(b"{bad", "invalid_json"), Line(b"[1]", "not_object"), Line(b"", "blank"),
                Line(b'{"type":"page"}', end=b"\r\n"), Line(b'{ "n" : 1e400 }')]  # fmt: skip

    def _add(self, lines, codec, packing):
        if self.schedule.source == "local":
            self.world.add(lines, codec=codec, **packing)
            return
        pack = {"plain": lambda content: content, "gzip": gzip_members, "zstd": zstd_frames}[codec]
        bucket, key = f"chaos-{self.schedule.seed}", f"events {len(self.world.files)}.ndjson"
        file = File(f"s3://{bucket}/{key}", lines, layout(lines))
        body = pack(file.content, **packing)
        if not self.restless:
            self.servers.s3().client.create_bucket(Bucket=bucket)
            self.restless = RestlessS3(self.servers.s3(), random.Random(self.schedule.seed))
            self.world.environment |= {
                "AWS_ENDPOINT_URL_S3": self.restless.proxy.url, "REPROCESS_S3_RETRY_WAIT_MS": "5",
                "REPROCESS_S3_STALL_MS": "1000", "REPROCESS_S3_PART_BYTES": str(256 << 10), **KEYS,
            }  # fmt: skip
        self.servers.s3().client.put_object(Bucket=bucket, Key=key, Body=body)
        self.world.list(file)
        file.listed["size"] = len(body)

    # --- the workers --------------------------------------------------------------------------

    def start(self, shard):
        return self.world.start(shard, self.schedule.shards, **self.schedule.settings)

    def tend(self):
        """Starts workers again as Kubernetes would; True when every shard is complete."""
        ended = 0
        for shard in range(self.schedule.shards):
            worker = self.main.get(shard)
            if worker is None or not worker.running:
                code = None if worker is None else worker.process.returncode
                if code in self.complete:
                    ended += 1
                    continue
                if code is not None:
                    self.check_code(worker)
                self.main[shard] = self.start(shard)
        return ended == self.schedule.shards

    def check_code(self, worker):
        code = worker.process.returncode
        # -15: SIGTERM came before it could listen.
        allowed = {-signal.SIGKILL, -signal.SIGTERM, STOPPED, FENCED} | ({FATAL} if self.schedule.may_give_up() else set())
        assert code in allowed, f"a worker ended with exit {code}:\n{worker.err[-4000:]}"

    def committed(self):
        """Lines that the copies of the checkpoints have counted; None while the database is away."""
        try:
            options = "-c statement_timeout=500"
            with psycopg.connect(self.world.database.url, connect_timeout=2, options=options) as connection:
                rows = connection.execute("SELECT checkpoint FROM reprocessing_shards").fetchall()
        except psycopg.Error:
            return None
        return sum(parse_checkpoint(text)["s.lines"] for (text,) in rows)

    def on_broker(self):
        """The same of the one shard, from the broker."""
        checkpoint = self.world.checkpoint()
        return checkpoint["s.lines"] if checkpoint else 0

    # --- the faults ---------------------------------------------------------------------------

    def run_faults(self):
        """Each fault is a method: of a shard's worker, or of a server; False: there was nothing to break."""
        for fault in self.schedule.faults:
            place = max(1, int(fault.at * self.done.lines))

            def there(place=place):
                return self.tend() or (self.committed() or 0) >= place

            wait_until(there, f"line {place} is committed", WATCHDOG)
            if self.tend():
                return
            self.dice.seed(fault.dice)
            shard = self.dice.randrange(self.schedule.shards)
            done = getattr(self, fault.what)(shard)
            self.done.faults += fault.what != "kill" and done is not False

    def kill(self, shard):
        alive = self.main[shard].kill()
        committed = self.committed()
        self.done.kills += alive
        self.done.kills_inside += alive and committed is not None and 0 < committed < self.done.lines

    def term(self, shard):
        self.main[shard].signal(signal.SIGTERM)
        code = self.main[shard].wait(WATCHDOG)
        if code not in self.complete:
            self.check_code(self.main[shard])

    def rival(self, shard):
        self.others.append(self.start(shard))

    def stall(self, shard):
        """Frozen for longer than its transaction may last, and nobody takes over."""
        worker = self.main[shard]
        if not worker.freeze():
            return False
        self.pause(3.0)
        worker.thaw()
        return True

    def zombie(self, shard):
        """… and somebody does."""
        zombie = self.main[shard]
        if not zombie.freeze():
            return False
        before = self.generation(shard)
        self.main[shard] = self.start(shard)
        wait_until(
            lambda: not self.main[shard].running or self.generation(shard) > before, "a take-over", WATCHDOG
        )
        zombie.thaw()
        self.others.append(zombie)
        return True

    def generation(self, shard):
        rows = self.world.database.rows("SELECT generation FROM reprocessing_shards WHERE shard = %s", shard)
        return rows[0]["generation"] if rows else 0

    def broker_restart(self, _):
        self.broker.break_one(self.dice)()

    def broker_away(self, _):
        self._away(self.broker.break_one(self.dice))

    def partitions(self, _):
        self.partition_count += self.dice.randint(1, 3)
        patiently(lambda: self.broker.grow_topic(self.world.topic, self.partition_count))

    def leaders_moved(self, _):
        patiently(lambda: self.broker.move_leaders(self.world.topic, self.dice))

    partition_count = 3

    def database_restart(self, _):
        self.cluster.stop(self.dice.choice(("fast", "immediate")))
        self.cluster.start()

    def database_away(self, _):
        self.cluster.stop()
        self._away(self.cluster.start)

    def _away(self, bring_back):
        """For longer than the workers wait: those that need it end with exit 1, and are started again."""
        self.heal.append(bring_back)
        self.pause(self.dice.uniform(2.0, 8.0))
        self.heal.pop()()

    def tables_locked(self, _):
        locked, free = threading.Event(), threading.Event()

        def hold():
            with psycopg.connect(self.world.database.url) as connection:
                connection.execute("LOCK TABLE reprocessing_shards, reprocessing_files, reprocessing_errors")
                locked.set()
                free.wait(WATCHDOG)

        thread = threading.Thread(target=hold)
        thread.start()
        assert locked.wait(WATCHDOG), "the tables could not be locked"
        self.pause(self.dice.uniform(0.5, 3.0))
        free.set()
        thread.join()

    def pause(self, seconds):
        """Lets the world go on for a while: the fault is how long it lasts."""
        end = threading.Event()
        threading.Timer(seconds, end.set).start()
        while not end.wait(0.05):
            self.tend()

    # --- all of it ----------------------------------------------------------------------------

    def run(self):
        try:
            self.write_files()
            if self.schedule.kind == "kills":
                self.run_kills()
            else:
                self.run_faults()
            wait_until(self.tend, "every shard is complete", WATCHDOG)
            for other in self.others:
                if other.wait(WATCHDOG) not in self.complete:
                    self.check_code(other)
            self.check()
            return self.done
        finally:
            for bring_back in self.heal:
                bring_back()
            self.programs.end_all()
            self.close()

    def close(self):
        if self.restless:
            self.done.spoilt = self.restless.spoilt
            self.restless.close()

    def run_kills(self):
        for left in range(len(self.schedule.faults), 0, -1):
            at = self.on_broker()
            point = at + self.dice.randint(1, max(2 * (self.done.lines - at) // (left + 1), 2))
            worker = self.main[0] = self.start(0)
            if self.dice.random() < 0.2:  # while it starts, claims, tidies up
                doze(self.dice.uniform(0, 0.15))
            else:
                self.wait_past(point, worker)
                doze(self.dice.uniform(0, 0.02))  # anywhere between two commits
            if not worker.kill():
                return
            self.done.kills += 1
            self.done.kills_inside += 0 < self.on_broker() < self.done.lines

    def wait_past(self, point, worker):
        wait_until(
            lambda: not worker.running or self.on_broker() >= point, f"line {point}", WATCHDOG, poll=0
        )

    def check(self):
        wait_until(self.settled, "no transaction is open", WATCHDOG)
        self.done.records = len(self.world.check_delivered())
        self.check_rows()
        verify = [COMMAND, "verify", self.world.job_id, "--database", self.world.database.url]
        self.programs.start(verify, self.world.variables()).expect(COMPLETED, WATCHDOG)

    def check_rows(self):
        check_books(self.world, self.schedule.shards)
        check_balances(self.world)
        for shard in range(self.schedule.shards):
            assert self.world.worker(shard)["status"] == "completed"
        assert self.world.job()["status"] == "completed"

    def settled(self):
        """Whether committed readers see all: a marker may come after the answer to the commit."""
        ends = [self.broker.end_offsets(self.world.topic, level) for level in
                ("read_committed", "read_uncommitted")]  # fmt: skip
        return ends[0] == ends[1]


def doze(seconds):
    threading.Event().wait(seconds)
