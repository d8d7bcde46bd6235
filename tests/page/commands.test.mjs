import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import * as commands from "../../src/page/commands.js";

const job = (changes) => ({ id: "may-1", state: "running", ...changes });

test("whatever is in a word, a shell reads it as one", () => {
  assert.equal(commands.cancelCommand("a b;rm -rf $HOME"), "reprocess cancel 'a b;rm -rf $HOME' --yes");
  assert.equal(commands.quote("it's"), "'it'\\''s'");
  assert.equal(commands.quote(""), "''");
});

test("a plan's command has each thing that was filled in", () => {
  assert.equal(
    commands.planCommand({
      paths: ["s3://b/x"], date_from: "2026-05-01", stream_ids: ["one", "two"], only_connections: ["c1", "c2"], limit: 10, max_consumer_lag: 5, lag_groups: ["g"],
      destination: { topic: "t" }, new_only: true, dry_run: true,
    }),
    "reprocess plan s3://b/x --from 2026-05-01 --stream one --stream two --only-connection c1 --only-connection c2 --limit 10 --topic t --dry-run --max-consumer-lag 5 --lag-group g --new-only",
  );
});

test("a plan is started where this server would start it", () => {
  const start = { job: "may-1", plan_hash: "abc", reason: "outage of 1 May", again: true };
  assert.equal(commands.startCommand(start, "here"), "reprocess run --job may-1 --yes --again");
  assert.equal(commands.startCommand(start, "kubernetes"),
    "reprocess submit --job may-1 --yes --plan-hash abc --reason 'outage of 1 May' --again");
});

test("where workers have ended, resuming here is running again", () => {
  assert.equal(commands.resumeCommand(job({ state: "paused" }), "here"), "reprocess resume may-1");
  assert.equal(commands.resumeCommand(job({ state: "stopped" }), "here"), "reprocess run --job may-1 --yes");
  assert.equal(commands.resumeCommand(job({ state: "stopped" }), "kubernetes"), "reprocess resume may-1");
});

test("limits and retries say only what was chosen", () => {
  assert.equal(commands.setCommand("j", { max_messages_per_second: 0, lag_groups: ["a", "b"], max_errors: "5%" }),
    "reprocess set j max_messages_per_second=0 lag_groups=a,b max_errors=5%");
  assert.equal(commands.retryCommand("j", { lines: true, files: false, reason: "refused" }, "kubernetes"),
    "reprocess retry j --failed-lines --reason refused --kubernetes");
  assert.equal(commands.retryCommand("j", { lines: true, files: true }, "here"), "reprocess retry j");
});

// The programs' own help, which their tests hold them to.
test("every option of a command here is one that the command has", () => {
  const lines = [
    commands.planCommand({
      paths: ["p"], date_from: "1", date_to: "1", stream_ids: ["1"], connection_ids: ["1"], only_connections: ["1"], limit: 1, start_file: "f", start_line: 1,
      destination: { kafka: "k", topic: "t", out: "o" }, dry_run: true, job: "j", workers: 1, delivery: "auto", max_errors: "1",
      max_messages_per_second: 1, max_bytes_per_second: 1, max_consumer_lag: 1, lag_groups: ["g"], new_only: true,
      only_missing: true, outside: "send", partly: "skip", foreign: "send", since: "1", shard_topics: true,
    }),
    commands.startCommand({ job: "j", plan_hash: "h", reason: "r", again: true, parallelism: 2 }, "kubernetes"),
    commands.startCommand({ job: "j", again: true }, "here"),
    commands.pauseCommand("j"), commands.suspendCommand("j"), commands.cancelCommand("j"), commands.scaleCommand("j", 2),
    commands.verifyCommand("j"), commands.watchCommand("j"), commands.reportCommand("j"),
    commands.resumeCommand(job({ state: "lost" }), "here"), commands.resumeCommand(job(), "kubernetes"),
    commands.setCommand("j", { max_errors: "1" }), commands.errorsCommand("j", "r"), commands.logsCommand("j", { worker: 1, follow: true }),
    commands.retryCommand("j", { lines: true, files: false, reason: "r", again: true, job: "k" }, "kubernetes"),
    commands.retryCommand("j", { lines: false, files: true }, "here"),
  ];
  for (const line of lines) {
    const [, command, ...words] = line.split(" ");
    const help = readFileSync(new URL(`../golden/help_${command}.txt`, import.meta.url), "utf8");
    for (const option of words.filter((word) => word.startsWith("--"))) {
      assert.match(help, new RegExp(`^ +${option}\\b`, "m"), `${command} has no ${option}`);
    }
  }
});
