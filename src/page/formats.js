// Numbers, sizes and times as people read them. Pure; tested by tests/page/formats.test.mjs.

export const NONE = "–";

// 1234567 → "1,234,567"; what is not known is a dash. A browser takes 60 ms to load its own formats.
export function count(n) {
  return n === null || n === undefined ? NONE : String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

// 1,234 → "1,234", 12,345 → "12.3 k", 1,234,567 → "1.23 M": for places where width is short.
export function short(n) {
  if (n === null || n === undefined) return NONE;
  if (n < 10_000) return count(n);
  const units = ["k", "M", "G", "T"];
  let unit = -1;
  while (n >= 999.5 && unit + 1 < units.length) {
    n /= 1000;
    ++unit;
  }
  return `${n.toPrecision(3)} ${units[unit]}`;
}

// Powers of 1,000, as the commands show them: "999 B", "1.5 kB", "87.0 MB".
export function bytes(n) {
  if (n === null || n === undefined) return NONE;
  if (n < 1000) return `${Math.round(n)} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let unit = -1;
  while (n >= 999.95 && unit + 1 < units.length) {
    n /= 1000;
    ++unit;
  }
  return `${n.toFixed(1)} ${units[unit]}`;
}

// 0.4 → "0.4 s", 245 → "4 min 05 s", 7380 → "2 h 03 min", 180000 → "2 d 2 h".
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

// How long is left, as roughly as it is known: "about 4 min".
export function about(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 10) return "a few seconds";
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `about ${(seconds / 3600).toFixed(1)} h`;
  return `about ${Math.round(seconds / 86_400)} days`;
}

// Rounded down, because 100 % is all of it.
export function percent(fraction) {
  return `${Math.floor(Math.min(1, Math.max(0, fraction || 0)) * 100)} %`;
}

export function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

// "just now", "12 s ago", "3 min ago", "2 h ago", "5 days ago"; "in 5 min" for what is to come.
export function relative(time, now) {
  const seconds = (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) return NONE;
  const words = (s) => {
    if (s < 60) return `${Math.floor(s)} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 86_400) return `${Math.floor(s / 3600)} h`;
    return plural(Math.floor(s / 86_400), "day");
  };
  if (Math.abs(seconds) < 2) return "just now";
  return seconds > 0 ? `${words(seconds)} ago` : `in ${words(-seconds)}`;
}

// "2026-05-01 14:22:33 UTC", or the same moment where the browser is: "2026-05-01 16:22:33 +02:00".
export function absolute(time, utc) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return NONE;
  const ahead = utc ? 0 : -at.getTimezoneOffset();
  const text = new Date(at.getTime() + ahead * 60_000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} ${utc ? "UTC" : zone(ahead)}`;
}

// "14:22:33", for rows that stand beside others of the same day.
export function clock(time, utc) {
  return absolute(time, utc).slice(11, 19) || NONE;
}

function zone(ahead) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const size = Math.abs(ahead);
  return `${ahead < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

// The end of a path tells more than its beginning.
export function tail(path, most = 60) {
  return path.length <= most ? path : `…${path.slice(path.length - most + 1)}`;
}
