// How fast a job goes, from what its documents said one after the other. Pure.

const WINDOW_MS = 10_000; // a rate is over these
const LONG_MS = 60_000; // what is left is told by these: compressed files are read in leaps
const KEPT = 900; // moments: the chart's width, a quarter of an hour of changes

// What a job's document says of its work, at a moment.
export function momentOf(job, at) {
  return {
    at,
    lines: job.total_lines,
    bytes: (job.shards ?? []).reduce((sum, shard) => sum + (shard.checkpoint?.counters?.bytes ?? 0), 0),
    stored: job.stored_bytes ?? 0,
    lag: lagOf(job),
  };
}

// Workers read it where a limit asks for it.
function lagOf(job) {
  const lags = (job.shards ?? []).map((shard) => shard.consumer_lag ?? null).filter((lag) => lag !== null);
  return lags.length > 0 ? Math.max(...lags) : null;
}

// With one more moment; a job that was reset begins anew.
export function withMoment(moments, moment) {
  const last = moments.at(-1);
  if (last && moment.lines < last.lines) return [moment];
  return [...moments.slice(-KEPT + 1), moment];
}

// Lines, bytes or stored bytes a second, lately; null while nothing can be told.
export function rateOf(moments, now, key = "lines", window = WINDOW_MS) {
  const last = moments.at(-1);
  const first = moments.findLast((moment) => moment.at <= now - window) ?? moments[0];
  if (!last || !first || now - first.at < 1000 || moments.length < 2) return null;
  return Math.max(0, ((last[key] - first[key]) * 1000) / (now - first.at));
}

// Seconds that are left, by stored bytes: as fast as lately, else as it went on the whole; null where
// it does not run.
export function secondsLeft(job, moments, now) {
  if (job.state !== "running") return null;
  const rate = rateOf(moments, now, "stored", LONG_MS);
  if (rate) return Math.max(0, job.total_bytes - job.stored_bytes) / rate;
  return job.progress > 0 && job.seconds > 0 ? (job.seconds * (1 - job.progress)) / job.progress : null;
}

// Columns for the chart: seconds, and between each two moments the lines and bytes a second.
export function chartOf(moments) {
  const columns = { at: [], lines: [], bytes: [], lag: [] };
  for (let i = 1; i < moments.length; ++i) {
    const before = moments[Math.max(0, i - 3)]; // smooth over what a commit a second makes ragged
    const seconds = (moments[i].at - before.at) / 1000;
    if (seconds <= 0) continue;
    columns.at.push(moments[i].at / 1000);
    columns.lines.push(Math.max(0, (moments[i].lines - before.lines) / seconds));
    columns.bytes.push(Math.max(0, (moments[i].bytes - before.bytes) / seconds));
    columns.lag.push(moments[i].lag);
  }
  return columns;
}
