"""Runs pods until it is ended.

  PYTHONPATH=tests/servers python3 -m pods --cluster DIR --directory DIR --image NAME=COMMAND=FOLDER:INSIDE…

  --cluster    the control plane's directory (tests/servers/kubernetes.sh start)
  --directory  its own, which must not exist: the pods' volumes lie there while they run
  --image      an image's name, with or without a tag; its command; folders of this machine and where the
               container sees them
  --node       names of nodes (node-0)

It prints "ready" once its nodes are known. SIGTERM and SIGINT end it, and all of its pods.
"""

import argparse
import signal
import threading

from .container import IMAGE_PATH, Image
from .rest import Rest
from .runner import PodRunner


def image(text):
    name, command, *folders = text.split("=")
    return name, Image((command,), dict(folder.split(":") for folder in folders), {"PATH": IMAGE_PATH})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--image", required=True, action="append", type=image)
    parser.add_argument("--node", action="append")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    runner = PodRunner(Rest(given.cluster), given.directory, dict(given.image)).start(*(given.node or ["node-0"]))
    print("ready", flush=True)
    ended.wait()
    runner.end()


main()
