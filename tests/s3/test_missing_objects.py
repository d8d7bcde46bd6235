"""Objects of which a topic has some lines: what it lacks of them is sent."""

import gzip

import pytest
import zstandard
from s3_world import numbered_lines, text_of

LONG_AGO = 1_600_000_000_000  # milliseconds: before any line of these tests was created


@pytest.fixture
def topic(broker, request):
    name = request.node.name.replace("_", "-")
    broker.create_topic(name, partitions=2)
    return name


def test_what_a_topic_lacks_of_objects_is_sent_and_of_one_replaced_since_nothing(world, broker, topic):
    lines = numbered_lines(3_000)
    files = [lines[:1_000], lines[1_000:2_000], lines[2_000:]]
    for name, packed in (("a.ndjson", text_of(files[0])), ("b.ndjson.gz", gzip.compress(text_of(files[1]))),
                         ("c.ndjson.zst", zstandard.compress(text_of(files[2])))):  # fmt: skip
        world.put(f"kafka_failover_{name}", packed)
    broker.deliver(topic, *lines[::3], since=LONG_AGO)
    job = ("--database", f"sqlite://{world.home}/jobs.db", "--job", "lacking")
    world.call(world.start("plan", world.path(), "--only-missing", "--kafka", broker.bootstrap, "--topic", topic,
                           "--connection", "c", "--partly", "skip", *job))  # fmt: skip
    world.put("kafka_failover_b.ndjson.gz", gzip.compress(text_of(lines[5:10])))
    world.call(world.start("run", *job, "--yes"), expect=2)
    found = sorted(record.value for record in broker.records(topic) if record.value != b"{}")
    missing = [line for n, line in enumerate(lines) if n % 3 and not 1_000 <= n < 2_000]
    assert found == sorted(lines[::3] + missing)
