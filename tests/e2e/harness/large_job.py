"""A job as large as one likes, without the work: one that ran, its rows many times over."""

import psycopg


def multiply(books, seed, job, workers, files, running=True):
    """Of the job `seed`, which one worker has replayed, makes `job` in the same PostgreSQL."""
    with psycopg.connect(books.url, autocommit=True) as database:
        for table, number, of in (("jobs", "", 1), ("workers", "worker_index", workers), ("shards", "shard", workers),
                                  ("files", "list_position", files)):  # fmt: skip
            _rows(database, f"reprocessing_{table}", number, of, seed, job, workers)
        database.execute("UPDATE reprocessing_jobs SET total_workers = %s, total_files = %s WHERE id = %s",
                         (workers, files, job))  # fmt: skip
        database.execute("UPDATE reprocessing_workers SET assigned_files = %s WHERE job_id = %s", (files // workers, job))
        if running:
            for table, key in (("jobs", "id"), ("workers", "job_id")):
                database.execute(f"UPDATE reprocessing_{table} SET status = 'running', completed_at = NULL WHERE {key} = %s",
                                 (job,))  # fmt: skip
        database.execute("VACUUM ANALYZE")


def _rows(database, table, number, count, seed, job, workers):
    columns = [name for (name,) in database.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position", (table,))]  # fmt: skip
    key = "job_id" if number else "id"
    changed = {key: f"'{job}'", number: "n", "path": "path || n"}
    if number == "list_position":
        changed["shard"] = f"n % {workers}"
    chosen = ", ".join(changed.get(name, name) for name in columns)
    database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table}, "
                     f"generate_series(0, {count - 1}) AS n WHERE {key} = '{seed}'")  # fmt: skip
