"""SIGKILL at random points of a run."""

import random

from .waits import wait_until


def kill_again_and_again(total, kills, committed, start, seed):
    """Kills a run each time `committed()` (lines of `total`) has passed a random point of what is
    left; returns how many kills hit a living run."""
    dice, inside = random.Random(seed), 0
    for left in range(kills, 0, -1):
        at = committed()
        point = at + dice.randint(1, max(2 * (total - at) // (left + 1), 2))
        inside += _kill_past(start(), committed, point)
    return inside


def _kill_past(running, committed, point):
    wait_until(lambda: not running.running or committed() >= point, f"line {point}", poll=0)
    return running.kill()
