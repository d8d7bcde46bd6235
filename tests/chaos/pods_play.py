"""Plays a schedule on a real Kubernetes control plane: a job of many workers, a few of which run at once, whose
pods are killed, evicted and deleted, while whoever watches dies and the API server goes away."""

import contextlib
from collections import Counter

from harness.control_plane import Namespace
from harness.programs import COMPLETED
from harness.replay import Replay
from harness.waits import wait_until
from play import WATCHDOG, Play
from pods.rest import Refused

MOST_KILLS = 3  # of one shard: Kubernetes would give up the fourth


class OnPods(Play):
    def make_world(self, name, folder):
        super().make_world(name, folder)
        folder.chmod(0o755)  # pods run under another user
        self.plane = self.servers.plane()
        self.replay = Replay(self.world, Namespace(self.plane, name, folder))
        self.killed = Counter()  # by shard
        self.watch = None

    def write_files(self):
        """A few more than there are workers."""
        schedule = self.schedule
        self.replay.add_files(schedule.shards + 3, schedule.lines // schedule.shards)
        self.done.lines = sum(len(file.lines) for file in self.world.files)
        settings = {name: str(value) for name, value in schedule.settings.items()}
        self.replay.submit("--parallelism", min(10, schedule.shards), "--max-messages-per-second",
                           self.done.lines // 60, workers=schedule.shards, **settings)  # fmt: skip

    def tend(self):
        """Somebody watches; True when the job has completed."""
        if self.watch is None or not self.watch.running:
            code = None if self.watch is None else self.watch.process.returncode
            if code == COMPLETED:
                return True
            assert code in (None, -9), f"the watch ended with exit {code}:\n{self.watch.err[-4000:]}"
            self.watch = self.replay.start("watch", self.replay.job, "--exit-status")
        return False

    # --- the faults ---------------------------------------------------------------------------

    def _pod(self):
        """One that runs, with its shard; None where there is none."""
        running = sorted(self.replay.namespace.running_now(), key=lambda pod: pod.name)
        return self.dice.choice(running) if running else None

    def kill(self, _):
        pod = self._pod()
        shard = pod and pod.name.rsplit("-", 2)[1]
        if pod is None or self.killed[shard] == MOST_KILLS:
            return False
        self.killed[shard] += 1
        committed = self.committed() or 0
        pod.kill("OOMKilled")
        self.done.kills += 1
        self.done.kills_inside += 0 < committed < self.done.lines
        return True

    def _take_away(self, how):
        pod = self._pod()
        if pod is None:
            return False
        with contextlib.suppress(Refused):  # it has gone meanwhile
            how(pod.name)
        return True

    def evicted(self, _):
        return self._take_away(self.replay.namespace.evict)

    def deleted(self, _):
        return self._take_away(lambda name: self.replay.namespace.api.delete("pods", self.replay.namespace.name, name))

    def watch_killed(self, _):
        self.watch.kill()

    def api_server_restart(self, _):
        self.plane.kill_api_server()
        self.plane.revive_api_server()

    # --- all of it ----------------------------------------------------------------------------

    def close(self):
        super().close()
        self.replay.namespace.remove()

    def check(self):
        super().check()
        self.replay.delete()
        wait_until(lambda: not self.replay.objects(), "nothing is left of the job", WATCHDOG)
