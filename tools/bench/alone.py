"""Runs a command from a process that has nothing in it, and prints what the kernel says it took.

    alone.py LOG COMMAND…        {"code", "wall", "cpu", "kib"} in one line; the command's output is in LOG

A process's largest resident size counts that of the one that it was forked from: a bench that holds a list of
100,000 files would be measured with it.
"""

import json
import os
import sys
import time

log, *command = sys.argv[1:]
out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
started = time.monotonic()
actions = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)]
pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "wall": time.monotonic() - started,
                  "cpu": usage.ru_utime + usage.ru_stime, "kib": usage.ru_maxrss}))
