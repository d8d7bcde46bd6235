// How fast a job may go, and how many errors it may have.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Confirm } from "./confirm.js";
import * as api from "../api.js";
import { setCommand } from "../commands.js";
import { listOf } from "../tables.js";

export const NUMBERS = [
  ["max_messages_per_second", "Messages a second", "over all workers"],
  ["max_bytes_per_second", "Bytes a second", "of messages, over all workers"],
  ["max_consumer_lag", "Consumer lag", "hold while a group is further behind"],
];

export function LimitsDialog({ job, ...rest }) {
  const now = job.limits ?? {};
  const [given, setGiven] = useState(() => ({
    ...Object.fromEntries(NUMBERS.map(([key]) => [key, now[key] ? String(now[key]) : ""])),
    lag_groups: (now.lag_groups ?? []).join(", "),
    max_errors: now.max_errors ?? "",
  }));
  const change = (event) => setGiven({ ...given, [event.target.name]: event.target.value });
  const changes = changesOf(given, now);
  return html`<${Confirm} title=${html`Speed of <code>${job.id}</code>`} button="Set them" reason=${false}
      ready=${Object.keys(changes).length > 0} command=${Object.keys(changes).length > 0 && setCommand(job.id, changes)}
      act=${async () => {
        await api.setLimits(job.id, changes);
        return api.job(job.id);
      }} ...${rest}>
    <p>Its workers follow within two seconds. Empty is no limit.</p>
    <div class="fields">
      ${NUMBERS.map(([key, title, note]) => html`<label class="field" key=${key}><span>${title} <em>${note}</em></span>
        <input name=${key} inputmode="numeric" pattern="[0-9]*" value=${given[key]} onInput=${change} placeholder="no limit" /></label>`)}
      <label class="field"><span>Consumer groups <em>whose lag counts</em></span>
        <input name="lag_groups" value=${given.lag_groups} onInput=${change} autocomplete="off" /></label>
      <label class="field"><span>Most errors <em>of each worker: lines, or a share such as 5%</em></span>
        <input name="max_errors" value=${given.max_errors} onInput=${change} autocomplete="off" /></label>
    </div>
  </${Confirm}>`;
}

// What differs from now, as the call wants it.
export function changesOf(given, now) {
  const changes = {};
  for (const [key] of NUMBERS) {
    const value = Number(given[key] || 0);
    if (value !== (now[key] ?? 0)) changes[key] = value;
  }
  const groups = listOf(given.lag_groups);
  if (groups.join() !== (now.lag_groups ?? []).join()) changes.lag_groups = groups;
  const errors = given.max_errors.trim();
  if (errors && errors !== (now.max_errors ?? "")) changes.max_errors = errors;
  return changes;
}
