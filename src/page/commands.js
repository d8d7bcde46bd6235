// The command line of each act: what a person would type for what a button does. Pure.

// As one word of a POSIX shell.
export function quote(word) {
  const text = String(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function line(...words) {
  return ["reprocess", ...words].filter((word) => word !== null && word !== undefined && word !== false)
    .map(quote).join(" ");
}

const option = (name, value) => (value || value === 0 ? [name, value] : []);
const options = (name, values) => (values ?? []).flatMap((value) => [name, value]);

// Of what `POST /plans` is sent.
export function planCommand(request) {
  const { destination = {} } = request;
  return line("plan", ...(request.paths ?? []),
    ...option("--from", request.date_from), ...option("--to", request.date_to),
    ...options("--stream", request.stream_ids), ...options("--connection", request.connection_ids),
    ...options("--only-connection", request.only_connections),
    ...option("--limit", request.limit), ...option("--start-file", request.start_file),
    ...option("--start-line", request.start_line),
    ...option("--kafka", destination.kafka), ...option("--topic", destination.topic),
    ...option("--out", destination.out), request.dry_run && "--dry-run",
    ...option("--job", request.job), ...option("--workers", request.workers),
    ...option("--delivery", request.delivery), ...option("--max-errors", request.max_errors),
    ...option("--max-messages-per-second", request.max_messages_per_second),
    ...option("--max-bytes-per-second", request.max_bytes_per_second),
    ...option("--max-consumer-lag", request.max_consumer_lag),
    ...options("--lag-group", request.lag_groups), request.new_only && "--new-only",
    request.only_missing && "--only-missing", ...option("--outside", request.outside),
    ...option("--partly", request.partly), ...option("--foreign", request.foreign), ...option("--since", request.since),
    request.shard_topics && "--shard-topics");
}

// Starts a stored plan, where this server would start it.
export function startCommand({ job, plan_hash, reason, again, parallelism }, launcher) {
  if (launcher !== "kubernetes") return line("run", "--job", job, "--yes", again && "--again");
  return line("submit", "--job", job, "--yes", "--plan-hash", plan_hash, ...option("--reason", reason),
    ...option("--parallelism", parallelism), again && "--again");
}

export const pauseCommand = (job) => line("pause", job);
export const suspendCommand = (job) => line("pause", job, "--suspend");
export const cancelCommand = (job) => line("cancel", job, "--yes");
export const scaleCommand = (job, pods) => line("scale", job, pods);
export const verifyCommand = (job) => line("verify", job);
export const watchCommand = (job) => line("watch", job);
export const reportCommand = (job) => line("report", job, "--html", `${job}.html`);

// Where workers have ended a job here is run again; on Kubernetes `resume` makes its pods again.
export function resumeCommand(job, launcher) {
  const ended = ["stopped", "lost", "failed"].includes(job.state);
  return ended && launcher !== "kubernetes" ? line("run", "--job", job.id, "--yes") : line("resume", job.id);
}

export function setCommand(job, limits) {
  const words = Object.entries(limits).filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join(",") : value}`);
  return line("set", job, ...words);
}

export function retryCommand(job, { lines, files, reason, again, job: name }, launcher) {
  return line("retry", job, lines && !files && "--failed-lines", files && !lines && "--failed-files",
    ...option("--reason", reason), again && "--again", ...option("--job", name),
    launcher === "kubernetes" && "--kubernetes");
}

export function errorsCommand(job, reason) {
  return line("errors", job, ...option("--reason", reason));
}

export function logsCommand(job, { worker, follow } = {}) {
  return line("logs", job, ...option("--worker", worker), follow && "--follow");
}
