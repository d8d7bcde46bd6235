"""Replays under faults drawn from a seed, on real servers, and looks whether each line arrived once.

    chaos [--seed N…] [--schedules N] [--minutes M] [--until-kills N] [--record] [--keep]

Without options: three fixed seeds, one of each kind, and a fresh one. Every schedule is printed with its
seed; --seed N plays it again. --schedules, --minutes and --until-kills draw fresh seeds until so many
schedules, minutes or kills in the middle of a run. --record adds what was done to docs/reliability.

exit   0 if every schedule passed; 1 at the first that did not, its folder kept and named
"""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "e2e", HERE.parent / "s3"):
    sys.path.insert(0, str(folder))

import campaigns  # noqa: E402
from play import Play  # noqa: E402
from schedule import Schedule  # noqa: E402
from servers import Servers  # noqa: E402

FIXED = (3, 15, 29)  # kills, storm, trio


def seeds(options, tally):
    if options.seed:
        yield from options.seed
        return
    bounded = options.schedules or options.minutes or options.until_kills
    if not bounded:
        yield from FIXED
        yield random.SystemRandom().randrange(1_000, 1_000_000)
        return
    end = time.monotonic() + 60 * (options.minutes or 1e9)
    while (
        time.monotonic() < end
        and tally.schedules < (options.schedules or 1e9)
        and tally.kills_inside < (options.until_kills or 1e9)
    ):
        yield random.SystemRandom().randrange(1_000, 1_000_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+")
    parser.add_argument("--schedules", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--until-kills", type=int)
    parser.add_argument("--kind", choices=("kills", "storm", "trio"), help="of fresh seeds")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep every schedule's folder")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))
    servers, tally = Servers(folder), campaigns.Tally()
    try:
        for seed in seeds(options, tally):
            schedule = Schedule.of(seed)
            if options.kind and not options.seed and schedule.kind != options.kind:
                continue
            print(schedule, flush=True)
            place = folder / f"seed-{seed}"
            try:
                done = Play(schedule, place, servers).run()
            except Exception:
                traceback.print_exc()
                print(f"chaos: seed {seed} failed; its folder is {place}", flush=True)
                tally.failed(seed)
                servers.keep()
                return 1
            print(f"    {done}", flush=True)
            tally.add(schedule, done)
            if not options.keep:
                shutil.rmtree(place)
        return 0
    finally:
        servers.close()
        if options.record:
            campaigns.record(tally)
        print(tally)


if __name__ == "__main__":
    sys.exit(main())
