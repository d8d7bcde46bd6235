"""One job of a test: its files and configuration, its topic, its database, and its runs."""

import gzip
import json

from .corpus import File, gzip_members, layout, sent_skipped_errors, zstd_frames
from .oracle import parse_checkpoint
from .programs import COMPLETED
from .waits import wait_until

WORKER, FAULTY_WORKER, COMMAND = "reprocessing-worker", "reprocessing-worker-faults", "reprocess"

# Everything that a test would wait for is made short; what each means is in src/model/settings.h.
QUICK = {
    "REPROCESS_CLAIM_WAIT_MS": "500",
    "REPROCESS_HEARTBEAT_INTERVAL_MS": "150",
    "REPROCESS_COMMIT_INTERVAL_MS": "200",
    "REPROCESS_RETRY_WAIT_MS": "20",
    "REPROCESS_START_TIMEOUT_MS": "15000",
}


class NotOnce(AssertionError):
    """What arrived is not what had to."""

    def __init__(self, wanted, missing, doubled, strange):
        super().__init__(
            f"{wanted} wanted: {missing} missing, {doubled} doubled, {strange} strange"
        )
        self.missing, self.doubled = missing, doubled


class World:
    def __init__(self, name, directory, broker, database, programs):
        self.job_id = self.topic = name
        self.directory, self.broker, self.database = directory, broker, database
        self.programs = programs
        self.files, self.config, self.environment = [], {}, dict(QUICK)
        self.requires = []  # what files.json says that a worker must know
        self.config_dir = directory / "config"
        self.input = directory / "in"
        self.input.mkdir(parents=True)

    # --- what is to be replayed -------------------------------------------------------------

    def add(self, lines, name=None, codec="plain", **packing):
        """Writes a file of these lines and puts it on the list."""
        name = name or f"kafka_failover_2026_05_01T00_00_{len(self.files):02}.ndjson"
        pack = {"plain": lambda content: content, "gzip": gzip_members, "zstd": zstd_frames}[codec]
        file = File(self.input / name, lines, layout(lines))
        file.path.write_bytes(pack(file.content, **packing))
        return self.list(file)

    def list(self, file):
        """Puts a File on the list as it is, whatever lies at its path."""
        size = file.path.stat().st_size if hasattr(file.path, "stat") and file.path.exists() else 0
        file.listed = {
            "path": str(file.path),
            "size": size,
            "last_modified": "2026-05-01T01:00:00Z",
        }
        self.files.append(file)
        return file

    def mount(self, gzipped=False):
        listed = [file.listed for file in self.files]
        if self.requires:
            listed = {"requires": self.requires, "files": listed}
        for name, content in (("files", listed), ("job", self.config)):
            (self.config_dir / name).mkdir(parents=True, exist_ok=True)
            text = json.dumps(content).encode()
            path = self.config_dir / name / ("files.json" if name == "files" else "config.json")
            path.write_bytes(gzip.compress(text) if gzipped and name == "files" else text)

    # --- running it ---------------------------------------------------------------------------

    def variables(self, index=0, total=1, **more):
        """The contract's environment. A variable that is None is left out."""
        variables = {
            "JOB_ID": self.job_id,
            "WORKER_INDEX": str(index),
            "TOTAL_WORKERS": str(total),
            "DATABASE_URL": self.database.url,
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
            "KAFKA_DESTINATIONS_TOPIC": self.topic,
            "REPROCESS_CONFIG_DIR": str(self.config_dir),
            **self.environment,
            **more,
        }
        return {name: str(value) for name, value in variables.items() if value is not None}

    def start(self, index=0, total=1, program=WORKER, mount=True, **variables):
        if mount:
            self.mount()
        return self.programs.start([program], self.variables(index, total, **variables))

    def run(self, index=0, total=1, expect=COMPLETED, deadline=60.0, **options):
        return self.start(index, total, **options).expect(expect, deadline)

    # --- what came of it ----------------------------------------------------------------------

    def group(self, index=0):
        return f"reprocess-{self.job_id}-{index}"

    def checkpoint(self, index=0):
        """The committed checkpoint as the broker has it, or None."""
        text = self.broker.committed_text(self.group(index), self.topic)
        return None if text is None else parse_checkpoint(text)

    def wait_committed(self, lines, index=0, deadline=60.0, unless=None):
        """Waits until the committed checkpoint has counted so many lines; None if `unless`."""

        def passed():
            checkpoint = self.checkpoint(index)
            if checkpoint and checkpoint["s.lines"] >= lines:
                return checkpoint
            return "ended" if unless and unless() else None

        found = wait_until(passed, f"the checkpoint passes line {lines}", deadline)
        return None if found == "ended" else found

    def records(self):
        return self.broker.records(self.topic)

    def job(self):
        return self.database.row("SELECT * FROM reprocessing_jobs WHERE id = %s", self.job_id)

    def worker(self, index=0):
        return self.database.row(
            "SELECT * FROM reprocessing_workers WHERE job_id = %s AND worker_index = %s",
            self.job_id,
            index,
        )

    def expected(self, files=None):
        """{key: (header, value)} of everything that must arrive."""
        wanted = {}
        for file in self.files if files is None else files:
            wanted.update(file.records())
        return wanted

    def expected_counts(self, files=None):
        counts = {}
        for file in self.files if files is None else files:
            for fate, number in file.counts().items():
                counts[fate] = counts.get(fate, 0) + number
        return sent_skipped_errors(counts)

    def check_delivered(self, files=None):
        """Exactly what must arrive did, once each; returns the records."""
        records = self.records()
        wanted = self.expected(files)
        got = {record.key: (record.header, record.value) for record in records}
        missing, strange = wanted.keys() - got.keys(), got.keys() - wanted.keys()
        doubled = len(records) - len(got)
        if missing or strange or doubled:
            raise NotOnce(len(wanted), len(missing), doubled, len(strange))
        differing = {key: (got[key], wanted[key]) for key in wanted if got[key] != wanted[key]}
        assert not differing, list(differing.items())[:3]
        return records
