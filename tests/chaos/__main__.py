"""Replays under faults drawn from a seed, on real servers, and looks whether each line arrived once.

    chaos [--seed N…] [--schedules N] [--minutes M] [--until-kills N] [--pods N] [--record] [--keep]

Without options: three fixed seeds, one of each kind, and a fresh one. Every schedule is printed with its
seed; --seed N plays it again. --schedules, --minutes and --until-kills draw fresh seeds until there were
so many schedules and kills in the middle of a run, or so many minutes are over. --record adds each schedule to docs/reliability as it
passes, and counts on from what is there: a campaign that was cut off goes on.
With --pods N each schedule is of a job of N workers on a real Kubernetes control plane.

exit   0 if every schedule passed; 1 at the first that did not, its folder kept and named
"""

import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "e2e", HERE.parent / "s3", HERE.parent / "servers"):
    sys.path.insert(0, str(folder))

from campaigns import Campaign  # noqa: E402
from harness.world import NotOnce  # noqa: E402
from full_disk import FullDisk, NoRight  # noqa: E402
from play import Play  # noqa: E402
from pods_play import OnPods  # noqa: E402
from schedule import Schedule  # noqa: E402
from servers import Servers  # noqa: E402

FIXED = (3, 98, 399)  # kills, storm, trio
PLAYERS = {"disk": FullDisk, "pods": OnPods}


def seeds(options, campaign):
    if options.seed:
        yield from options.seed
        return
    bounded = options.schedules or options.minutes or options.until_kills
    if not bounded:
        yield from FIXED
        yield random.SystemRandom().randrange(1_000, 1_000_000)
        return
    end = time.monotonic() + 60 * (options.minutes or 1e9)
    endless = not (options.schedules or options.until_kills)
    while time.monotonic() < end and (
        endless
        or campaign.total("schedules") < (options.schedules or 0)
        or campaign.total("kills_inside") < (options.until_kills or 0)
    ):
        yield random.SystemRandom().randrange(1_000, 1_000_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+")
    parser.add_argument("--schedules", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--until-kills", type=int)
    parser.add_argument("--kind", choices=("kills", "storm", "trio", "disk"), help="of fresh seeds")
    parser.add_argument("--pods", type=int, metavar="N", help="on Kubernetes, a job of N workers")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep every schedule's folder")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))
    servers, campaign = Servers(folder), Campaign(options.record)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are stopped, the folder removed
    try:
        for seed in seeds(options, campaign):
            schedule = Schedule.on_pods(seed, options.pods) if options.pods else Schedule.of(seed)
            if options.kind and not options.seed and schedule.kind != options.kind:
                continue
            print(schedule, flush=True)
            place = folder / f"seed-{seed}"
            try:
                done = PLAYERS.get(schedule.kind, Play)(schedule, place, servers).run()
            except NoRight as error:
                print(f"    {error}", flush=True)
                continue
            except Exception as error:
                traceback.print_exc()
                print(f"chaos: seed {seed} failed; its folder is {place}", flush=True)
                lost, twice = (error.missing, error.doubled) if isinstance(error, NotOnce) else (0, 0)
                campaign.failed(schedule, lost, twice)
                servers.keep()
                return 1
            print(f"    {done}", flush=True)
            campaign.passed(schedule, done)
            if options.keep:
                servers.keep()
            else:
                shutil.rmtree(place)
        return 0
    finally:
        servers.close()
        print(campaign)


if __name__ == "__main__":
    sys.exit(main())
