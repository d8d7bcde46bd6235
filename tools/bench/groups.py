"""What is measured: each group is a function that returns rows for the table and for result.json.

A row of a run has `us` (CPU µs an event: median, low, high), `wall`, `mib`, and `ratio` to the parts.
"""

import corpora
from series import difference, interleaved, spread

LONG = {"HEARTBEAT_INTERVAL_MS": 500_000, "CLAIM_WAIT_MS": 600_000, "COMMIT_INTERVAL_MS": 600_000}
AT_THE_END = {"COMMIT_INTERVAL_MS": 600_000, "COMMIT_BYTES": "100G"}
PATIENT = {"TRANSACTION_TIMEOUT_MS": 900_000}
DRY = {"dry_run": True}
# Limits that are looked after and never reached.
LIMITS = {"max_messages_per_second": 10**9, "max_bytes_per_second": 10**12, "max_consumer_lag": 10**12,
          "lag_groups": ["nobody"]}
METRICS = {"METRICS_PORT": "9464", "METRICS_ADDRESS": "127.0.0.1", "METRICS_LINGER_MS": "0"}
# What each kind of run cannot do without.
INPUT = {"plain": ["read_plain"], "gzip": ["read_gzip", "inflate"]}
OUTPUT = ["zstd", "crc32c", "socket"]
GOALS = {"dry run, plain": 1.3, "dry run, gzip": 2.0, "replay, plain": 4.6, "replay, gzip": 5.6}


def parts_of(form, to_kafka):
    return INPUT[form] + ["validate"] + (OUTPUT if to_kafka else [])


def run_row(name, samples, events, floor):
    us, low, high = spread([sample.cpu / events * 1e6 for sample in samples])
    row = {"name": name, "us": us, "low": low, "high": high, "rounds": len(samples),
           "wall": spread([sample.wall for sample in samples])[0], "mib": max(sample.mib for sample in samples)}
    if floor:
        row["floor"], row["ratio"] = floor, us / floor
    if name in GOALS:
        row["goal"] = GOALS[name]
    return row


def measured(runner, corpus, events, cases, rounds):
    """cases: {name: (form, to_kafka, call of no arguments)}; the parts are measured in the same rounds."""
    calls = {name: case[2] for name, case in cases.items()}
    samples = interleaved({"parts": lambda: runner.parts(corpus)} | calls, rounds)
    parts = {}
    for name in samples["parts"][0]:
        parts[name] = spread([sample[name] / events * 1e6 for sample in samples["parts"]])[0]
    rows = []
    for name, (form, to_kafka, _) in cases.items():
        rows.append(run_row(name, samples[name], events, sum(parts[part] for part in parts_of(form, to_kafka))))
    return parts, rows


def main_rows(runner, corpus, events, rounds, quick):
    files = {"plain": [corpus / "corpus.ndjson"], "gzip": [corpus / "corpus.ndjson.gz"]}

    def case(form, **config):
        return form, config != DRY, lambda: runner.worker(files[form], events, config)

    cases = {"dry run, plain": case("plain", **DRY), "dry run, gzip": case("gzip", **DRY),
             "replay, gzip": case("gzip", delivery="exactly_once")}
    if not quick:
        cases |= {"replay, plain": case("plain", delivery="exactly_once"),
                  "replay, gzip, at least once": case("gzip", delivery="at_least_once"),
                  "replay, plain, at least once": case("plain", delivery="at_least_once")}
    return measured(runner, corpus, events, cases, rounds)


def shape_rows(runner, folder, rounds):
    """Small and large events against the parts on their own bytes."""
    rows = []
    for shape, events, text in (("small", 1_000_000, "200 B"), ("large", 8_000, "64 kB")):
        corpus = corpora.make(folder, events, shape)
        file = corpus / "corpus.ndjson.gz"
        name = f"replay, gzip, events of {text}"
        case = ("gzip", True, lambda file=file, events=events: runner.worker([file], events))
        rows += measured(runner, corpus, events, {name: case}, rounds)[1]
    return rows


def growth_rows(runner, folder, corpus, events, sixteen):
    """Memory, whatever is read: the same content many times, and many small files."""
    rows = []
    packed = corpus / "corpus.ndjson.gz"
    size = (corpus / "corpus.ndjson").stat().st_size
    for gigabytes in (1, 4, 16) if sixteen else (1, 4):
        times = max(1, round(gigabytes * 1e9 / size))
        files = corpora.repeated(folder / f"times-{times}", packed, times)
        sample = runner.worker(files, times * events)
        rows.append(run_row(f"replay, gzip, {times * size / 1e9:.1f} GB", [sample], times * events, None))
    small = corpora.head(folder, corpus, 10)
    for count in (10, 1_000, 100_000) if sixteen else (10, 1_000, 10_000):
        files = corpora.repeated(folder / f"files-{count}", small, count)
        sample = runner.worker(files, count * 10)
        rows.append(run_row(f"replay, {count:,} files of 10 lines", [sample], count * 10, None))
    return rows


def difference_rows(runner, corpus, events, pairs):
    packed = [corpus / "corpus.ndjson.gz"]
    comparisons = {
        "a commit each second against one at the end": (
            lambda: runner.worker(packed, events, **PATIENT | AT_THE_END),
            lambda: runner.worker(packed, events, **PATIENT)),
        "status rows and heartbeats on against off (dry run)": (
            lambda: runner.worker(packed, events, DRY, **PATIENT | LONG),
            lambda: runner.worker(packed, events, DRY)),
        "limits that never hold it against none": (
            lambda: runner.worker(packed, events),
            lambda: runner.worker(packed, events, LIMITS)),
        "metrics on against off": (
            lambda: runner.worker(packed, events),
            lambda: runner.worker(packed, events, variables=METRICS)),
    }
    rows = []
    for name, (without, with_it) in comparisons.items():
        samples = interleaved({"without": without, "with": with_it}, pairs)
        cpu = {arm: [sample.cpu for sample in taken] for arm, taken in samples.items()}
        rows.append({"name": name} | difference(cpu["without"], cpu["with"]))
    return rows


def shard_rows(runner, folder, corpus, events, rounds):
    files = corpora.repeated(folder / "times-2", corpus / "corpus.ndjson.gz", 2)
    rows = []
    for name, dry_run in (("dry run", True), ("replay", False)):
        samples = interleaved({n: lambda n=n: runner.here(files, 2 * events, n, dry_run) for n in (1, 2)}, rounds)
        rows.append({"name": f"{name}, 2 shards in one process against 1",
                     "cpu": difference(*([s.cpu for s in samples[n]] for n in (1, 2))),
                     "speed": spread([a.wall / b.wall for a, b in zip(samples[1], samples[2])])[0]})
    return rows


def start_row(runner, folder, corpus, rounds):
    file = corpora.head(folder, corpus, 1)
    middle, low, high = spread([runner.first_record(file) * 1000 for _ in range(rounds)])
    return {"name": "start to first record", "ms": middle, "low": low, "high": high}
