// Orders, sums and windows of what the screens list. Pure; tested by tests/page/tables.test.mjs.

import { isOpen } from "./looks.js";

// Running ones on top, then what waits for a person, then the rest; each newest first, as they came.
export function groupJobs(jobs) {
  return [
    { title: "Now", jobs: jobs.filter(isOpen) },
    { title: "Planned", jobs: jobs.filter((job) => job.state === "pending") },
    { title: "Ended", jobs: jobs.filter((job) => !isOpen(job) && job.state !== "pending") },
  ].filter((group) => group.jobs.length > 0);
}

// Pages that were loaded one after the other, the live first page before them: each job once.
export function joinPages(live, older, key = "id") {
  const seen = new Set(live.map((item) => item[key]));
  return [...live, ...older.filter((item) => !seen.has(item[key]))];
}

// Whether lines = sent + skipped + errors. While a job runs its rows move one after the other.
export function balanceOf(job) {
  const sum = job.success_count + job.skipped_count + job.error_count;
  return {
    lines: job.total_lines,
    sent: job.success_count,
    skipped: job.skipped_count,
    errors: job.error_count,
    missing: job.total_lines - sum,
    holds: job.total_lines === sum,
  };
}

// Sums of the shards' checkpoints by reason: {blank: 60, …}, most first.
export function reasonsOf(shards, key) {
  const sums = new Map();
  for (const shard of shards ?? []) {
    for (const [reason, lines] of Object.entries(shard.checkpoint?.counters?.[key] ?? {})) {
      sums.set(reason, (sums.get(reason) ?? 0) + lines);
    }
  }
  return [...sums].map(([reason, lines]) => ({ reason, lines })).sort((a, b) => b.lines - a.lines);
}

// Causes, most lines first: rows of one reason are summed, their first sample stands for them.
export function causesOf(reasons) {
  const causes = new Map();
  for (const row of reasons) {
    const cause = causes.get(row.reason);
    if (cause) cause.lines += row.lines;
    else causes.set(row.reason, { ...row });
  }
  return [...causes.values()].sort((a, b) => b.lines - a.lines);
}

// How far a shard is, 0 to 1, by stored bytes.
export function shardProgress(shard) {
  if (shard.state === "completed") return 1;
  if (!shard.total_bytes) return 0;
  return Math.min(1, shard.stored_bytes / shard.total_bytes);
}

// Which rows of a list of equal heights are to be drawn: those in sight, and some around them.
export function windowOf(total, rowHeight, scrollTop, viewHeight, around = 10) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - around);
  const last = Math.min(total, Math.ceil((scrollTop + viewHeight) / rowHeight) + around);
  return { first: Math.min(first, last), last, before: first * rowHeight, after: (total - last) * rowHeight };
}

// Log lines in which every word of the search is; case does not matter.
export function searchLines(lines, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return lines;
  return lines.filter((line) => {
    const text = `${line.worker} ${line.pod ?? ""} ${line.text}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

// Shares of a whole for bars: each with its fraction of the largest.
export function sharesOf(rows, key) {
  const most = Math.max(1, ...rows.map((row) => row[key]));
  return rows.map((row) => ({ ...row, fraction: row[key] / most }));
}

// "a, b ,c" or lines of it → ["a", "b", "c"]
export function listOf(text) {
  return (text ?? "").split(/[\s,]+/).filter(Boolean);
}
