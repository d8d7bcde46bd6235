"""The table on standard output, and what changed since the last recorded run."""


def show(result):
    print(f"\n{result['events']} events of {result['event_bytes']:.0f} bytes; {result['machine']}")
    print("CPU µs an event: median (middle half of the rounds)\n")
    for name, us in result["parts"].items():
        print(f"  {name:38}{us:7.2f}")
    print(f"\n  {'':38}{'µs':>7}{'':17}{'goal':>5}{'parts':>7}{'ratio':>7}{'wall s':>8}{'MiB':>6}")
    for row in result["rows"]:
        middle_half = f"({row['low']:.2f} - {row['high']:.2f})"
        goal = f"{row['goal']:.1f}" if "goal" in row else ""
        floor, ratio = (f"{row['floor']:.2f}", f"{row['ratio']:.2f}") if "floor" in row else ("", "")
        print(f"  {row['name']:38}{row['us']:7.2f} {middle_half:16}{goal:>5}{floor:>7}{ratio:>7}"
              f"{row['wall']:8.2f}{row['mib']:6.0f}")
    for row in result.get("differences", []):
        print(f"\n  {row['name']}:\n    {of_difference(row)}")
    for row in result.get("shards", []):
        print(f"\n  {row['name']}:\n    CPU an event {of_difference(row['cpu'])}; {row['speed']:.2f} times as fast")
    if "start" in result:
        print("\n  start to first record: {ms:.0f} ms ({low:.0f} - {high:.0f})".format(**result["start"]))
    for row in result.get("marks", []):
        print(f"\n  {row['name']:46}{row['wall']:7.2f} s{row['mib']:6.0f} MiB"
              + (f"   (mark: {row['mark']})" if row["mark"] else ""))


def of_difference(row):
    text = f"{row['percent']:+.1f} % ({row['low']:+.1f} to {row['high']:+.1f}, {row['pairs']} pairs)"
    return text + (", not distinguishable from 0" if row["low"] <= 0 <= row["high"] else "")


def compare(result, last):
    print(f"\nAgainst the recorded run of {last['date']} ({last['machine']}):")
    before = {row["name"]: row for row in last["rows"]}
    for row in result["rows"]:
        old = before.get(row["name"])
        if old is None:
            continue
        ratios = f", ratio {old['ratio']:.2f} -> {row['ratio']:.2f}" if "ratio" in row and "ratio" in old else ""
        print(f"  {row['name']:38}{old['us']:6.2f} -> {row['us']:5.2f} µs ({100 * (row['us'] / old['us'] - 1):+.0f} %)"
              f"{ratios}, {old['mib']:.0f} -> {row['mib']:.0f} MiB")
