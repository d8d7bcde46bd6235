"""Waiting for something to become true, with a deadline: the only sleep of the suite."""

import time

POLL_SECONDS = 0.02


def wait_until(condition, what, deadline=30.0, poll=POLL_SECONDS):
    """Calls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline} s in vain: {what}")
        time.sleep(poll)
