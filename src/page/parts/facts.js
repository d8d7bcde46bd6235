// What a job is: where it sends, of what, since when, under which limits.

import { html } from "./html.js";
import { Ago } from "./time.js";
import { bytes, count, plural } from "../formats.js";

export function Facts({ job }) {
  const facts = [
    ["to", job.destination ?? "its workers' topic"],
    ["of", `${plural(job.total_files, "file")}, ${bytes(job.total_bytes)}`],
    ["workers", count(job.total_workers)],
    ["planned", html`<${Ago} at=${job.created_at} />`],
    ["started", html`<${Ago} at=${job.started_at} />`],
    ["ended", job.completed_at && html`<${Ago} at=${job.completed_at} />`],
    ["limits", limitsOf(job.limits)],
    ["only", onlyOf(job.config)],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function limitsOf(limits) {
  if (!limits) return null;
  const parts = [
    limits.max_messages_per_second > 0 && `${count(limits.max_messages_per_second)} messages/s`,
    limits.max_bytes_per_second > 0 && `${bytes(limits.max_bytes_per_second)}/s`,
    limits.max_consumer_lag > 0 && `lag ${count(limits.max_consumer_lag)} of ${limits.lag_groups.join(", ")}`,
    limits.max_errors && `${limits.max_errors} errors a worker`,
  ].filter(Boolean);
  return parts.join(" · ") || "none";
}

function onlyOf(config) {
  if (!config || typeof config !== "object") return null;
  const parts = [
    config.date_from && `from ${config.date_from}`,
    config.date_to && `to ${config.date_to}`,
    config.stream_ids?.length > 0 && `streams ${config.stream_ids.join(", ")}`,
    config.connection_ids?.length > 0 && `connections ${config.connection_ids.join(", ")}`,
    config.only_connections?.length > 0 && `of their connections ${config.only_connections.join(", ")}`,
    config.limit > 0 && `${count(config.limit)} lines at most`,
  ].filter(Boolean);
  return parts.join(", ") || null;
}
