// How a job's state looks, and the one sentence that says what happens now and why. Pure.
//
// A state is told three times: by a word, by the shape of its mark and by its colour (the mood).

import { about, count, duration, plural, short } from "./formats.js";

const LOOKS = {
  pending: { word: "Planned", mood: "calm", mark: "planned" },
  running: { word: "Running", mood: "go", mark: "running" },
  waiting: { word: "Waiting", mood: "warn", mark: "waiting" },
  paused: { word: "Paused", mood: "warn", mark: "paused" },
  suspended: { word: "Suspended", mood: "warn", mark: "paused" },
  stopped: { word: "Stopped", mood: "warn", mark: "stopped" },
  cancelling: { word: "Cancelling", mood: "warn", mark: "waiting" },
  lost: { word: "Lost", mood: "bad", mark: "lost" },
  completed: { word: "Completed", mood: "good", mark: "done" },
  with_errors: { word: "With errors", mood: "warn", mark: "attention" },
  limit: { word: "Limit reached", mood: "good", mark: "done" },
  failed: { word: "Failed", mood: "bad", mark: "failed" },
  cancelled: { word: "Cancelled", mood: "calm", mark: "cancelled" },
};

// {word, mood: calm|go|warn|bad|good, mark, key}
export function lookOf(job) {
  const key = keyOf(job);
  return { key, ...LOOKS[key] };
}

function keyOf(job) {
  const phase = job.phase ?? "";
  if (job.state === "completed") {
    if (job.limit_reached) return "limit";
    return job.exit_code === 0 ? "completed" : "with_errors";
  }
  if (phase.startsWith("cancelling")) return "cancelling";
  if (!isEnded(job) && phase.startsWith("suspended")) return "suspended";
  if (!isEnded(job) && /^(waiting|queued|node lost|one pod first|verdict waits)/.test(phase)) return "waiting";
  return LOOKS[job.state] ? job.state : "pending";
}

export function isEnded(job) {
  return ["completed", "failed", "cancelled"].includes(job.state);
}

// What is going on at all, and stands on top of the list.
export function isOpen(job) {
  return ["running", "paused", "lost", "stopped"].includes(job.state);
}

// What may be asked of a job as it stands: which buttons make sense.
export function actsOf(job, launcher) {
  const suspended = (job.phase ?? "").startsWith("suspended");
  const open = !isEnded(job) && job.state !== "pending";
  return {
    confirm: job.state === "pending",
    pause: job.state === "running" && !job.paused,
    suspend: open && launcher === "kubernetes" && !suspended,
    resume: job.paused || suspended || ["stopped", "lost", "paused"].includes(job.state) ||
      (job.state === "failed" && job.progress < 1),
    limits: open,
    parallelism: open && launcher === "kubernetes",
    cancel: !isEnded(job),
    retry: job.state === "completed" || job.state === "failed",
    verify: job.state === "completed" && !job.dry_run && job.config?.destination?.kind === "kafka",
  };
}

// One line of what happens now, and why it waits. `pace` is {lines, left}: lines a second and seconds.
export function sentenceOf(job, pace = {}) {
  switch (keyOf(job)) {
    case "pending":
      return `Planned: ${plural(job.total_files, "file")}. Nothing is sent until somebody confirms it.`;
    case "running":
      return runningSentence(job, pace);
    case "paused":
      return "Paused: what was open is committed, and its workers wait. Resume goes on.";
    case "stopped":
      return "Stopped in order, with work left. Resume goes on where it stopped; no line is sent twice.";
    case "lost":
      return `No sign of life for ${duration((job.last_sign_ms ?? 0) / 1000)}: its worker was killed, or is ` +
        "cut off. Resume fences it off and goes on from the checkpoint.";
    case "completed":
      return `${job.dry_run ? "A dry run: would have sent" : "Sent"} ${plural(job.success_count, "line")}, ` +
        `each once; ${count(job.skipped_count)} skipped, none failed.`;
    case "with_errors":
      return withErrors(job);
    case "limit":
      return `Its limit is reached: ${plural(job.success_count, "line")} sent.`;
    case "failed":
      return job.error || "It ended with an error.";
    case "cancelled":
      return `Given up. The ${plural(job.success_count, "line")} that it sent stay sent.`;
    default:
      return capital(job.phase);
  }
}

function runningSentence(job, pace) {
  const held = (job.shards ?? []).find((shard) => shard.state === "running" && shard.throttle);
  if (held) return `Running, held back: ${held.throttle}.`;
  if (job.phase) return capital(job.phase);
  if (job.total_lines === 0) return "Starting: claims its shards and opens its first files.";
  const parts = [`${count(job.processed_files)} of ${plural(job.total_files, "file")} done`];
  if (pace.lines) parts.push(`${short(Math.round(pace.lines))} lines/s`);
  if (pace.left) parts.push(`${about(pace.left)} left`);
  return `${parts.join(" · ")}.`;
}

function withErrors(job) {
  const files = job.files ? job.files.failed + job.files.not_read : 0;
  const left = [
    job.error_count > 0 && `${plural(job.error_count, "line")} could not be sent`,
    files > 0 && `${plural(files, "file")} could not be read to the end`,
  ].filter(Boolean);
  return `${capital(left.join(" and ")) || "It is done, but not all went well"}. ` +
    "They are in the books; retry them when the reason is gone.";
}

function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}

// What a shard does, in a few words.
export function shardSentence(shard) {
  if (shard.error) return shard.error;
  if (shard.state === "running" && shard.throttle) return `held back: ${shard.throttle}`;
  if (shard.state === "completed") return `all ${plural(shard.assigned_files, "file")} done`;
  if (!shard.current_file) return shard.state === "pending" ? "not started" : shard.state;
  return null; // its place says it
}

// Why a line was not sent, for somebody who sees the word for the first time, and what helps.
export const REASONS = {
  blank: ["Blank lines", "Nothing but white space."],
  stream: ["Other streams", "Of streams that this job was not asked for."],
  date: ["Other dates", "Created outside of the dates that this job was asked for."],
  connection: ["Other connections", "No connection of their stream is one that this job was asked for."],
  invalid_json: ["Invalid JSON", "Cut off or mangled when it was written. A repaired file can be retried."],
  not_object: ["No JSON object", "Valid JSON, but not the object that an event is."],
  oversized: ["Too long", "Longer than MAX_LINE_BYTES allows."],
  unknown_stream: ["Unknown stream", "The repository has no such stream. Add it there, then retry."],
  no_destination: ["No destination", "The stream has no destination that counts. Add one, then retry."],
  no_repository: ["No repository", "Its connections must be looked up, and no repository is configured."],
  too_large: ["Too large for Kafka", "Raise max.message.bytes of the topic, then retry."],
  refused: ["Refused by Kafka", "The broker refuses this record for another reason."],
  unreadable: ["Unreadable files", "Reading a file stopped here. Restore the file, then retry it."],
  sent: ["Would be sent", ""],
};

export function reasonTitle(reason) {
  return REASONS[reason]?.[0] ?? reason;
}

// What a verdict of verify says, as [mood, mark, sentence].
export function verdictLook(verdict) {
  if (verdict.verdict === "all_there") {
    const what = verdict.counts_only ? "As many records as lines were sent" : "Every sent line is there, each once";
    return ["good", "done", `${what}: ${count(verdict.sent)}.`];
  }
  if (verdict.verdict === "wrong") {
    return ["bad", "failed", `Not all there: ${count(verdict.missing)} missing, ${count(verdict.doubled)} doubled, ` +
      `${count(verdict.altered)} altered, of ${count(verdict.sent)}.`];
  }
  return ["warn", "lost", "It could not be verified."];
}
