import assert from "node:assert/strict";
import { test } from "node:test";
import * as formats from "../../src/page/formats.js";

const NOW = Date.parse("2026-05-01T12:00:00Z");

test("what is not known is a dash, and no zero", () => {
  for (const format of [formats.count, formats.short, formats.bytes, formats.duration, formats.about]) {
    assert.equal(format(null), "–");
  }
  assert.equal(formats.relative(null, NOW), "–");
  assert.equal(formats.absolute("soon", true), "–");
});

test("numbers are short only where they are long", () => {
  assert.equal(formats.count(1234567), "1,234,567");
  assert.deepEqual([9999, 10_000, 12_345, 999_499, 999_500, 1_234_567].map(formats.short),
    ["9,999", "10.0 k", "12.3 k", "999 k", "1.00 M", "1.23 M"]);
});

test("bytes are as the commands show them", () => {
  assert.deepEqual([0, 999, 1500, 87_000_000, 999_949, 999_950].map(formats.bytes),
    ["0 B", "999 B", "1.5 kB", "87.0 MB", "999.9 kB", "1.0 MB"]);
});

test("a duration has the two units that matter", () => {
  assert.deepEqual([0.42, 9.95, 59.4, 245, 7380, 180_000].map(formats.duration),
    ["0.4 s", "10 s", "59 s", "4 min 05 s", "2 h 03 min", "2 d 2 h"]);
});

test("what is left is told as roughly as it is known", () => {
  assert.deepEqual([3, 44, 250, 7300, 200_000].map(formats.about),
    ["a few seconds", "about 40 s", "about 4 min", "about 2.0 h", "about 2 days"]);
});

test("100 % is all of it", () => {
  assert.deepEqual([0, 0.9999, 1, 2, undefined].map(formats.percent), ["0 %", "99 %", "100 %", "100 %", "0 %"]);
});

test("relative times count whole units, both ways", () => {
  const told = ["2026-05-01T11:59:59Z", "2026-05-01T11:59:48Z", "2026-05-01T11:01:00Z", "2026-04-30T12:00:00Z", "2026-05-01T12:05:00Z"];
  assert.deepEqual(told.map((time) => formats.relative(time, NOW)), ["just now", "12 s ago", "59 min ago", "1 day ago", "in 5 min"]);
});

test("an absolute time names its zone", () => {
  assert.equal(formats.absolute("2026-05-01T14:22:33.5Z", true), "2026-05-01 14:22:33 UTC");
  assert.match(formats.absolute("2026-05-01T14:22:33Z", false), /^2026-05-0[12] \d\d:\d\d:33 [+-]\d\d:\d\d$/);
  assert.equal(formats.clock("2026-05-01T14:22:33Z", true), "14:22:33");
});

test("of a long path the end is kept", () => {
  assert.equal(formats.tail("s3://bucket/a/b.ndjson", 10), "…/b.ndjson");
  assert.equal(formats.tail("short", 10), "short");
});
