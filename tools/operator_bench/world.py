"""Servers and services that a row asks for, each started once and ended with the run."""

import contextlib
import functools
import itertools
import shutil

from harness.control_plane import ControlPlane, Namespace
from harness.databases import Cluster
from harness.large_job import multiply
from harness.programs import Programs
from harness.topics import Broker
from service import Service


class World:
    def __init__(self, folder):
        self.folder, self._numbers = folder, itertools.count()

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._ends = contextlib.ExitStack()
        self.programs = Programs(self.folder)
        self._ends.callback(self.programs.end_all)
        return self

    def __exit__(self, *_):
        self._ends.close()

    @functools.cached_property
    def postgres(self):
        cluster = Cluster(self.new_folder("postgres"))
        self._ends.callback(cluster.remove)
        cluster.start()
        return cluster

    @functools.cached_property
    def broker(self):
        broker = Broker(self.new_folder("kafka"))
        self._ends.callback(broker.stop)
        broker.start()
        return broker

    @functools.cached_property
    def control_plane(self):
        self.folder.chmod(0o755)  # pods run under another user
        plane = ControlPlane(self.new_folder("kubernetes"), self.folder)
        self._ends.callback(plane.end)
        return plane.start()

    def namespace(self, name):
        return Namespace(self.control_plane, name, self.new_folder(name))

    def new_folder(self, name):
        folder = self.folder / f"{next(self._numbers)}-{name}"
        folder.mkdir()
        return folder

    def service(self, books, **variables):
        service = Service(self.new_folder("serve"), books, variables)
        self._ends.callback(service.end_all)
        service.start()
        return service

    def command(self, *arguments, exits=(0,), **variables):
        program = self.programs.start(["reprocess", *arguments], variables)
        code = program.wait(600)
        if code not in exits:
            raise SystemExit(f"reprocess {arguments[0]} ended with {code}:\n{program.err}")
        return program


def large_job(world, books, job, workers, files, running):
    """A job of so many workers and files in the database, as if it had run, or ran."""
    logs = world.new_folder("logs")
    (logs / "kafka_failover_2026_05_01T00_00_00.ndjson").write_text('{"messageCreated":"2026-05-01T00:00:00Z","n":1}\n' * 100)
    world.command("run", logs, "--job", f"{job}-seed", "--out", world.new_folder("out"), "--database", books.url, "--yes")
    multiply(books, f"{job}-seed", job, workers, files, running)
