"""The ground that the other tests stand on: the tests' own nodes do what a kubelet does."""

import calendar
import re
import time

from harness.control_plane import SHELL
from harness.waits import wait_until

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
              "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip


def container(script, **more):
    security = {**RESTRICTED, "readOnlyRootFilesystem": True}
    return {"name": "main", "image": SHELL, "command": ["/bin/sh", "-c", script], "securityContext": security, **more}


def pod(namespace, script, name="pod", more=None, **of_container):
    spec = {"restartPolicy": "Never", "containers": [container(script, **of_container)],
            "terminationGracePeriodSeconds": 1, **(more or {})}  # fmt: skip
    namespace.api.create("pods", namespace.name, {"metadata": {"name": name}, "spec": spec})
    return name


def ended(namespace, name="pod"):
    """(phase, what the container's status says of its end)."""
    found = namespace.wait_phase(name, "Succeeded", "Failed")
    return found["status"]["phase"], found["status"]["containerStatuses"][0]["state"]["terminated"]


def lines(namespace, name="pod", **query):
    """Of its log, through the API server."""
    return namespace.api.log(namespace.name, name, **query).decode().splitlines()


def running_with_log(namespace, text, count=1):
    """The pods, once the newest container of each has written that."""

    def written():
        return all(pod.runs[-1].log.text() == text for pod in namespace.running(count))

    wait_until(written, f"{count} pods wrote {text!r}")
    return namespace.running(count)


def test_a_pod_gets_what_it_mounts_and_its_environment_and_runs_as_nobody(namespace):
    api, ns = namespace.api, namespace.name
    api.create("configmaps", ns, {"metadata": {"name": "files"}, "binaryData": {"a": "AAE="}, "data": {"b": "text"}})
    api.create("secrets", ns, {"metadata": {"name": "keys"}, "stringData": {"KEY": "secret"}})
    script = """id -u; id -G; echo "$KEY $NAME $INDEX $BOTH"; od -An -tx1 /config/files/a; cat /config/files/b; echo
      (echo x >/config/files/b) 2>/dev/null || echo read-only; (echo x >/tmp/x) 2>/dev/null || echo read-only root
      echo x >/cache/x && cat /cache/x; test -e /var/run/secrets || echo no token"""
    field = {"fieldRef": {"fieldPath": "metadata.annotations['at']"}}
    environment = [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                   {"name": "INDEX", "valueFrom": field}, {"name": "BOTH", "value": "$(KEY)-$(NAME)-$(NONE)"}]  # fmt: skip
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "volumes": [{"name": "files", "configMap": {"name": "files"}}, {"name": "cache", "emptyDir": {}}],
        "containers": [container(script, env=environment, envFrom=[{"secretRef": {"name": "keys"}}], volumeMounts=[
            {"name": "files", "mountPath": "/config/files", "readOnly": True}, {"name": "cache", "mountPath": "/cache"}])],
    }  # fmt: skip
    api.create("pods", ns, {"metadata": {"name": "pod", "annotations": {"at": "7"}}, "spec": spec})
    assert ended(namespace)[0] == "Succeeded", lines(namespace)
    assert lines(namespace) == ["65532", "65532", "secret pod 7 secret-pod-$(NONE)", " 00 01", "text", "read-only",
                                "read-only root", "x", "no token"]  # fmt: skip


def test_exit_codes_and_signals_are_told(namespace):
    pod(namespace, "exit 3", "three")
    phase, state = ended(namespace, "three")
    assert (phase, state["exitCode"], state["reason"]) == ("Failed", 3, "Error")
    pod(namespace, "sleep 60", "killed")
    namespace.running()[0].kill("OOMKilled")
    phase, state = ended(namespace, "killed")
    assert (phase, state["exitCode"], state["signal"], state["reason"]) == ("Failed", 137, 9, "OOMKilled")


def test_a_container_starts_again_in_place_and_its_log_before_can_be_asked_for(namespace):
    pod(namespace, "echo begun; sleep 60", more={"restartPolicy": "OnFailure"})
    first = running_with_log(namespace, "begun\n")[0]
    first.runs[0].log.add(b"only the first")
    first.kill()
    wait_until(lambda: len(first.runs) == 2 and lines(namespace) == ["begun"], "it runs again")
    assert lines(namespace, previous="true") == ["begun", "only the first"]

    def restarted():
        status = namespace.pod("pod")["status"]["containerStatuses"][0]
        return status["restartCount"] and status

    status = wait_until(restarted, "the restart is told")
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 137)


def test_a_deleted_pod_has_its_grace_and_no_more(namespace):
    pod(namespace, "trap 'echo asked; exit 4' TERM; echo up; while :; do sleep 0.05; done", "polite",
        {"terminationGracePeriodSeconds": 30})  # fmt: skip
    pod(namespace, "trap '' TERM; echo up; while :; do sleep 0.05; done", "deaf")
    deaf, polite = running_with_log(namespace, "up\n", 2)
    for name in ("polite", "deaf"):
        namespace.api.delete("pods", namespace.name, name)
    namespace.wait_gone("pods", "polite")
    namespace.wait_gone("pods", "deaf")
    assert (polite.runs[-1].exit_code, deaf.runs[-1].exit_code) == (4, 137)
    assert polite.runs[-1].log.text().endswith("asked\n")


def test_logs_are_told_as_they_are_asked_for(namespace):
    pod(namespace, "for i in 1 2 3 4; do echo line $i; sleep 0.4; done; printf end")
    namespace.wait_phase("pod", "Running")
    assert lines(namespace, follow="true") == ["line 1", "line 2", "line 3", "line 4", "end"]
    assert lines(namespace, tailLines=2) == ["line 4", "end"]
    assert namespace.api.log(namespace.name, "pod", limitBytes=9) == b"line 1\nli"
    stamped = lines(namespace, timestamps="true")
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ", line) for line in stamped)
    last = stamped[-1].split(".")[0] + "Z"
    since = lines(namespace, timestamps="true", sinceTime=last)
    assert since and since == [line for line in stamped if line >= last[:-1]]
    age = int(time.time() - calendar.timegm(time.strptime(last, "%Y-%m-%dT%H:%M:%SZ")))
    assert lines(namespace, sinceSeconds=age + 60)[0] == "line 1"
    assert lines(namespace, tailLines=0) == []


def test_a_log_that_rotates_loses_lines_and_its_follows_hang(namespace):
    pod(namespace, "echo one; while :; do sleep 0.05; done")
    running = running_with_log(namespace, "one\n")[0]
    running.runs[-1].log.rotate()
    running.runs[-1].log.add(b"two")
    assert lines(namespace) == ["two"]


def test_a_pod_waits_for_what_it_mounts_and_says_so(namespace):
    volumes = [{"name": "files", "configMap": {"name": "late"}}]
    pod(namespace, "cat /files/a", more={"volumes": volumes}, volumeMounts=[{"name": "files", "mountPath": "/files"}])
    told = wait_until(lambda: namespace.api.list("events", namespace.name), "it says why")
    assert told[0]["message"] == 'configmap "late" not found'
    namespace.api.create("configmaps", namespace.name, {"metadata": {"name": "late"}, "data": {"a": "there"}})
    assert ended(namespace)[0] == "Succeeded"
    assert lines(namespace) == ["there"]


def test_an_image_or_a_node_that_is_not_there_keeps_a_pod_pending(namespace):
    pod(namespace, "true", "imageless", image="nobody/knows:it")
    pod(namespace, "true", "homeless", more={"nodeSelector": {"arch": "other"}})

    def reasons():
        return {e["involvedObject"]["name"]: e["reason"] for e in namespace.api.list("events", namespace.name)}

    wanted = {"imageless": "ErrImagePull", "homeless": "FailedScheduling"}
    wait_until(lambda: reasons() == wanted, "both say why")
    waiting = namespace.pod("imageless")["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "ErrImagePull"
    assert namespace.pod("homeless")["status"]["conditions"][0]["reason"] == "Unschedulable"


def indexed_job(namespace, script, completions=2, **more):
    spec = {"completions": completions, "parallelism": completions, "completionMode": "Indexed", "backoffLimitPerIndex": 3,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]},
            "template": {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
                                  "containers": [container(script)]}}, **more}  # fmt: skip
    namespace.api.create("jobs", namespace.name, {"metadata": {"name": "job"}, "spec": spec})


def test_an_indexed_job_completes_and_an_evicted_pod_has_a_successor(namespace):
    indexed_job(namespace, "sleep 5")  # both must run at once, and still when one is evicted
    first = namespace.running(2)
    namespace.evict(first[0].name)
    assert namespace.ended("job") == "Complete"
    succeeded = [p for p in namespace.pods() if p["status"]["phase"] == "Succeeded"]
    assert len(succeeded) == 2 and first[0].name not in [p["metadata"]["name"] for p in succeeded]


def test_a_lost_node_leaves_its_pod_terminating_without_a_successor_until_the_node_is_back(plane, namespace):
    node = plane.nodes.add_node("lost", {"for": namespace.name})
    spec = {"restartPolicy": "Never", "nodeSelector": {"for": namespace.name}, "containers": [container("sleep 600")]}
    indexed_job(namespace, "", 1, template={"spec": spec})
    lost = namespace.running()[0]
    node.lose()
    terminating = wait_until(lambda: [p for p in namespace.pods() if "deletionTimestamp" in p["metadata"]], "it terminates")
    assert [p["metadata"]["name"] for p in terminating] == [lost.name]
    wait_until(lambda: namespace.job("job")["status"].get("terminating") == 1, "the Job knows")
    assert len(namespace.pods()) == 1
    node.thaw()
    assert wait_until(lambda: [p for p in namespace.running() if p.name != lost.name], "its successor runs")


def test_pods_go_on_while_the_api_server_is_away(plane, namespace):
    pod(namespace, "sleep 1; exit 5")
    namespace.running()
    plane.kill_api_server()
    plane.revive_api_server()
    phase, state = ended(namespace)
    assert (phase, state["exitCode"]) == ("Failed", 5)
