"""The servers that schedules share: made when first asked for, whole again after each schedule."""

import subprocess

from fault_proxy import FaultProxy, Fault, refusal
from harness.control_plane import ControlPlane
from harness.databases import Cluster
from harness.topics import KAFKA_SH, Broker, kafka_sh
from kafka import TopicPartition
from s3_world import Server

QUICK = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 500}


def write_properties(path, properties):
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    return path


class OneBroker(Broker):
    def __init__(self, directory):
        directory.mkdir()
        super().__init__(directory / "broker", ["--config", write_properties(directory / "quick.properties", QUICK)])

    def break_one(self, dice):
        """Takes away what the replay needs; the call of what comes back brings it back."""
        dice.choice((self.kill, self.kill, self.stop))()
        return self.start


class ThreeBrokers(Broker):
    """Replication 3, min ISR 2: one may be away, and its leaders and coordinators move."""

    replication = 3

    def __init__(self, directory):
        directory.mkdir()
        self.ports = [int(kafka_sh("free-port")) for _ in range(3)]
        voters = ",".join(f"{n}@127.0.0.1:{port + 1}" for n, port in enumerate(self.ports, start=1))
        self.places, self.cluster_id = [], kafka_sh("tool", "kafka.tools.StorageTool", "random-uuid")
        for number in (1, 2, 3):
            properties = write_properties(directory / f"{number}.properties", QUICK | {
                "node.id": number,
                "controller.quorum.voters": voters,
                "offsets.topic.replication.factor": 3,
                "transaction.state.log.replication.factor": 3,
                "transaction.state.log.min.isr": 2,
                "default.replication.factor": 3,
                "min.insync.replicas": 2,
                "share.coordinator.state.topic.replication.factor": 3,
            })  # fmt: skip
            self.places.append((directory / str(number), properties))
        super().__init__(directory)
        self.bootstrap = self.admin_bootstrap = ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def _start(self, *numbers):
        started = [
            subprocess.Popen(
                [KAFKA_SH, "start", self.places[n][0], str(self.ports[n]), "--config", self.places[n][1],
                 "--cluster-id", self.cluster_id], stderr=subprocess.PIPE, text=True)
            for n in numbers
        ]  # fmt: skip
        for process in started:
            _, errors = process.communicate()
            assert process.returncode == 0, errors

    def start(self):
        self._start(0, 1, 2)

    def stop(self):
        self._close()
        for directory, _ in self.places:
            kafka_sh("kill", directory)

    def break_one(self, dice):
        self._close()
        number = dice.randrange(3)
        kafka_sh(dice.choice(("kill", "kill", "stop")), self.places[number][0])
        return lambda: self._start(number)

    def move_leaders(self, topic, dice):
        """Other leaders for the topic, other coordinators for groups and transactions."""
        topics = self.admin.describe_topics([topic, "__consumer_offsets", "__transaction_state"])
        turn = dice.choice((1, 2))
        orders = {}
        for found in topics:
            for partition in found["partitions"]:
                replicas = partition["replica_nodes"]
                place = TopicPartition(found["name"], partition["partition_index"])
                orders[place] = replicas[turn:] + replicas[:turn]
        self.admin.alter_partition_reassignments(orders)
        self.admin.elect_leaders(0, {
            name: [place.partition for place in orders if place.topic == name]
            for name in {place.topic for place in orders}
        }, raise_errors=False)  # fmt: skip


class Plane(ControlPlane):
    def remove(self):
        self.end()


class Servers:
    def __init__(self, folder):
        self.folder, self._made, self._kept = folder, {}, False

    def _get(self, name, make):
        if name not in self._made:
            self._made[name] = make()
            if hasattr(self._made[name], "start"):
                self._made[name].start()
        return self._made[name]

    def broker(self, kind):
        if kind == "trio":
            return self._get("trio", lambda: ThreeBrokers(self.folder / "trio"))
        return self._get("one", lambda: OneBroker(self.folder / "one"))

    def cluster(self):
        return self._get("postgres", lambda: Cluster(self.folder / "postgres"))

    def s3(self):
        return self._get("s3", lambda: Server(self.folder / "s3"))

    def plane(self):
        self.folder.chmod(0o755)  # pods run under another user
        return self._get("kubernetes", lambda: Plane(self.folder / "kubernetes", self.folder))

    def keep(self):
        self._kept = True  # the folder, for who looks into a failure

    def close(self):
        for server in self._made.values():
            (getattr(server, "remove", None) or server.stop)()
        if not self._kept:
            subprocess.run(["rm", "-rf", self.folder], check=True)


class RestlessS3:
    """A proxy before the S3 server that spoils one answer in six."""

    def __init__(self, server, dice):
        self.proxy, self.dice, self.spoilt = FaultProxy(server.url), dice, 0
        self.proxy.fault = self._fault

    def _fault(self, _):
        if self.dice.random() > 1 / 6:
            return None
        self.spoilt += 1
        cut = self.dice.randrange(200_000)
        return self.dice.choice([
            Fault(cut_after=cut, end="reset"),
            Fault(cut_after=cut),
            Fault(cut_after=cut, end="hold"),
            refusal(503, "SlowDown"),
            refusal(500, "InternalError"),
        ])  # fmt: skip

    def close(self):
        self.proxy.close()
