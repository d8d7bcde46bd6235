"""A replay on Kubernetes as an operator makes it: the files, topic and database of a world, the commands of
`reprocess`, and the namespace where it runs."""

import itertools

from .command import json_of
from .control_plane import WORKER
from .corpus import messages
from .waits import wait_until
from .world import COMMAND


class Replay:
    def __init__(self, world, namespace):
        self.world, self.namespace, self.job = world, namespace, world.job_id
        self.kubeconfig = namespace.kubeconfig()
        self.name = f"reprocess-{self.job}"
        self._numbers = itertools.count()

    def add_files(self, count, lines):
        for number in range(count):
            self.world.add(messages(lines, seed=number))

    # --- commands -----------------------------------------------------------------------------

    def start(self, *arguments, **variables):
        environment = {**self.world.environment, "KUBECONFIG": str(self.kubeconfig), "DATABASE_URL": self.world.database.url,
                       "REPROCESSING_WORKER_IMAGE": WORKER, **variables}  # fmt: skip
        return self.world.programs.start([COMMAND, *arguments], environment)

    def call(self, *arguments, expect=0, deadline=120.0, **variables):
        return self.start(*arguments, **variables).expect(expect, deadline)

    def about(self, command, *arguments, **options):
        return self.call(command, self.job, *arguments, **options)

    def _target(self):
        return ["--kafka", self.world.broker.bootstrap, "--topic", self.world.topic]

    def plan(self, *arguments, workers=1, **options):
        """What the plan says of itself."""
        given = ["--job", self.job, "--workers", workers, *self._target(), "--json", *arguments]
        return json_of(self.call("plan", self.world.input, *given, **options))

    def start_submit(self, *arguments, workers=1, **options):
        """Of all files, in one go."""
        given = ["--job", self.job, "--workers", workers, *self._target(), "--yes", *arguments]
        return self.start("submit", self.world.input, *given, **options)

    def submit(self, *arguments, expect=0, **options):
        return self.start_submit(*arguments, **options).expect(expect, 120.0)

    # --- what comes of it ---------------------------------------------------------------------

    def wait_complete(self, deadline=120.0):
        assert self.namespace.ended(self.name, deadline=deadline) == "Complete"

    def wait_committed(self, worker=0):
        """Until that worker has committed something."""
        self.world.wait_committed(1, worker)

    def objects(self):
        """Names of what there is of it, pods aside."""
        job = [("jobs", self.name)] if self.namespace.job(self.name) else []
        return job + self.namespace.objects()

    def wait_objects_gone(self):
        wait_until(lambda: not self.objects() and not self.namespace.pods(), "nothing is left of it", 60)

    def delete(self):
        self.namespace.api.delete("jobs", self.namespace.name, self.name, propagationPolicy="Foreground")
