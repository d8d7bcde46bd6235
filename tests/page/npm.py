"""Files of npm packages, fetched once and kept: what the page's modules are compared with, and axe."""

import os
import pathlib
import subprocess
import tarfile

AXE = ("axe-core", "4.14.1")

_CACHE = pathlib.Path(os.environ.get("REPROCESS_CACHE", pathlib.Path.home() / ".cache/reprocess")) / "npm"


def read_package_file(name, version, path):
    """The bytes of a file in a package, as the registry has it."""
    archive = _CACHE / f"{name}-{version}.tgz"
    if not archive.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
        subprocess.run(command, cwd=_CACHE, check=True, stdout=subprocess.DEVNULL, timeout=120)
    with tarfile.open(archive) as files:
        return files.extractfile(f"package/{path}").read()
