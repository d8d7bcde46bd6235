"""The marks of the operator's half, on real servers: what planning, asking, watching and the page take.

    operator_bench FOLDER [ROW…]

ROW is a module of this folder; without one all are measured. Each has rows(world) → list of dicts of
{"what", "figure", "mark", "command"}: what was measured, what came out, what it should be at the most, and
what the figure was taken from. `./dev bench --operator` builds the programs and says where they are.
"""

import argparse
import importlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
for folder in ("tests/e2e", "tests/api", "tests/page", "tests/servers", "tools", "tools/bench", "tools/operator_bench"):
    sys.path.insert(0, str(ROOT / folder))

from world import World  # noqa: E402

ROWS = ("plan_million", "asking", "streams", "floods", "idle", "paint", "submit", "only_missing")


def show(row):
    print(f"\n  {row['what']}\n    {row['figure']}\n    mark: {row['mark']}   ({row['command']})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    print(f"    {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with World(options.folder) as world:
        for name in options.rows or ROWS:
            for row in importlib.import_module(name).rows(world):
                show(row)


if __name__ == "__main__":
    main()
