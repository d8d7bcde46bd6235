"""Repeated, interleaved measurements and what is said of them: medians, with their spread."""

import statistics


def interleaved(calls, rounds):
    """Calls each of {name: call} once a round, every other round in the opposite order."""
    samples = {name: [] for name in calls}
    for number in range(rounds):
        for name in list(calls) if number % 2 == 0 else reversed(calls):
            samples[name].append(calls[name]())
    return samples


def spread(values):
    """Median, and the middle half's ends."""
    values = sorted(values)
    if len(values) < 4:
        return statistics.median(values), values[0], values[-1]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def difference(ones, others):
    """Of pairs, by how many percent the second differs, with a range that holds the true median of such
    differences in 19 of 20 cases (order statistics of the binomial distribution)."""
    percent = sorted(100 * (b / a - 1) for a, b in zip(ones, others, strict=True))
    count = len(percent)
    outside, tail, chance = 0, 0.0, 0.5 ** count
    while outside < count // 2 and 2 * (tail + chance) <= 0.05:
        tail += chance
        outside += 1
        chance = chance * (count - outside + 1) / outside
    least = max(outside - 1, 0)
    return {"percent": statistics.median(percent), "low": percent[least], "high": percent[count - 1 - least],
            "pairs": count}
