"""Bulker's admin service as it reads and writes its two tables: a value that its Go struct cannot hold
is an error, as it is there."""

import datetime
import json
import re

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TEXT, WHOLE = str, int


class Unreadable(AssertionError):
    pass


def _texts(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _time(value):
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


# The keys of its configuration's struct.
_CONFIG = {
    **dict.fromkeys(("s3_path", "local_path", "start_file"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("stream_ids", "connection_ids", "files"), _texts),
    **dict.fromkeys(("start_line", "batch_size", "retry_attempts", "limit"), _whole),
    **dict.fromkeys(("date_from", "date_to"), _time),
    "dry_run": lambda value: isinstance(value, bool),
}


def _config(text):
    config = json.loads(text)
    for key, value in config.items():
        fits = _CONFIG.get(key.lower())
        if fits and value is not None and not fits(value):
            raise Unreadable(f"config.{key}: {value!r}")
    return config


def _row(row, **columns):
    for name, kind in columns.items():
        if not isinstance(row[name], kind):
            raise Unreadable(f"{name}: {row[name]!r}")
    return row


def jobs(database):
    """Its list: newest first, each with the sums of its workers. One bad row spoils all of it."""
    rows = database.rows(
        """SELECT j.id, j.config::text AS config, j.status, j.created_at, j.started_at,
                  j.completed_at, j.k8s_job_name, j.total_files, j.total_workers, j.error,
                  COALESCE(SUM(w.processed_files), 0)::int AS processed_files,
                  COALESCE(SUM(w.total_lines), 0)::int AS total_lines,
                  COALESCE(SUM(w.success_count), 0)::int AS success_count,
                  COALESCE(SUM(w.error_count), 0)::int AS error_count,
                  COALESCE(SUM(w.skipped_count), 0)::int AS skipped_count,
                  COALESCE(SUM(w.processed_bytes), 0)::bigint AS processed_bytes
             FROM reprocessing_jobs j LEFT JOIN reprocessing_workers w ON w.job_id = j.id
            GROUP BY j.id ORDER BY j.created_at DESC"""
    )
    for row in rows:
        _row(row, id=TEXT, status=TEXT, k8s_job_name=TEXT, total_files=WHOLE, total_workers=WHOLE,
             created_at=datetime.datetime)  # fmt: skip
        row["config"] = _config(row["config"])
        total = row["total_files"]
        row["progress"] = row["processed_files"] / total if total else 0
    return rows


def workers(database, job_id):
    rows = database.rows(
        """SELECT worker_index, status, started_at, updated_at, completed_at, current_file,
                  current_line, current_ts, assigned_files, processed_files, total_lines,
                  success_count, error_count, skipped_count, processed_bytes, error
             FROM reprocessing_workers WHERE job_id = %s ORDER BY worker_index""",
        job_id,
    )
    counts = ("current_line", "assigned_files", "processed_files", "total_lines", "success_count",
              "error_count", "skipped_count", "processed_bytes", "worker_index")  # fmt: skip
    return [_row(row, status=TEXT, **dict.fromkeys(counts, WHOLE)) for row in rows]


def start_job(database, job_id, config, files, workers_count):
    """Its rows of a job, as its POST leaves them."""
    database.run(
        f"""INSERT INTO reprocessing_jobs (id, config, status, created_at, k8s_job_name, total_files,
                                           total_workers)
            VALUES ('{job_id}', '{json.dumps(config)}', 'pending', now(), '', {files},
                    {workers_count})""",
        *(
            f"""INSERT INTO reprocessing_workers (job_id, worker_index, status, assigned_files)
                VALUES ('{job_id}', {index}, 'pending',
                        {len(range(index, files, workers_count))})"""
            for index in range(workers_count)
        ),
        f"""UPDATE reprocessing_jobs SET k8s_job_name = 'reprocess-{job_id}', status = 'running',
                   started_at = now(), error = '' WHERE id = '{job_id}'""",
    )


# What it runs at its own start.
MAKE_TABLES = """
CREATE TABLE IF NOT EXISTS reprocessing_jobs (
  id VARCHAR(64) PRIMARY KEY, config JSONB NOT NULL, status VARCHAR(32) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL, started_at TIMESTAMPTZ, completed_at TIMESTAMPTZ,
  k8s_job_name VARCHAR(255), total_files INTEGER DEFAULT 0, total_workers INTEGER DEFAULT 0,
  error TEXT);
CREATE TABLE IF NOT EXISTS reprocessing_workers (
  job_id VARCHAR(64) NOT NULL REFERENCES reprocessing_jobs(id) ON DELETE CASCADE,
  worker_index INTEGER NOT NULL, status VARCHAR(32) NOT NULL,
  started_at TIMESTAMPTZ, updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), completed_at TIMESTAMPTZ,
  current_file TEXT, current_line BIGINT DEFAULT 0, current_ts TEXT,
  assigned_files INTEGER DEFAULT 0, processed_files INTEGER DEFAULT 0,
  total_lines BIGINT DEFAULT 0, success_count BIGINT DEFAULT 0, error_count BIGINT DEFAULT 0,
  skipped_count BIGINT DEFAULT 0, total_bytes BIGINT DEFAULT 0, processed_bytes BIGINT DEFAULT 0,
  error TEXT, PRIMARY KEY (job_id, worker_index));
CREATE INDEX IF NOT EXISTS reprocessing_jobs_created_at_idx ON reprocessing_jobs(created_at DESC);
CREATE INDEX IF NOT EXISTS reprocessing_workers_job_id_idx ON reprocessing_workers(job_id);
CREATE INDEX IF NOT EXISTS reprocessing_workers_status_idx ON reprocessing_workers(job_id, status)
"""
