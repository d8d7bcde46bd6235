import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, lacksOf, requestOf } from "../../src/page/draft.js";
import { actsOf, lookOf, sentenceOf } from "../../src/page/looks.js";
import { applyPatch } from "../../src/page/patch.js";
import { chartOf, momentOf, rateOf, secondsLeft, withMoment } from "../../src/page/rates.js";
import { jobHref, routeOf } from "../../src/page/router.js";
import * as tables from "../../src/page/tables.js";

const job = (changes) => ({
  id: "j", state: "running", phase: null, exit_code: 4, total_files: 4, processed_files: 1, total_lines: 100, success_count: 90,
  skipped_count: 6, error_count: 4, total_bytes: 1000, stored_bytes: 250, processed_bytes: 500, progress: 0.25, total_workers: 2,
  config: {}, shards: [], ...changes,
});

test("running jobs are on top, what waits for a person next, each newest first", () => {
  const jobs = ["completed", "running", "pending", "lost"].map((state) => job({ id: state, state }));
  assert.deepEqual(tables.groupJobs(jobs).map((group) => [group.title, group.jobs.map(({ id }) => id)]),
    [["Now", ["running", "lost"]], ["Planned", ["pending"]], ["Ended", ["completed"]]]);
});

test("a job that moved to the live page is not shown twice", () => {
  assert.deepEqual(tables.joinPages([{ id: "b", n: 2 }], [{ id: "b", n: 1 }, { id: "a" }]), [{ id: "b", n: 2 }, { id: "a" }]);
});

test("the balance says how many lines are missing", () => {
  assert.equal(tables.balanceOf(job()).holds, true);
  assert.equal(tables.balanceOf(job({ success_count: 89 })).missing, 1);
});

test("reasons of all shards are summed, most first", () => {
  const shard = (reasons) => ({ checkpoint: { counters: { errors_by_reason: reasons } } });
  assert.deepEqual(tables.reasonsOf([shard({ refused: 1 }), shard({ refused: 1, oversized: 9 }), { checkpoint: null }], "errors_by_reason"),
    [{ reason: "oversized", lines: 9 }, { reason: "refused", lines: 2 }]);
});

test("only rows in sight are drawn, and those around them", () => {
  assert.deepEqual(tables.windowOf(100_000, 20, 20_000, 400, 5), { first: 995, last: 1025, before: 19_900, after: 1_979_500 });
  assert.deepEqual(tables.windowOf(3, 20, 9000, 400, 5), { first: 3, last: 3, before: 8900, after: 0 });
  assert.deepEqual(tables.windowOf(0, 20, 0, 400), { first: 0, last: 0, before: 0, after: 0 });
});

test("a search finds lines that have all its words, in any case", () => {
  const lines = [{ worker: 0, text: "Commit done" }, { worker: 1, text: "commit failed" }];
  assert.deepEqual(tables.searchLines(lines, "COMMIT fail"), [lines[1]]);
  assert.equal(tables.searchLines(lines, "  "), lines);
});

test("a change touches what it names and shares the rest", () => {
  const before = { a: { b: [1, 2] }, "c/d": 1, same: {} };
  const after = applyPatch(before, [
    { op: "replace", path: "/a/b/0", value: 9 }, { op: "add", path: "/a/b/-", value: 3 }, { op: "remove", path: "/a/b/1" },
    { op: "add", path: "/c~1d", value: 2 },
  ]);
  assert.deepEqual(after, { a: { b: [9, 3] }, "c/d": 2, same: {} });
  assert.equal(after.same, before.same);
  assert.deepEqual(before.a.b, [1, 2]);
  assert.deepEqual(applyPatch(before, [{ op: "replace", path: "", value: 1 }]), 1);
  assert.throws(() => applyPatch(before, [{ op: "replace", path: "/none/x", value: 1 }]), /nothing is at/);
});

test("rates are over ten seconds, and not told from one moment", () => {
  const at = (seconds, lines) => ({ at: seconds * 1000, lines, bytes: lines * 10, stored: lines, lag: null });
  const moments = [at(0, 0), at(5, 1000), at(15, 2000)];
  assert.equal(rateOf(moments, 15_000), 100);
  assert.equal(rateOf([at(0, 5)], 15_000), null);
  assert.equal(rateOf([], 0), null);
  assert.equal(Math.round(secondsLeft(job({ stored_bytes: 500 }), moments, 15_000) * 100), 375);
  assert.equal(secondsLeft(job({ state: "paused" }), moments, 15_000), null);
});

test("what is left is told by the whole where nothing moved lately", () => {
  const still = [{ at: 0, stored: 250 }, { at: 9000, stored: 250 }];
  assert.equal(secondsLeft(job({ seconds: 100 }), still, 10_000), 300);
  assert.equal(secondsLeft(job({ seconds: 100, progress: 0 }), still, 10_000), null);
  assert.equal(secondsLeft(job({ seconds: null }), [], 10_000), null);
});

test("a rate sinks while nothing comes", () => {
  const moments = [{ at: 0, lines: 0 }, { at: 1000, lines: 1000 }];
  assert.ok(rateOf(moments, 5000) < rateOf(moments, 2000));
});

test("a job that was reset begins its chart anew", () => {
  const moments = withMoment([{ at: 0, lines: 10 }], { at: 1, lines: 3 });
  assert.equal(moments.length, 1);
  assert.deepEqual(chartOf(moments).at, []);
});

test("bytes are those of lines that were judged, of all shards", () => {
  const shard = (bytes) => ({ checkpoint: { counters: { bytes } } });
  assert.equal(momentOf(job({ shards: [shard(5), shard(7), { checkpoint: null }] }), 0).bytes, 12);
});

test("the lag is the largest that a worker has read", () => {
  const shards = [{ consumer_lag: null }, { consumer_lag: 61234 }, { consumer_lag: 0 }];
  assert.equal(momentOf(job({ shards }), 0).lag, 61234);
  assert.equal(momentOf(job(), 0).lag, null);
});

test("a state is a word, a mark and a mood, whatever the server says", () => {
  assert.equal(lookOf(job({ state: "completed", exit_code: 2 })).word, "With errors");
  assert.equal(lookOf(job({ phase: "waiting: FailedCreate: exceeded quota" })).mood, "warn");
  assert.equal(lookOf(job({ phase: "suspended; `reprocess resume` goes on" })).key, "suspended");
  assert.ok(lookOf(job({ state: "never heard of" })).mark);
});

test("the sentence says why a job waits", () => {
  assert.match(sentenceOf(job({ phase: "waiting: FailedCreate: exceeded quota" })), /^Waiting: FailedCreate: exceeded quota/);
  assert.match(sentenceOf(job({ shards: [{ state: "running", throttle: "rate of 5 a second" }] })), /held back: rate of 5 a second/);
  assert.match(sentenceOf(job({ state: "lost", last_sign_ms: 45_000 })), /No sign of life for 45 s/);
  assert.match(sentenceOf(job(), { lines: 1234.4, left: 240 }), /1 of 4 files done · 1,234 lines\/s · about 4 min left/);
  assert.equal(sentenceOf(job({ state: "failed", error: "claim: no topic" })), "claim: no topic");
});

test("only what makes sense is offered", () => {
  const names = (acts) => Object.keys(acts).filter((name) => acts[name]);
  assert.deepEqual(names(actsOf(job({ state: "pending" }), "here")), ["confirm", "cancel"]);
  assert.deepEqual(names(actsOf(job(), "here")), ["pause", "limits", "cancel"]);
  assert.deepEqual(names(actsOf(job(), "kubernetes")), ["pause", "suspend", "limits", "parallelism", "cancel"]);
  assert.deepEqual(names(actsOf(job({ state: "cancelled" }), "kubernetes")), []);
  const done = job({ state: "completed", progress: 1, config: { destination: { kind: "kafka" } } });
  assert.deepEqual(names(actsOf(done, "here")), ["retry", "verify"]);
});

test("an address is a screen, and the way back", () => {
  assert.deepEqual(routeOf("/jobs/a%2Fb%3C/errors?reason=blank"), { screen: "errors", id: "a/b<", query: { reason: "blank" } });
  assert.equal(jobHref("a/b<", "errors"), "/jobs/a%2Fb%3C/errors");
  assert.equal(routeOf("/jobs/%E0%A4%A").id, "%E0%A4%A");
  assert.equal(routeOf("/nowhere").screen, "missing");
});

test("a plan is asked for with what is filled in, and nothing else", () => {
  const draft = { ...EMPTY, paths: "s3://a/b c/\n /var/x ", stream_ids: "one, two", limit: "10", topic: "t" };
  assert.deepEqual(requestOf(draft), { paths: ["s3://a/b c/", "/var/x"], stream_ids: ["one", "two"], limit: 10, destination: { topic: "t" } });
  assert.deepEqual(requestOf({ ...draft, to: "files", out: "/tmp/o" }).destination, { out: "/tmp/o" });
  assert.equal(requestOf({ ...draft, to: "nowhere" }).dry_run, true);
  assert.deepEqual(requestOf({ ...draft, only_connections: "c1 c2" }).only_connections, ["c1", "c2"]);
});

test("what is lacking is said before it is asked for", () => {
  assert.equal(lacksOf(EMPTY, null), "Say where the files are.");
  assert.equal(lacksOf({ ...EMPTY, paths: "x" }, null), "Say which topic it goes to.");
  assert.equal(lacksOf({ ...EMPTY, paths: "x" }, { default_destination: { topic: "t" } }), null);
  assert.match(lacksOf({ ...EMPTY, paths: "x", topic: "t", connection_ids: "a", only_connections: "b" }, null), /not both/);
  assert.equal(lacksOf({ ...EMPTY, paths: "x", topic: "t", max_consumer_lag: "5" }, null), "Say whose consumer lag counts.");
});
