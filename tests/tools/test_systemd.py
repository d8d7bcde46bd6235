"""The unit of `reprocess serve`, as systemd reads it."""

import pathlib
import subprocess

UNIT = pathlib.Path(__file__).parents[2] / "deploy" / "systemd" / "reprocess-serve.service"


def test_systemd_has_nothing_to_say_of_the_unit(tmp_path):
    text = UNIT.read_text()
    assert "ExecStart=/usr/local/bin/reprocess serve\n" in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("/usr/local/bin/reprocess", "/bin/true"))  # it looks whether it is there
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_jobs_outlive_the_service():
    assert "KillMode=process\n" in UNIT.read_text()
