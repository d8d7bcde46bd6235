#!/usr/bin/env python3
"""Measures S3 reads of the release build against local ones, `cat` and curl, on a server of its own.

    bench_s3.py CORPUS EVENTS [--rounds 7] [--big-gb 2]

CORPUS is a folder of tools/make_corpus.py. Needs botocore (build/venv) and curl. Every round runs each
row once, one after the other; ratios are medians over the pairs of one round. CPU is what the kernel
charged the reading process (all threads, user and system), not the server; memory its largest resident
size. Files are written to /dev/shm.
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

import botocore.config
import botocore.session

ROOT = pathlib.Path(__file__).parents[1]
REPROCESS = ROOT / "build/release/bin/reprocess"
SERVER = ROOT / "tests/servers/s3.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "testak", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_REGION": "us-east-1"}


def s3_script(*arguments):
    return subprocess.run([SERVER, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


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
    def __init__(self, folder, url):
        self.folder, self.url, self.number = folder, url, 0
        self.environment = os.environ | KEYS | {"AWS_ENDPOINT_URL_S3": url, "HOME": str(folder)}
        self.client = botocore.session.Session().create_client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="testak",
            aws_secret_access_key="testsecret",
            config=botocore.config.Config(s3={"addressing_style": "path"}, proxies={}),
        )
        self.client.create_bucket(Bucket="bench")

    def put(self, key, path):
        with open(path, "rb") as body:
            self.client.put_object(Bucket="bench", Key=key, Body=body)
        return f"s3://bench/{key}"

    def replay(self, path, to_files):
        """One `reprocess run` of one shard, in a database of its own."""
        self.number += 1
        home = self.folder / f"run-{self.number}"
        home.mkdir()
        command = [REPROCESS, "run", path, "--shards", "1", "--connection", "c", "--job", "j"]
        command += ["--database", home / "books.db", *(["--out", home] if to_files else ["--dry-run"])]
        try:
            return measure(list(map(str, command)), self.environment, self.folder / "log")
        finally:
            shutil.rmtree(home)

    def curl(self, key):
        command = ["curl", "-sSf", "-o", "/dev/null", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "testak:testsecret"]
        return measure([*command, f"{self.url}/bench/{key}"], self.environment, self.folder / "log")

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
    server = pathlib.Path(tempfile.mkdtemp(prefix="bench_s3-"))
    try:
        bench = Bench(folder, s3_script("start", server, s3_script("free-port")))
        remote = bench.put("corpus.ndjson", plain)
        rows = {
            "cat": lambda: bench.cat(plain),
            "curl, one connection": lambda: bench.curl("corpus.ndjson"),
            "dry run, local": lambda: bench.replay(plain, False),
            "dry run, S3": lambda: bench.replay(remote, False),
            "replay to a file, local": lambda: bench.replay(plain, True),
            "replay to a file, S3": lambda: bench.replay(remote, True),
        }
        taken = {name: [] for name in rows}
        for _ in range(options.rounds):
            for name, run in rows.items():
                taken[name].append(run())
        print(f"{'':26}{'MB/s':>7}{'CPU s/GB':>10}{'µs/event':>10}{'MiB':>7}")
        for name, runs in taken.items():
            wall, cpu, memory = (statistics.median(run[i] for run in runs) for i in range(3))
            each = "" if name.startswith(("cat", "curl")) else f"{cpu / options.events * 1e6:.2f}"
            print(f"{name:26}{size / wall / 1e6:7.0f}{cpu / size * 1e9:10.2f}{each:>10}{memory:7.0f}")
        for what in ("dry run", "replay to a file"):
            pairs = list(zip(taken[f"{what}, local"], taken[f"{what}, S3"], strict=True))
            more = statistics.median(s3[1] / local[1] for local, s3 in pairs)
            memory = statistics.median(s3[2] - local[2] for local, s3 in pairs)
            print(f"{what}: S3 takes {100 * (more - 1):+.1f} % CPU an event, {memory:+.1f} MiB")

        if options.big_gb:
            big = server / "big.ndjson"
            with open(big, "wb") as out:
                while out.tell() < options.big_gb * 1e9:
                    with open(plain, "rb") as content:
                        shutil.copyfileobj(content, out, 1 << 20)
            of = big.stat().st_size
            remote_big = bench.put("big.ndjson", big)
            for name, path in (("local", big), ("S3", remote_big)):
                wall, cpu, memory = bench.replay(path, False)
                print(f"dry run of {of / 1e9:.1f} GB, {name}: {of / wall / 1e6:.0f} MB/s, "
                      f"{cpu / of * 1e9:.2f} CPU s/GB, {memory:.0f} MiB")
    finally:
        s3_script("remove", server)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
