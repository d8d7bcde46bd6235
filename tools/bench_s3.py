#!/usr/bin/env python3
"""Measures S3 reads of the release build against local ones, `cat` and curl, on servers of its own.

    bench_s3.py CORPUS EVENTS [--rounds 7] [--big-gb 2]

CORPUS is a folder of tools/make_corpus.py. Needs curl. Every round runs each row once, one after the
other; ratios are medians over the pairs of one round. CPU is what the kernel charged the reading process
(all threads, user and system), not the servers; memory its largest resident size.
"""

import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
REPROCESS = ROOT / "build/release/bin/reprocess"
SERVERS = ROOT / "tests/servers"
# The header is one that it signs but does not set.
CURL = ["curl", "-sSf", "-o", "/dev/null", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "testak:testsecret",
        "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
KEYS = {"AWS_ACCESS_KEY_ID": "testak", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_REGION": "us-east-1"}


def script(name, *arguments):
    command = [SERVERS / f"{name}.sh", *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def measure(command, environment, log):
    """(wall s, CPU s, MiB)"""
    with open(log, "wb") as errors:
        started = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench_s3: {command}: exit {process.returncode}: {pathlib.Path(log).read_text()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


class Bench:
    def __init__(self, folder, url, broker):
        self.folder, self.url, self.number = folder, url, 0
        self.environment = os.environ | KEYS | {
            "AWS_ENDPOINT_URL_S3": url, "HOME": str(folder), "KAFKA_BOOTSTRAP_SERVERS": broker,
            "KAFKA_DESTINATIONS_TOPIC": "bench",
        }
        subprocess.run([*CURL, "-X", "PUT", f"{url}/bench"], check=True)

    def put(self, key, path):
        subprocess.run([*CURL, "-T", path, f"{self.url}/bench/{key}"], check=True)
        return f"s3://bench/{key}"

    def replay(self, path, *more):
        """One `reprocess run` of one shard, in a database of its own."""
        self.number += 1
        home = self.folder / f"run-{self.number}"
        home.mkdir()
        command = [REPROCESS, "run", path, "--shards", "1", "--connection", "c", "--job", f"j{self.number}"]
        command += ["--database", home / "books.db", *more]
        try:
            return measure(list(map(str, command)), self.environment, self.folder / "log")
        finally:
            shutil.rmtree(home)

    def curl(self, key):
        return measure([*CURL, f"{self.url}/bench/{key}"], self.environment, self.folder / "log")

    def cat(self, path):
        return measure(["cat", str(path)], self.environment, self.folder / "log")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("events", type=int)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--big-gb", type=float, default=2)
    options = parser.parse_args()
    plain = options.corpus.resolve() / "corpus.ndjson"
    size = plain.stat().st_size
    print(f"{options.events} events, {size / 1e6:.0f} MB; {processor()}, {os.cpu_count()} cores, "
          f"{platform.freedesktop_os_release()['PRETTY_NAME']}; {options.rounds} rounds, medians\n")

    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench_s3-", dir="/dev/shm"))
    server, broker = (pathlib.Path(tempfile.mkdtemp(prefix="bench_s3-")) for _ in range(2))
    try:
        kafka_port = script("kafka", "free-port")
        script("kafka", "start", broker, kafka_port)
        script("kafka", "topic", kafka_port, "bench", 8, "retention.bytes=50000000", "segment.bytes=20000000")
        url = script("s3", "start", server, script("s3", "free-port"))
        bench = Bench(folder, url, f"127.0.0.1:{kafka_port}")
        rows = {"cat": lambda: bench.cat(plain), "curl, one connection": lambda: bench.curl("corpus.ndjson")}
        for name, destination in (("dry run", ["--dry-run"]), ("replay", [])):
            for file in (plain, options.corpus.resolve() / "corpus.ndjson.gz"):
                what = f"{name}, {'gzip' if file.suffix == '.gz' else 'plain'}"
                remote = bench.put(file.name, file)
                rows[f"{what}, local"] = lambda at=file, to=destination: bench.replay(at, *to)
                rows[f"{what}, S3"] = lambda at=remote, to=destination: bench.replay(at, *to)
        taken = {name: [] for name in rows}
        for _ in range(options.rounds):
            for name, run in rows.items():
                taken[name].append(run())
        print(f"{'':26}{'MB/s':>7}{'CPU s/GB':>10}{'µs/event':>10}{'MiB':>7}")
        for name, runs in taken.items():
            wall, cpu, memory = (statistics.median(run[i] for run in runs) for i in range(3))
            each = "" if name.startswith(("cat", "curl")) else f"{cpu / options.events * 1e6:.2f}"
            print(f"{name:26}{size / wall / 1e6:7.0f}{cpu / size * 1e9:10.2f}{each:>10}{memory:7.0f}")
        for local in (name for name in rows if name.endswith(", local")):
            what = local.removesuffix(", local")
            pairs = list(zip(taken[local], taken[f"{what}, S3"], strict=True))
            more = [100 * (s3[1] / here[1] - 1) for here, s3 in pairs]
            memory = statistics.median(s3[2] - here[2] for here, s3 in pairs)
            print(f"{what}: S3 takes {statistics.median(more):+.1f} % CPU an event "
                  f"({min(more):+.1f} to {max(more):+.1f}), {memory:+.1f} MiB")

        if options.big_gb:
            big = server / "big.ndjson"
            with open(big, "wb") as out:
                while out.tell() < options.big_gb * 1e9:
                    with open(plain, "rb") as content:
                        shutil.copyfileobj(content, out, 1 << 20)
            of = big.stat().st_size
            for name, path in (("local", big), ("S3", bench.put("big.ndjson", big))):
                wall, cpu, memory = bench.replay(path, "--dry-run")
                print(f"dry run of {of / 1e9:.1f} GB, {name}: {of / wall / 1e6:.0f} MB/s, "
                      f"{cpu / of * 1e9:.2f} CPU s/GB, {memory:.0f} MiB")
    finally:
        script("s3", "remove", server)
        script("kafka", "kill", broker)
        for directory in (folder, broker):
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
