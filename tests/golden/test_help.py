"""Help, version and completion of both programs."""

import os
import shutil
import subprocess

import pytest

from golden import BIN, expect_golden, reprocess

COMMANDS = ["run", "plan", "submit", "inspect", "status", "errors", "report", "reset", "verify", "retry", "watch", "logs", "set", "pause", "resume", "scale", "release", "cancel", "serve", "schema", "completion"]


def test_help_of_the_program():
    done = reprocess("--help")
    assert (done.returncode, done.stderr) == (0, "")
    expect_golden("help.txt", done.stdout)
    assert reprocess().stdout == done.stdout
    for command in COMMANDS:
        assert f"\n  {command}" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    done = reprocess(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    expect_golden(f"help_{command}.txt", done.stdout)


def test_help_and_version_are_asked_for_in_each_usual_way():
    assert reprocess("help").stdout == reprocess("--help").stdout
    assert reprocess("help", "errors").stdout == reprocess("errors", "--help").stdout
    assert reprocess("-V").stdout == reprocess("version").stdout == reprocess("--version").stdout


def test_help_of_the_worker():
    done = reprocess("--help", program="reprocessing-worker")
    assert (done.returncode, done.stderr) == (0, "")
    expect_golden("help_worker.txt", done.stdout)


@pytest.mark.parametrize("program", ["reprocess", "reprocessing-worker"])
def test_version(program):
    done = reprocess("--version", program=program)
    assert done.returncode == 0
    name, version = done.stdout.split()
    assert name == program and version.count(".") == 2


@pytest.mark.parametrize(
    "arguments, program",
    [
        (["--verbose"], "reprocessing-worker"),
        (["run"], "reprocessing-worker"),
        (["--version", "x"], "reprocessing-worker"),
        (["run", "x", "--shard", "2"], "reprocess"),
        (["run", "x", "--out", "y", "--dry-run"], "reprocess"),
        (["run", "x"], "reprocess"),
        (["errors"], "reprocess"),
        (["completion", "tcsh"], "reprocess"),
        (["replay"], "reprocess"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(arguments, program, tmp_path):
    done = reprocess(*arguments, program=program, home=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") and "\n  hint: " in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_one_that_its_shell_reads(shell):
    done = reprocess("completion", shell)
    assert done.returncode == 0
    assert "--start-file" in done.stdout or "start-file" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here to read it")
    subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True)


def completed(line, home=None):
    """What bash offers for the last word of a command line."""
    words = line.split(" ")
    script = reprocess("completion", "bash").stdout + (
        f"COMP_WORDS=({' '.join(word or repr('') for word in words)})\n"
        f"COMP_CWORD={len(words) - 1}\n"
        'COMPREPLY=()\n_reprocess\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", **({"HOME": str(home)} if home else {})}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.split()


def test_bash_completes_commands_options_and_choices():
    assert completed("reprocess ins") == ["inspect"]
    assert completed("reprocess hel") == ["help"]
    assert completed("reprocess run --sta") == ["--start-file", "--start-line"]
    assert completed("reprocess run --delivery at") == ["at_least_once"]
    assert completed("reprocess errors j --reason too") == ["too_large"]
    assert completed("reprocess completion ") == ["bash", "zsh", "fish"]


def test_bash_completes_ids_of_jobs_and_the_keys_of_their_limits(tmp_path):
    (tmp_path / "a.ndjson").write_text('{"type":"page"}\n')
    for job in ("monday", "tuesday"):
        done = reprocess("run", "a.ndjson", "--out", "out", "--job", job, home=tmp_path)
        assert done.returncode == 0, done.stderr
    for line in ("reprocess status mo", "reprocess set mo", "reprocess run --job mo"):
        assert completed(line, tmp_path) == ["monday"], line
    assert sorted(completed("reprocess errors ", tmp_path)) == ["monday", "tuesday"]
    assert completed("reprocess set monday max_co", tmp_path) == ["max_consumer_lag="]


def test_completion_of_job_ids_asks_a_database_that_is_there_and_makes_none(tmp_path):
    assert completed("reprocess status ", tmp_path) == []
    assert list(tmp_path.iterdir()) == []
