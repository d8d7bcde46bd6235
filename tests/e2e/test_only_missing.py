"""`reprocess inspect --only-missing`: of what ingest has logged, which lines does Kafka lack? Ingest is
played by kafka-python."""

import gzip
import hashlib
import random

import pytest
from kafka import KafkaProducer, TopicPartition

from harness.command import Operator, json_of
from harness.corpus import BOM, Line, message, messages
from harness.programs import FAILED_FILES
from harness.repository import serve, stream
from harness.topics import send_first_records
from harness.waits import wait_until

LONG_AGO = 1_600_000_000_000  # milliseconds: before any line of these tests was created


@pytest.fixture
def operator(world):
    return Operator(world)


class Ingest:
    """Delivers values as ingest does: to any partition, under keys that say nothing."""

    def __init__(self, world):
        self.world = world
        self.delivered = 0
        self.producer = KafkaProducer(bootstrap_servers=world.broker.bootstrap, linger_ms=5)
        self.partitions = sorted(self.producer.partitions_for(world.topic))

    def cover(self, since=LONG_AGO):
        """A first record on each partition: from then on the topic can tell."""
        send_first_records(self.producer, self.world.topic, since)

    def deliver(self, value, connections=None, **headers):
        if connections is not None:
            headers["connection_ids"] = connections
        self.delivered += 1
        self.producer.send(self.world.topic, value, b"-",
                           partition=self.partitions[self.delivered % len(self.partitions)],
                           headers=[(k, v.encode()) for k, v in headers.items()])  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.producer.flush(30)
        self.producer.close()


def inspect(world, operator, *arguments, expect=FAILED_FILES, **options):
    return json_of(operator.call("inspect", world.input, "--only-missing", "--json", "--kafka",
                                 world.broker.bootstrap, "--topic", world.topic, *arguments,
                                 expect=expect, **options))  # fmt: skip


def counts(report):
    names = ("there", "partly", "missing", "outside", "foreign", "not_sent")
    return {name: report[name] for name in names if report[name]}


@pytest.mark.parametrize("seed", range(5))
def test_what_ingest_did_not_deliver_is_missing(world, operator, seed):
    dice = random.Random(seed)
    lacking = {}
    with Ingest(world) as ingest:
        ingest.cover()
        for n, codec in enumerate(("plain", "gzip", "zstd")):
            lines = messages(500, first=1_000 * n, seed=seed)
            file = world.add(lines, codec=codec)
            delivered = [line for line in lines if dice.random() < 0.7]
            for line in delivered:
                for _ in range(dice.choice((1, 1, 1, 2))):  # a report that timed out: sent again
                    ingest.deliver(line.text)
            lacking[str(file.path)] = len(lines) - len(delivered)
        for n in range(300):
            ingest.deliver(message(50_000 + n))  # other traffic
    report = inspect(world, operator)
    assert {file["path"]: file["missing"] for file in report["files"]} == lacking
    assert counts(report) == {"there": 1_500 - sum(lacking.values()), "missing": sum(lacking.values())}


def test_where_all_is_there_it_says_so(world, operator):
    lines = messages(100)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines:
            ingest.deliver(line.text)
    assert counts(inspect(world, operator, expect=0)) == {"there": 100}
    text = operator.call("inspect", world.input, "--only-missing", "--kafka",
                         world.broker.bootstrap, "--topic", world.topic, expect=0).out  # fmt: skip
    assert "  missing      0  not in the topic\n" in text


def test_each_record_accounts_for_one_of_equal_lines(world, operator):
    line = message(1)
    world.add([Line(line) for _ in range(5)])
    with Ingest(world) as ingest:
        ingest.cover()
        for _ in range(3):
            ingest.deliver(line)
    report = inspect(world, operator)
    assert counts(report) == {"there": 3, "missing": 2}
    assert report["equal"] == 4


def test_a_file_and_its_copy_are_named(world, operator):
    lines = messages(10)
    file, copy = world.add(lines), world.add([Line(line.text) for line in lines], codec="gzip")
    with Ingest(world) as ingest:
        ingest.cover()
    report = inspect(world, operator)
    assert report["equal"] == 10 and report["equal_at"] == f"{copy.path}:1"
    assert [entry["equal"] for entry in report["files"]] == [0, 10]
    assert "10 lines are equal to an earlier one" in planned(world, operator).err
    assert str(file.path) < str(copy.path)


def test_white_space_line_ends_and_a_byte_order_mark_are_no_difference(world, operator):
    spaced = b'{ "origin" : {"sourceId" : "s"} , "text" : " a  b\\" { " }'
    compact = b'{"origin":{"sourceId":"s"},"text":" a  b\\" { "}'
    other = b'{"origin":{"sourceId":"s"},"text":" a b\\" { "}'
    world.add([Line(BOM + message(1)), Line(message(2), end=b"\r\n"), Line(spaced), Line(other)])
    with Ingest(world) as ingest:
        ingest.cover()
        for value in (message(1), b" " + message(2) + b"\n", compact):
            ingest.deliver(value)
    # A value that does not begin with a brace is nobody's line.
    assert counts(inspect(world, operator)) == {"there": 2, "missing": 2}


def test_a_record_counts_for_a_line_only_where_it_goes_to_all_its_connections(world, operator):
    lines = messages(4, stream="s1")
    world.add(lines)
    with Ingest(world) as ingest, serve([stream("s1", "c1", "c2")]) as repository:
        ingest.cover()
        ingest.deliver(lines[0].text, "c1,c2")
        ingest.deliver(lines[1].text, "c0,c2,c1")
        ingest.deliver(lines[2].text, "c1")
        ingest.producer.flush(30)
        report = inspect(world, operator, **repository)
    assert counts(report) == {"there": 2, "partly": 1, "missing": 1}
    assert report["connections_compared"] is True


def test_of_connections_that_are_left_out_the_topic_is_not_asked(world, operator):
    lines = messages(3, stream="s1") + messages(2, first=10, stream="s2")
    world.add(lines)
    only = ("--only-connection", "c2", "--only-connection", "c3")
    with Ingest(world) as ingest, serve([stream("s1", "c1", "c2", "c3"), stream("s2", "c1")]) as repository:
        ingest.cover()
        ingest.deliver(lines[0].text, "c3,c2")
        ingest.deliver(lines[1].text, "c1,c2")
        ingest.producer.flush(30)
        report = inspect(world, operator, *only, **repository)
        run(world, operator, *only, **repository)
    assert counts(report) == {"there": 1, "partly": 1, "missing": 1, "not_sent": 2}
    sent = [(record.header, record.value) for record in world.records() if record.header == "c2,c3"]
    assert sorted(sent) == sorted(("c2,c3", line.text) for line in lines[1:3])


def test_a_copy_that_a_consumer_retries_counts_for_nothing(world, operator):
    lines = messages(2)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.deliver(lines[0].text)
        ingest.deliver(lines[1].text, retries="1")
    report = inspect(world, operator)
    assert counts(report) == {"there": 1, "missing": 1}
    assert report["topic"]["copies"] == 1


def test_of_lines_older_than_what_the_topic_holds_nothing_is_said(world, operator):
    world.add([Line(message(1, created="2026-05-01T00:00:00Z")),
               Line(message(2, created="2026-05-03T00:00:00Z"))])  # fmt: skip
    with Ingest(world) as ingest:
        ingest.cover(since=1_777_680_000_000)  # 2026-05-02
    report = inspect(world, operator)
    assert counts(report) == {"outside": 1, "missing": 1}
    assert report["topic"]["covered_from"] == "2026-05-02T00:00:00Z"


def test_records_from_before_a_time_are_not_looked_at_and_lines_from_before_are_outside(world, operator):
    old, new = message(1, created="2026-05-01T00:00:00Z"), message(2, created="2026-05-03T00:00:00Z")
    world.add([Line(old), Line(new), Line(message(3, created="2026-05-03T00:00:00Z"))])
    with Ingest(world) as ingest:
        ingest.cover()
        for value, day in ((old, 1), (new, 3)):
            ingest.producer.send(world.topic, value, partition=ingest.partitions[0],
                                 timestamp_ms=1_777_593_600_000 + 86_400_000 * (day - 1))  # fmt: skip
    assert counts(inspect(world, operator)) == {"there": 2, "missing": 1}
    report = inspect(world, operator, "--since", "2026-05-02")
    assert counts(report) == {"there": 1, "missing": 1, "outside": 1}
    assert report["topic"]["covered_from"] == "2026-05-02T00:00:00Z" and report["topic"]["records"] == 1
    # A partition that begins later than that tells from its first record on.
    first = TopicPartition(world.topic, ingest.partitions[0])
    world.broker.admin.delete_records({first: 2})
    report = inspect(world, operator, "--since", "2026-05-02")
    assert report["topic"]["covered_from"] == "2026-05-03T00:00:00Z"
    assert counts(report) == {"there": 1, "missing": 1, "outside": 1}


def test_topics_over_which_ingest_spreads_count_where_they_are_asked_for(world, operator):
    lines = messages(6)
    world.add(lines)
    shards = [f"{world.topic}-shard{n}" for n in range(2)]
    for name in (*shards, f"{world.topic}-shardx", f"{world.topic}-shard1-dlq"):
        world.broker.create_topic(name, partitions=1)
    with Ingest(world) as ingest:
        ingest.cover()
        for name in shards:
            ingest.producer.send(name, b"{}", timestamp_ms=LONG_AGO)
        for name, line in zip((world.topic, *shards, f"{world.topic}-shardx"), lines, strict=False):
            ingest.producer.send(name, line.text)
    assert counts(inspect(world, operator)) == {"there": 1, "missing": 5}
    report = inspect(world, operator, "--shard-topics")
    assert counts(report) == {"there": 3, "missing": 3}
    assert [topic["name"] for topic in report["topic"]["shard_topics"]] == shards
    # Such a plan looks at them again when it starts.
    planned(world, operator, "--shard-topics")
    with Ingest(world) as ingest:
        ingest.producer.send(shards[1], lines[5].text)
    assert "1 of its lines have come into topic" in start(world, operator, expect=1).err


def test_a_topic_with_an_empty_partition_can_tell_of_no_line_that_it_never_was_there(world, operator):
    lines = messages(2)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.producer.send(world.topic, lines[0].text, partition=ingest.partitions[0])
    report = inspect(world, operator)
    assert counts(report) == {"there": 1, "outside": 1}
    assert report["topic"]["covered_from"] is None


def test_of_a_compacted_topic_nothing_is_said_of_what_is_not_there(bare_world):
    bare_world.broker.create_topic(bare_world.topic, cleanup_policy="compact")
    bare_world.add(messages(10))
    with Ingest(bare_world) as ingest:
        ingest.cover()
        ingest.deliver(messages(10)[3].text)
    assert counts(inspect(bare_world, Operator(bare_world))) == {"there": 1, "outside": 9}


@pytest.mark.parametrize("filled", [False, True])
def test_a_partition_that_was_added_covers_from_its_first_record_on(world, operator, filled):
    world.add(messages(10))
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.deliver(messages(10)[3].text)
    world.broker.grow_topic(world.topic, len(ingest.partitions) + 1)
    if filled:
        with Ingest(world) as ingest:
            ingest.cover()
    report = inspect(world, operator)
    assert counts(report) == {"there": 1, "missing" if filled else "outside": 9}


def test_a_partition_that_was_emptied_tells_nothing(world, operator):
    world.add(messages(10))
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.deliver(messages(10)[3].text)
        ingest.producer.flush(30)
        other = [part for part in ingest.partitions if part != ingest.partitions[1]][0]
        world.broker.admin.delete_records({TopicPartition(world.topic, other): 1})
    assert counts(inspect(world, operator)) == {"there": 1, "outside": 9}


def test_a_partition_that_was_added_since_the_plan_is_looked_at_from_its_first_record(
    world, operator
):
    lines = messages(10)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.producer.flush(30)
        planned(world, operator)
    world.broker.grow_topic(world.topic, len(ingest.partitions) + 1)
    with Ingest(world) as ingest:
        for _ in ingest.partitions:
            ingest.deliver(lines[4].text)
    done = start(world, operator, expect=1)
    assert "of its lines have come into topic" in done.err and "plan again" in done.err


def test_lines_of_other_services_are_counted_apart(world, operator):
    world.add([Line(b'{"messageId":"of another service"}'), Line(message(1))])
    with Ingest(world) as ingest:
        ingest.cover()
    assert counts(inspect(world, operator)) == {"missing": 1, "foreign": 1}


def test_lines_of_other_services_are_sent_where_that_is_asked_for(world, operator):
    theirs = [b'{"messageCreated":"2026-05-01T06:00:00Z","n":%d}' % n for n in range(2)]
    world.add([*map(Line, theirs), Line(message(1))])
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.deliver(theirs[0])
    run(world, operator, "--foreign", "send")
    assert in_topic(world) == {theirs[0]: 1, theirs[1]: 1, message(1): 1}


def test_what_does_not_fit_into_memory_takes_more_passes_and_counts_the_same(world, operator):
    lines = messages(15_000, size=200)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines[::3]:
            ingest.deliver(line.text)
    report = inspect(world, operator, "--memory", 1)
    assert report["passes"] == 2
    assert counts(report) == {"there": 5_000, "missing": 10_000}


def test_without_a_topic_it_says_what_it_needs(world, operator):
    world.add(messages(1))
    done = operator.call("inspect", world.input, "--only-missing", "--kafka",
                         world.broker.bootstrap, expect=1)  # fmt: skip
    assert "give --topic NAME, or set KAFKA_DESTINATIONS_TOPIC" in done.err


def run(world, operator, *arguments, expect=0, **options):
    return operator.call("run", world.input, "--only-missing", "--kafka", world.broker.bootstrap,
                         "--topic", world.topic, "--database", world.database.url, "--job",
                         world.job_id, "--shards", 2, "--yes", *arguments,
                         expect=expect, **options)  # fmt: skip


def in_topic(world):
    """How often each value is there, but for the first records of the partitions."""
    values = {}
    for record in world.records():
        if record.value != b"{}":
            values[record.value] = values.get(record.value, 0) + 1
    return values


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_of_what_is_missing_makes_each_line_be_there_as_often_as_ingest_meant(
    world, operator, seed
):
    dice = random.Random(seed)
    meant = {}
    with Ingest(world) as ingest:
        ingest.cover()
        for n, codec in enumerate(("plain", "gzip", "zstd")):
            lines = messages(400, first=1_000 * n, seed=seed)
            lines[50:50] = [Line(lines[0].text), Line(b"{bad", "invalid_json"), Line(b"", "blank")]
            world.add(lines, codec=codec)
            for line in lines:
                if line.fate != "send":
                    continue
                meant[line.text] = meant.get(line.text, 0) + 1
                if dice.random() < 0.6:
                    ingest.deliver(line.text)
    run(world, operator)
    assert in_topic(world) == meant
    report = json_of(operator.about("verify", "--json"))
    assert report["verdict"] == "all_there"


def test_when_nothing_is_missing_no_job_is_made(world, operator):
    lines = messages(50)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines:
            ingest.deliver(line.text)
    done = run(world, operator, expect=1)
    assert "nothing is missing: all 50 lines" in done.err
    assert world.database.rows("SELECT * FROM reprocessing_jobs") == []


def test_lines_that_the_topic_cannot_tell_of_are_sent_or_left_as_one_says(world, operator):
    old, new = message(1, created="2026-05-01T00:00:00Z"), message(2, created="2026-05-03T00:00:00Z")
    world.add([Line(old), Line(new)])
    with Ingest(world) as ingest:
        ingest.cover(since=1_777_680_000_000)  # 2026-05-02
    done = run(world, operator, expect=1)
    assert "of 1 lines topic" in done.err and "--outside send, or --outside skip" in done.err
    run(world, operator, "--outside", "skip")
    assert in_topic(world) == {new: 1}
    world.job_id += "-b"
    run(world, operator, "--outside", "send")
    assert in_topic(world) == {new: 1, old: 1}


def plan_arguments(world, *more):
    return ("plan", world.input, "--only-missing", "--kafka", world.broker.bootstrap, "--topic",
            world.topic, "--database", world.database.url, "--job", world.job_id, *more)  # fmt: skip


def planned(world, operator, *arguments, **options):
    return operator.call(*plan_arguments(world, *arguments), **options)


def start(world, operator, **options):
    return operator.call("run", "--job", world.job_id, "--database", world.database.url, "--yes",
                         **options)  # fmt: skip


def test_a_plan_whose_lines_have_arrived_since_is_not_started(world, operator):
    lines = messages(30)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.deliver(lines[0].text)
        ingest.producer.flush(30)
        planned(world, operator)
        ingest.deliver(lines[7].text)
    done = operator.call("run", "--job", world.job_id, "--database", world.database.url, "--yes",
                         expect=1)  # fmt: skip
    assert "1 of its lines have come into topic" in done.err and "plan again" in done.err
    assert len(in_topic(world)) == 2


def test_a_plan_is_not_started_when_another_job_has_sent_lines_of_its_files_since(world, operator):
    lines = messages(20)
    world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
    planned(world, operator)
    whole = world.job_id + "-whole"
    operator.call("run", world.input, "--kafka", world.broker.bootstrap, "--topic", world.topic,
                  "--database", world.database.url, "--job", whole, "--yes")  # fmt: skip
    done = start(world, operator, expect=1)
    assert f"job {whole} has sent lines of" in done.err and "plan again" in done.err
    # One that had ended before the plan was made is no hindrance.
    world.add(messages(5, first=100))
    world.job_id += "-b"
    planned(world, operator)
    start(world, operator)
    assert in_topic(world) == {line.text: 1 for line in lines + messages(5, first=100)}


def test_a_plan_is_not_started_when_what_came_since_has_expired_unread(world, operator):
    world.add(messages(5))
    with Ingest(world) as ingest:
        ingest.cover()
        planned(world, operator)
        for n in range(len(ingest.partitions) * 3):
            ingest.deliver(message(1_000 + n))
        ingest.producer.flush(30)
        first = TopicPartition(world.topic, ingest.partitions[0])
        world.broker.admin.delete_records({first: 3})
    done = start(world, operator, expect=1)
    assert "has expired unread" in done.err and "plan again" in done.err
    assert world.database.row("SELECT status FROM reprocessing_jobs")["status"] == "pending"


def test_a_plan_is_not_started_when_the_topic_was_made_again_and_has_grown_past_what_was_read(
    world, operator
):
    world.add(messages(5))
    with Ingest(world) as ingest:
        ingest.cover()
        ingest.producer.flush(30)
        planned(world, operator)
    world.broker.make_topic_again(world.topic)
    with Ingest(world) as ingest:
        for n in range(len(ingest.partitions) * 3):
            ingest.deliver(message(1_000 + n))
    done = start(world, operator, expect=1)
    assert "the topic was made again" in done.err and "plan again" in done.err


def test_a_plan_that_was_killed_between_passes_goes_on_with_the_next(world, operator):
    lines = messages(40_000)
    file = world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines[::3]:
            ingest.deliver(line.text)
    killed = operator.start(*plan_arguments(world, "--memory", 1))

    def kept():
        there = world.database.has_table("reprocessing_searches")
        return there and world.database.rows("SELECT name FROM reprocessing_searches")

    def caught():  # looking takes as long as a pass: it stands meanwhile
        killed.freeze()
        return kept() or killed.thaw()

    wait_until(caught, "a pass is kept", poll=0.01)
    assert killed.kill(), "it was killed between passes"
    done = planned(world, operator, "--memory", 1)
    assert "passes over the files were made by an earlier call that was ended" in done.out + done.err
    assert not kept(), "at its end it is forgotten"
    start(world, operator)
    assert in_topic(world) == {line.text: 1 for line in lines}
    # Of a file that changed meanwhile nothing is believed that was found out before.
    world.job_id += "-b"
    file.path.write_bytes(b"".join(line.text + b"\n" for line in messages(40_000, first=100_000)))
    killed = operator.start(*plan_arguments(world, "--memory", 1))
    wait_until(caught, "a pass is kept", poll=0.01)
    assert killed.kill()
    file.path.write_bytes(b"".join(line.text + b"\n" for line in messages(40_000, first=200_000)))
    planned(world, operator, "--memory", 1)
    start(world, operator)
    found = in_topic(world)
    assert all(found[line.text] == 1 for line in messages(40_000, first=200_000))
    assert not any(line.text in found for line in messages(40_000, first=100_000))


def test_a_job_of_what_is_missing_goes_on_where_it_was_stopped(world, operator):
    lines = messages(6_000)
    world.add(lines, codec="gzip")
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines[::2]:
            ingest.deliver(line.text)
    run(world, operator, "--limit", 1_000)
    operator.call("run", "--job", world.job_id, "--database", world.database.url, "--no-limit",
                  "--yes")  # fmt: skip
    assert in_topic(world) == {line.text: 1 for line in lines}


def scattered(world, count=22_000):
    """A file of which every second line is there: its missing ones are a set, not stretches."""
    lines = messages(count)
    lines[7:7] = [Line(b"{bad", "invalid_json"), Line(b"", "blank")]
    world.add(lines, codec="gzip")
    sent = [line for line in lines if line.fate == "send"]
    with Ingest(world) as ingest:
        ingest.cover()
        for line in sent[::2]:
            ingest.deliver(line.text)
    return sent


def test_lines_that_lie_scattered_are_sent_as_a_set_also_after_a_stop(world, operator):
    sent = scattered(world)
    run(world, operator, "--limit", 3_001, BATCH_BYTES="64k")
    assert len(in_topic(world)) == 11_000 + 3_001
    row = world.database.row("SELECT count(*) AS n, max(part) AS part FROM reprocessing_line_sets")
    assert row == {"n": 1, "part": 0}
    operator.call("run", "--job", world.job_id, "--database", world.database.url, "--no-limit",
                  "--yes")  # fmt: skip
    assert in_topic(world) == {line.text: 1 for line in sent}
    report = json_of(operator.about("verify", "--json"))
    assert (report["verdict"], report["expected"]) == ("all_there", 11_000)


def test_a_worker_reads_from_the_database_which_lines_of_its_file_it_sends(world, operator):
    sent = scattered(world)
    planned(world, operator)
    file = world.files[0]
    bits = world.database.row("SELECT bits FROM reprocessing_line_sets")["bits"]
    file.listed["line_set"] = hashlib.sha256(gzip.decompress(bytes(bits))).hexdigest()
    world.requires = ["line_set"]
    world.config = {"batch_size": 500}
    world.run(BATCH_BYTES="64k")
    assert in_topic(world) == {line.text: 1 for line in sent}
    file.listed["line_set"] = "0" * 64
    world.job_id += "-b"
    refused = world.run(expect=1)
    assert "reprocessing_line_sets has another set than files.json" in refused.err


def test_a_file_that_was_replaced_before_its_first_line_was_read_is_not_retried(world, operator):
    lines = messages(20)
    file = world.add(lines)
    with Ingest(world) as ingest:
        ingest.cover()
        for line in lines[::2]:
            ingest.deliver(line.text)
        ingest.producer.flush(30)
        before = in_topic(world)
        planned(world, operator)
        file.path.write_bytes(b"".join(line.text + b"\n" for line in messages(20, first=100)))
    operator.call("run", "--job", world.job_id, "--database", world.database.url, "--yes",
                  expect=FAILED_FILES)  # fmt: skip
    done = operator.call("retry", world.job_id, "--database", world.database.url, expect=1)
    assert "another file is there now" in done.err
    assert in_topic(world) == before
