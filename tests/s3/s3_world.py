"""A real S3 server, buckets in it, and `reprocess` reading from them into files."""

import hashlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

import botocore.config
import botocore.session

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("REPROCESS_BIN_DIR", HERE.parents[1] / "build/dev/bin"))
SCRIPT = HERE.parent / "servers" / "s3.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "testak", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_REGION": "us-east-1"}


def s3_script(*arguments):
    done = subprocess.run([SCRIPT, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


class Server:
    def __init__(self, directory, tls=False):
        self.directory = directory
        self.url = s3_script("start", directory, s3_script("free-port"), *(["tls"] if tls else []))
        self.ca = directory / "ca.pem"
        self.client = botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testak",
            aws_secret_access_key="testsecret",
            verify=str(self.ca) if tls else None,
            config=botocore.config.Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def remove(self):
        s3_script("remove", self.directory)


def message(number, pad=0):
    return json.dumps(
        {
            "messageCreated": "2026-05-01T06:00:00Z",
            "messageId": f"m{number}",
            "type": "page",
            "origin": {"sourceId": "s1", "slug": "site"},
            "pad": "x" * pad,
        },
        separators=(",", ":"),
    ).encode()


def numbered_lines(count, pad=lambda number: number * 7919 % 2000):
    return [message(number, pad(number)) for number in range(count)]


def random_lines(count):
    """Lines that do not compress to nothing."""

    def pad(number):
        pieces = (hashlib.sha256(b"%d %d" % (number, piece)).hexdigest() for piece in range(12))
        return "".join(pieces).encode()

    return [b'{"messageId":"m%d","origin":{"sourceId":"s"},"pad":"%s"}' % (n, pad(n)) for n in range(count)]


def text_of(lines):
    return b"".join(line + b"\n" for line in lines)


def wait_until(condition, what, deadline=30.0):
    """Calls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {deadline} s in vain: {what}"
        time.sleep(0.01)
    return value


class World:
    """A bucket, and a folder for the books and for what is delivered."""

    def __init__(self, server, bucket, home):
        self.server, self.bucket, self.home = server, bucket, home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL_S3": server.url,
            "REPROCESS_S3_RETRY_WAIT_MS": "1",
            "REPROCESS_RETRY_WAIT_MS": "1",
            "REPROCESS_CLAIM_WAIT_MS": "300",
            "REPROCESS_HEARTBEAT_INTERVAL_MS": "100",
            **KEYS,
        }
        self.started = []
        server.client.create_bucket(Bucket=bucket)

    def put(self, key, body):
        self.server.client.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.path(key)

    def keep_versions(self):
        self.server.client.put_bucket_versioning(
            Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}
        )

    def put_version(self, key, body):
        """The version's id, and its ETag."""
        answer = self.server.client.put_object(Bucket=self.bucket, Key=key, Body=body)
        return answer["VersionId"], answer["ETag"].strip('"')

    def path(self, key=""):
        return f"s3://{self.bucket}/{key}"

    def start(self, *arguments, program="reprocess", **variables):
        environment = {**self.environment, **variables}
        process = subprocess.Popen(
            [BIN / program, *map(str, arguments)],
            env={name: value for name, value in environment.items() if value is not None},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run_arguments(self, *paths, job="j", shards=1, options=()):
        given = ["--job", job, "--out", "out", "--shards", shards, "--connection", "c", "--json", *options]
        return ["run", *map(str, [*paths, *given])]

    def start_run(self, *paths, job="j", shards=1, options=(), **variables):
        return self.start(*self.run_arguments(*paths, job=job, shards=shards, options=options), **variables)

    def call(self, process, expect=0):
        out, err = process.communicate(timeout=120)
        assert process.returncode == expect, f"exit {process.returncode}\n{out}\n{err}"
        return out, err

    def run(self, *paths, expect=0, **options):
        """Runs to the end; what was printed."""
        return self.call(self.start_run(*paths, **options), expect)

    def work(self, items, job="w", expect=0, **variables):
        """A dry run of the worker over a files.json of these items."""
        for name, content in (("files/files.json", items), ("job/config.json", {"dry_run": True, "connection_ids": ["c"]})):
            (self.home / name).parent.mkdir(exist_ok=True)
            (self.home / name).write_text(json.dumps(content))
        worker = self.start(
            program="reprocessing-worker",
            **{
                "JOB_ID": job,
                "WORKER_INDEX": "0",
                "TOTAL_WORKERS": "1",
                "REPROCESS_FAILED_FILES_EXIT": "2",
                "REPROCESS_CONFIG_DIR": str(self.home),
                "DATABASE_URL": f"sqlite://{self.home}/worker.db",
                **variables,
            },
        )
        return self.call(worker, expect)

    def rows(self, table, job="w"):
        with sqlite3.connect(self.home / "worker.db") as connection:
            connection.row_factory = sqlite3.Row
            order = "list_position" if table == "files" else "list_position, first_byte"
            return connection.execute(
                f"SELECT * FROM reprocessing_{table} WHERE job_id = ? ORDER BY {order}", (job,)
            ).fetchall()

    def inspect(self, *paths, expect=0, options=(), **variables):
        out, err = self.call(self.start("inspect", *paths, "--json", *options, **variables), expect)
        return json.loads(out) if out else None, err

    def delivered(self, job="j", shard=0):
        content = (self.home / "out" / job / f"{shard}.ndjson").read_bytes()
        assert not content or content.endswith(b"\n")
        return content.split(b"\n")[:-1]

    def committed(self, job="j"):
        """The number of lines that the checkpoint counts as sent."""
        path = self.home / "out" / job / "0.checkpoint"
        found = re.search(r" s\.sent=(\d+)", path.read_text()) if path.exists() else None
        return int(found[1]) if found else 0

    def checkpoint(self, job="j"):
        text = (self.home / "out" / job / "0.checkpoint").read_text()
        return dict(re.findall(r"(\S+)=(\S*)", text))

    def failures(self, job="j"):
        """Path → why, of the files that failed."""
        (database,) = self.home.glob(".local/state/reprocess/*.db")
        with sqlite3.connect(database) as connection:
            rows = connection.execute(
                "SELECT path, failure FROM reprocessing_files WHERE job_id = ? AND state = 'failed'", (job,)
            )
            return dict(rows.fetchall())

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)

    def end(self):
        for process in self.started:
            if process.poll() is None:
                self.kill(process)
