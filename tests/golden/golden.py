"""Compares texts with the files beside this one; REPROCESS_UPDATE_GOLDEN=1 writes them anew."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("REPROCESS_BIN_DIR", HERE.parents[1] / "build/dev/bin"))


def reprocess(*arguments, home=None, program="reprocess", **environment):
    """What a program did: returncode, stdout, stderr."""
    folder = {"HOME": str(home)} if home else {}
    return subprocess.run(
        [BIN / program, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **folder, **environment},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )


def expect_golden(name, text):
    path = HERE / name
    if os.environ.get("REPROCESS_UPDATE_GOLDEN") == "1":
        path.write_text(text)
    assert path.exists(), f"{name} is missing: run with REPROCESS_UPDATE_GOLDEN=1"
    assert text == path.read_text()
