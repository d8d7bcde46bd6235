"""PostgreSQL for the tests: a cluster, and databases in it, read by psycopg."""

import contextlib
import itertools
import os
import re
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

ROOT = Path(__file__).resolve().parents[3]
SERVERS = ROOT / "tests" / "servers"
TABLES = ROOT / "docs" / "tables.md"

# As the admin service of the existing suite makes them.
ADMIN_SCHEMA = """
CREATE TABLE reprocessing_jobs (
  id VARCHAR(64) PRIMARY KEY, config JSONB NOT NULL, status VARCHAR(32) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL, started_at TIMESTAMPTZ, completed_at TIMESTAMPTZ,
  k8s_job_name VARCHAR(255), total_files INTEGER DEFAULT 0, total_workers INTEGER DEFAULT 0,
  error TEXT);
CREATE TABLE reprocessing_workers (
  job_id VARCHAR(64) NOT NULL REFERENCES reprocessing_jobs(id) ON DELETE CASCADE,
  worker_index INTEGER NOT NULL, status VARCHAR(32) NOT NULL,
  started_at TIMESTAMPTZ, updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), completed_at TIMESTAMPTZ,
  current_file TEXT, current_line BIGINT DEFAULT 0, current_ts TEXT,
  assigned_files INTEGER DEFAULT 0, processed_files INTEGER DEFAULT 0,
  total_lines BIGINT DEFAULT 0, success_count BIGINT DEFAULT 0, error_count BIGINT DEFAULT 0,
  skipped_count BIGINT DEFAULT 0, total_bytes BIGINT DEFAULT 0, processed_bytes BIGINT DEFAULT 0,
  error TEXT, PRIMARY KEY (job_id, worker_index));
"""


def server_script(script, *arguments):
    command = [SERVERS / script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{script} {arguments[0]}: {done.stderr}")
    return done.stdout.strip()


def postgres_sh(*arguments):
    return server_script("postgres.sh", *arguments)


def free_port():
    """One that nobody else is told of."""
    return int(postgres_sh("free-port"))


class Cluster:
    def __init__(self, directory):
        self.directory, self.port = Path(directory), free_port()
        self._numbers = itertools.count(1)

    def start(self):
        postgres_sh("start", self.directory, self.port)

    def stop(self, mode="fast"):
        postgres_sh("stop", self.directory, mode)

    def remove(self):
        self.thaw()
        postgres_sh("remove", self.directory)

    def freeze(self):
        """Stops all of its processes where they are: connections stay, and nothing is answered."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        pid_file = self.directory / "data" / "postmaster.pid"
        if pid_file.exists():
            postmaster = int(pid_file.read_text().split("\n")[0])
            os.kill(postmaster, number)  # first: it makes no new ones while it stands
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
            for pid in map(int, children.split()):
                with contextlib.suppress(ProcessLookupError):  # it was about to end
                    os.kill(pid, number)

    def url(self, database="postgres", user="postgres", port=None):
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def create(self):
        name = f"e2e_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return Database(self, name)


class Pooler:
    """pgbouncer before a cluster: two server connections a database, shared by transaction."""

    def __init__(self, directory, cluster):
        self.directory, self.cluster = Path(directory), cluster
        self.port = int(server_script("pgbouncer.sh", "free-port"))

    def start(self):
        server_script("pgbouncer.sh", "start", self.directory, self.port, self.cluster.port)

    def stop(self):
        server_script("pgbouncer.sh", "stop", self.directory)

    def url(self, database):
        return self.cluster.url(database.name, port=self.port)


class Database:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.url = cluster.url(name)

    def url_of(self, user):
        return self.cluster.url(self.name, user)

    def documented_user(self, *names):
        """The URL of a user who may do what docs/tables.md asks for, for these users of it, and no more."""
        user = f"granted_{self.name}"
        granted = re.findall(rf"GRANT [^;]+ TO (?:{'|'.join(names)});", TABLES.read_text())
        assert len(granted) >= 4 * len(names)
        self.run(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"CREATE USER {user}",
            *(re.sub(r"TO \w+;", f"TO {user}", grant) for grant in granted),
        )
        return self.url_of(user)

    def rows(self, statement, *parameters):
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(statement, parameters).fetchall()

    def row(self, statement, *parameters):
        rows = self.rows(statement, *parameters)
        assert len(rows) == 1, f"{statement} {parameters}: {len(rows)} rows"
        return rows[0]

    def run(self, *statements):
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def has_table(self, name):
        return self.row("SELECT to_regclass(%s) AS found", name)["found"] is not None
