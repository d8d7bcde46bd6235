"""SIGKILL at random points of a run."""

import random

from .waits import wait_until


def kill_again_and_again(total, kills, committed, start, seed, under_way=None):
    """Kills a run each time `committed()` (lines of `total`) has passed a random point of what is
    left, and `under_way()`, asked while the run is frozen, says that this is the moment; returns how
    many kills hit a living run."""
    dice, inside = random.Random(seed), 0
    for left in range(kills, 0, -1):
        at = committed()
        point = at + dice.randint(1, max(2 * (total - at) // (left + 1), 2))
        inside += _kill_past(start(), committed, point, under_way)
    return inside


def _kill_past(running, committed, point, under_way):
    def caught():
        if not running.running:
            return True
        if committed() < point:
            return False
        if under_way is None:
            return True
        if not running.freeze() or under_way():
            return True
        running.thaw()
        return False

    wait_until(caught, f"line {point}", poll=0)
    return running.kill()
