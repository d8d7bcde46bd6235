"""`reprocess logs`: what a job's pods wrote, as one text, from a real API server."""

import itertools
import re

import pytest

from harness.control_plane import SHELL
from harness.waits import wait_until

JOB = "job-7"


class Logs:
    """A job of shell scripts, and the command that reads what they wrote."""

    def __init__(self, namespace, programs, directory):
        self.namespace, self.programs = namespace, programs
        self.variables = {"KUBECONFIG": str(namespace.kubeconfig())}
        self.database = f"sqlite://{directory}/books.db"  # there is none

    def run_job(self, script, workers=1, **spec):
        security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
                    "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
        labels = {"app": "bulker-reprocessing", "job-id": JOB}
        container = {"name": "worker", "image": SHELL, "command": ["/bin/sh", "-c", script], "securityContext": security}
        pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
        self.namespace.api.create("jobs", self.namespace.name, {
            "metadata": {"name": f"reprocess-{JOB}", "labels": labels},
            "spec": {"completions": workers, "parallelism": workers, "completionMode": "Indexed", "backoffLimitPerIndex": 3,
                     "template": {"metadata": {"labels": labels}, "spec": pod}, **spec}})  # fmt: skip

    def start(self, *arguments):
        return self.programs.start(["reprocess", "logs", JOB, "--database", self.database, *arguments], self.variables)

    def lines(self, *arguments):
        return told(self.start(*arguments).expect(0))

    def wait_ended(self):
        assert self.namespace.ended(f"reprocess-{JOB}") == "Complete"


def told(program):
    """[(worker, text)]"""
    found = [re.fullmatch(r" *(\d+)  (.*)", line) for line in program.out.splitlines()]
    assert all(found), program.out
    return [(int(line[1]), line[2]) for line in found]


@pytest.fixture
def logs(namespace, programs, tmp_path):
    return Logs(namespace, programs, tmp_path)


def test_of_many_pods_each_line_comes_once_the_oldest_first(logs):
    logs.run_job("for i in 1 2 3 4 5; do date +%s.%N; done", workers=20)
    logs.wait_ended()
    lines = logs.lines()
    assert {worker: len(list(group)) for worker, group in itertools.groupby(sorted(worker for worker, _ in lines))} == dict.fromkeys(range(20), 5)
    for worker in range(20):
        own = [float(text) for by, text in lines if by == worker]
        assert own == sorted(own)
    assert [text for by, text in lines if by == 7] == [text for _, text in logs.lines("--worker", "7")]


def test_only_the_last_lines_and_only_the_young_ones_are_told_if_asked(logs):
    logs.run_job("echo one; echo two; echo three", workers=2)
    logs.wait_ended()
    assert sorted(logs.lines("--tail", "2")) == [(0, "three"), (0, "two"), (1, "three"), (1, "two")]
    assert len(logs.lines("--since", "10m")) == 6
    assert logs.lines("--since", "2099-01-01T00:00:00Z") == []


def test_a_follow_goes_on_over_a_pods_end_and_its_successor(logs):
    logs.run_job("echo line 1; echo line 2; sleep 1000")
    first = logs.namespace.running()[0]
    wait_until(lambda: "line 2" in first.runs[-1].log.text(), "the first wrote")
    follow = logs.start("--follow")
    wait_until(lambda: "line 2" in follow.out, "it is followed")
    first.kill()
    second = wait_until(lambda: [pod for pod in logs.namespace.running() if pod.name != first.name], "there is a successor")[0]
    wait_until(lambda: follow.out.count("line 2") == 2, "the successor is followed", 60)
    assert second.name != first.name and follow.running
    logs.namespace.api.delete("jobs", logs.namespace.name, f"reprocess-{JOB}", propagationPolicy="Foreground")
    follow.expect(0)
    assert [text for _, text in told(follow)].count("line 2") == 2


def test_a_follow_goes_on_over_a_rotation_that_drops_lines(logs):
    logs.run_job("echo begun; while :; do sleep 0.05; done")
    pod = logs.namespace.running()[0]
    wait_until(lambda: pod.runs[-1].log.text() == "begun\n", "it wrote")
    follow = logs.start("--follow")
    wait_until(lambda: "begun" in follow.out, "it is followed")
    log = pod.runs[-1].log
    log.add(b"before")
    log.rotate(hangs=False)
    log.add(b"after")
    wait_until(lambda: "after" in follow.out, "what is written after the rotation is told")
    logs.namespace.api.delete("jobs", logs.namespace.name, f"reprocess-{JOB}", propagationPolicy="Foreground")
    follow.expect(0)
    texts = [text for _, text in told(follow)]
    assert texts == sorted(set(texts), key=["begun", "before", "after"].index)


def test_each_missing_right_is_named_by_its_rule(logs):
    logs.run_job("echo one")
    logs.wait_ended()
    logs.namespace.without_right("", "pods", "list")
    failed = logs.start().expect(1)
    assert '{apiGroups: [""], resources: ["pods"], verbs: ["list"]}' in failed.err
