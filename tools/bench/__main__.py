"""Measures the release programs against what their parts cost; ./dev bench builds them and starts the broker.

    bench FOLDER BROKER TOPIC [--quick] [--events N] [--sixteen] [--record]

TOPIC-small is a second topic, which takes records of 100,000 bytes at the most.
FOLDER/result.json has all figures. --record keeps them, and the picture, in docs/performance.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import corpora  # noqa: E402
import groups  # noqa: E402
import marks  # noqa: E402
import picture  # noqa: E402
import report  # noqa: E402
from runs import ROOT, Failed, Runner  # noqa: E402

RECORDS = ROOT / "docs/performance"


def machine():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    else:
        name = platform.machine()
    load = os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, {platform.freedesktop_os_release()['PRETTY_NAME']}, load {load:.1f}"


def say(text):
    print(f"    {text}", flush=True)


def save(options, result):
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (options.folder / "result.json").write_text(text)
    return text


def measure(options):
    folder = options.folder
    corpus = corpora.make(folder, options.events)
    runner = Runner(folder / "run", options.broker, options.topic)
    result = {"date": datetime.date.today().isoformat(), "machine": machine(), "events": options.events,
              "event_bytes": (corpus / "corpus.ndjson").stat().st_size / options.events}
    say("parts, dry runs, replays")
    rounds = 5
    result["parts"], result["rows"] = groups.main_rows(runner, corpus, options.events, rounds, options.quick)
    bytes_out = result["parts"].pop("bytes_out")
    for other in ("bytes", "lines", "checksum"):
        del result["parts"][other]
    result["bytes_out"] = bytes_out / 1e6  # an event
    save(options, result)
    if options.quick:
        return result
    say("small and large events")
    result["rows"] += groups.shape_rows(runner, folder, 5)
    save(options, result)
    say("growth")
    result["rows"] += groups.growth_rows(runner, folder, corpus, options.events, options.sixteen)
    save(options, result)
    say("commits and status, in pairs")
    result["differences"] = groups.difference_rows(runner, corpus, options.events, 15)
    save(options, result)
    say("two shards")
    result["shards"] = groups.shard_rows(runner, folder, corpus, options.events, 5)
    say("start")
    result["start"] = groups.start_row(runner, folder, corpus, 9)
    say("refused records, short lines, many small files, a long list")
    result["marks"] = marks.mark_rows(runner, folder, corpus, f"{options.topic}-small")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("broker")
    parser.add_argument("topic")
    parser.add_argument("--quick", action="store_true", help="the first rows alone, in about two minutes")
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--sixteen", action="store_true", help="also 16 GB, and 100,000 files")
    parser.add_argument("--record", action="store_true", help="keep the result in docs/performance")
    options = parser.parse_args()
    try:
        result = measure(options)
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    report.show(result)
    last = RECORDS / "last.json"
    if last.exists():
        report.compare(result, json.loads(last.read_text()))
    text = save(options, result)
    if options.record:
        RECORDS.mkdir(exist_ok=True)
        last.write_text(text)
        (RECORDS / "where-time-goes.svg").write_text(picture.svg(result))


if __name__ == "__main__":
    main()
