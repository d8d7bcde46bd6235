// What is filled in for a new replay, and the plan that is asked for with it. Pure.

import { listOf } from "./tables.js";

export const EMPTY = {
  paths: "", date_from: "", date_to: "", stream_ids: "", connection_ids: "", only_connections: "",
  kafka: "", topic: "", out: "", to: "kafka", workers: "", limit: "", start_file: "", start_line: "",
  max_messages_per_second: "", max_bytes_per_second: "", max_consumer_lag: "", lag_groups: "",
  max_errors: "", delivery: "", new_only: false, only_missing: false,
  outside: "", partly: "", foreign: "", since: "", shard_topics: false, job: "",
};

const LISTS = ["stream_ids", "connection_ids", "only_connections", "lag_groups"];
const TEXTS = ["date_from", "date_to", "start_file", "max_errors", "delivery", "job"];
const NUMBERS = ["workers", "limit", "start_line", "max_messages_per_second", "max_bytes_per_second", "max_consumer_lag"];

// A path may hold spaces and commas: one a line.
const pathsOf = (text) => text.split("\n").map((path) => path.trim()).filter(Boolean);

// The body of `POST /plans`: only what is filled in.
export function requestOf(draft) {
  const request = { paths: pathsOf(draft.paths) };
  for (const key of TEXTS) if (draft[key]?.trim()) request[key] = draft[key].trim();
  for (const key of LISTS) if (listOf(draft[key]).length > 0) request[key] = listOf(draft[key]);
  for (const key of NUMBERS) if (draft[key] !== "" && draft[key] !== undefined) request[key] = Number(draft[key]);
  if (draft.new_only) request.new_only = true;
  if (draft.only_missing) {
    request.only_missing = true;
    for (const key of ["outside", "partly", "foreign", "since", "shard_topics"]) if (draft[key]) request[key] = draft[key];
  }
  if (draft.to === "nowhere") request.dry_run = true;
  const destination = destinationOf(draft);
  if (destination) request.destination = destination;
  return request;
}

function destinationOf({ to, kafka, topic, out }) {
  if (to === "files") return out.trim() ? { out: out.trim() } : null;
  const given = {};
  if (kafka.trim()) given.kafka = kafka.trim();
  if (topic.trim()) given.topic = topic.trim();
  return Object.keys(given).length > 0 ? given : null;
}

// What must be filled in before there is a plan to ask for; null: nothing.
export function lacksOf(draft, about) {
  if (pathsOf(draft.paths).length === 0) return "Say where the files are.";
  if (draft.to === "files" && !draft.out.trim()) return "Say which folder the files go to.";
  if (draft.to === "kafka" && !about?.default_destination && !draft.topic.trim()) return "Say which topic it goes to.";
  if (listOf(draft.connection_ids).length > 0 && listOf(draft.only_connections).length > 0) {
    return "Give connections instead of a look-up, or those of a look-up that count: not both.";
  }
  if (draft.only_missing && draft.to !== "kafka") return "Only a topic tells what is missing: send to Kafka.";
  if (draft.max_consumer_lag && listOf(draft.lag_groups).length === 0) return "Say whose consumer lag counts.";
  return null;
}
