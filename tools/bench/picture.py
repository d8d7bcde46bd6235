"""Where the CPU time of a run goes: one bar a run, its parts as measured alone, and the rest, as SVG."""

from groups import parts_of
from xml.sax.saxutils import escape

COLOURS = {"read_plain": "#9aa5b1", "read_gzip": "#9aa5b1", "inflate": "#4c78a8", "validate": "#54a24b",
           "zstd": "#e45756", "crc32c": "#b279a2", "socket": "#f2a541", "rest": "#d9d9d9"}
LABELS = {"read_plain": "read", "read_gzip": "read", "inflate": "inflate (ISA-L)", "validate": "validate (simdjson)",
          "zstd": "zstd, level 1", "crc32c": "CRC-32C", "socket": "socket", "rest": "all else"}
RUNS = [("dry run, plain", "plain", False), ("dry run, gzip", "gzip", False),
        ("replay, plain", "plain", True), ("replay, gzip", "gzip", True)]
LEFT, WIDTH, BAR, STEP = 120, 620, 26, 42


def svg(result):
    rows = {row["name"]: row for row in result["rows"]}
    runs = [run for run in RUNS if run[0] in rows]
    scale = WIDTH / max(rows[name]["us"] for name, _, _ in runs)
    out = []

    def text(x, y, words, anchor="start"):
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>')

    def box(x, y, width, height, part, title):
        out.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{COLOURS[part]}">'
                   f"<title>{escape(title)}</title></rect>")

    for number, (name, form, to_kafka) in enumerate(runs):
        y, x = 30 + number * STEP, LEFT
        text(LEFT - 8, y + 18, name, "end")
        shares = {part: result["parts"][part] for part in parts_of(form, to_kafka)}
        # The worker's own check of a line can cost less than the part that it is compared with.
        shares["rest"] = max(0, rows[name]["us"] - sum(shares.values()))
        shrink = min(1, rows[name]["us"] / sum(shares.values()))
        for part, us in shares.items():
            width = us * shrink * scale
            box(x, y, width, BAR, part, f"{LABELS[part]}: {us:.2f} µs")
            if width > 34:
                text(x + width / 2, y + 18, f"{us:.2f}", "middle")
            x += width
        text(x + 6, y + 18, f"{rows[name]['us']:.2f} µs")
    y, x = 30 + len(runs) * STEP + 8, LEFT
    for part in ("read_plain", "inflate", "validate", "zstd", "crc32c", "socket", "rest"):
        box(x, y, 12, 12, part, LABELS[part])
        text(x + 16, y + 11, LABELS[part])
        x += 26 + 6.4 * len(LABELS[part])
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{y + 26}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>')
    title = f"CPU time of an event of {result['event_bytes']:.0f} bytes: the parts alone, and what a run adds"
    return "\n".join([head, f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>', *out, "</svg>\n"])
