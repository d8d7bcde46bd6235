"""The broker, and what it holds: read by kafka-python, a second implementation of the protocol."""

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from .waits import wait_until

KAFKA_SH = Path(__file__).resolve().parents[2] / "servers" / "kafka.sh"


@dataclass(frozen=True)
class Record:
    key: str
    header: str | None  # connection_ids
    value: bytes
    partition: int
    offset: int


def patiently(ask, deadline=30.0):
    """The answer of a broker that may be about to make or to move something: a young one has no
    coordinator for a while."""
    answers = []

    def asked():
        try:
            answers.append(ask())
        except KafkaError as error:
            if not error.retriable:
                raise
        return answers

    return wait_until(asked, "the broker answers", deadline)[0]


def kafka_sh(*arguments):
    done = subprocess.run(
        [KAFKA_SH, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"kafka.sh {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout.strip()


def send_first_records(producer, topic, since):
    """One on each partition, of that time in milliseconds: from then on the topic can tell."""
    for partition in producer.partitions_for(topic):
        producer.send(topic, b"{}", b"-", partition=partition, timestamp_ms=since)
    producer.flush(30)  # what is tried again may come behind what was sent after it


class Broker:
    """One broker; clients connect to `bootstrap`, this class to `admin_bootstrap`."""

    replication = 1

    def __init__(self, directory, options=()):
        self.directory, self.options = Path(directory), options
        self.port = int(kafka_sh("free-port"))
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.admin_bootstrap = f"127.0.0.1:{self.port + (2 if '--acl' in options else 0)}"
        self._admin, self._lock = None, threading.Lock()

    def start(self):
        kafka_sh("start", self.directory, self.port, *self.options)

    def kill(self):
        self._close()
        kafka_sh("kill", self.directory)

    def stop(self):
        self._close()
        kafka_sh("stop", self.directory)

    def _close(self):
        if self._admin:
            self._admin.close()
            self._admin = None

    @property
    def admin(self):
        if not self._admin:
            self._admin = KafkaAdminClient(bootstrap_servers=self.admin_bootstrap)
        return self._admin

    def create_topic(self, name, partitions=3, **configs):
        configs = {key.replace("_", "."): str(value) for key, value in configs.items()}
        topic = {"num_partitions": partitions, "replication_factor": self.replication, "configs": configs}
        with self._lock:
            self.admin.create_topics({name: topic}, wait_for_metadata=True)

    def grow_topic(self, name, partitions):
        with self._lock:
            self.admin.create_partitions({name: partitions})
            topic = lambda: patiently(lambda: self.admin.describe_topics([name]))[0]  # noqa: E731
            wait_until(lambda: len(topic()["partitions"]) == partitions, "the topic has grown")

    def delete_topic(self, name):
        with self._lock:
            self.admin.delete_topics([name])

    def make_topic_again(self, name):
        self.delete_topic(name)

        def made_again():
            try:
                self.create_topic(name)
                return True
            except Exception:  # still being deleted
                return False

        wait_until(made_again, "the topic can be made again", poll=0.1)

    def deliver(self, topic, *values, since=None, **headers):
        """With `since`, milliseconds, a first record on each partition: from then on the topic can tell."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        if since:
            send_first_records(producer, topic, since)
        for value in values:
            producer.send(topic, value, b"-", headers=list(headers.items()))
        producer.flush(30)
        producer.close()

    def delete_group(self, group):
        with self._lock:
            result = self.admin.delete_groups([group])
        assert result == {group: "OK"}, result

    def committed_text(self, group, topic):
        """The metadata of the group's committed offset of partition 0; None when there is none."""
        with self._lock:
            asked = {group: [TopicPartition(topic, 0)]}
            offsets = patiently(lambda: self.admin.list_group_offsets(asked))[group]
        place = offsets.get(TopicPartition(topic, 0))
        return place.metadata if place and place.offset >= 0 and place.metadata else None

    def end_offsets(self, topic, isolation="read_committed"):
        if isolation == "read_committed":
            wait_until(self._no_markers_to_come, "transactions that are ending have ended")
        with self._consumer(isolation) as consumer:
            return _ends(consumer, topic)

    def records(self, topic, isolation="read_committed"):
        return list(map(_record, self.raw_records(topic, isolation)))

    def raw_records(self, topic, isolation="read_committed"):
        """Every record of the topic that such a consumer sees, up to its end now."""
        found = []
        wait_until(self._no_markers_to_come, "transactions that are ending have ended")
        with self._consumer(isolation) as consumer:
            ends = _ends(consumer, topic)
            consumer.assign(list(ends))
            consumer.seek_to_beginning()
            give_up = time.monotonic() + 60
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                assert time.monotonic() < give_up, f"{topic} was not read to its end within 60 s"
                for batch in consumer.poll(timeout_ms=200, max_records=5000).values():
                    found.extend(batch)
        return found

    def _no_markers_to_come(self):
        """A commit is answered before its markers are written, and committed readers see it after."""
        with self._lock:
            ending = patiently(lambda: self.admin.list_transactions(state_filters=["PrepareCommit", "PrepareAbort"]))
        return not any(ending.values())

    def _consumer(self, isolation):
        return _Closing(
            bootstrap_servers=self.admin_bootstrap,
            isolation_level=isolation,
            enable_auto_commit=False,
            check_crcs=False,  # slow in Python, and TCP has its own
            max_partition_fetch_bytes=16 << 20,
            fetch_max_wait_ms=50,
        )


class _Closing(KafkaConsumer):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close(autocommit=False)


def _ends(consumer, topic):
    partitions = consumer.partitions_for_topic(topic)
    assert partitions, f"topic {topic} does not exist"
    return consumer.end_offsets([TopicPartition(topic, number) for number in sorted(partitions)])


def _record(record):
    headers = dict(record.headers or ())
    assert set(headers) <= {"connection_ids"}, headers
    header = headers.get("connection_ids")
    return Record(
        record.key.decode(),
        None if header is None else header.decode(),
        record.value,
        record.partition,
        record.offset,
    )
