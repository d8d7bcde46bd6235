// New replay: where the files are, which of their messages, to where, how fast. It only plans.

import { useLayoutEffect, useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { Command } from "../parts/command.js";
import { ProblemBox } from "../parts/problem.js";
import { NUMBERS } from "../parts/limits.js";
import { EMPTY, lacksOf, requestOf } from "../draft.js";
import * as api from "../api.js";
import { planCommand } from "../commands.js";
import { go, planHref } from "../router.js";
import { kept, useStore } from "../store.js";

// What was filled in survives a reload and the way back from the plan.
const saved = () => ({ ...EMPTY, ...kept.get("draft") });

export function NewReplay() {
  const about = useStore((state) => state.about);
  const [draft, setDraft] = useState(saved);
  const [sent, setSent] = useState({ busy: false, problem: null, key: api.newKey() });
  useLayoutEffect(() => kept.set("draft", draft), [draft]); // at once: the page may be left before it is drawn
  const change = ({ target }) =>
    setDraft({ ...draft, [target.name]: target.type === "checkbox" ? target.checked : target.value });
  const lacks = lacksOf(draft, about);
  const request = requestOf(draft);

  const onSubmit = async (event) => {
    event.preventDefault();
    setSent({ ...sent, busy: true, problem: null });
    try {
      const made = await api.makePlan(request, sent.key);
      kept.set("asked", { id: made.id, request }); // which the plan may have a question about
      go(planHref(made.id));
    } catch (problem) {
      setSent({ busy: false, problem, key: api.newKey() });
    }
  };
  const text = (name, title, note, more = {}) => html`<label class="field"><span>${title} <em>${note}</em></span>
    <input name=${name} value=${draft[name]} onInput=${change} autocomplete="off" ...${more} /></label>`;
  const number = (name, title, note) => text(name, title, note, { inputmode: "numeric", pattern: "[0-9]*" });

  const choice = (name, title, note, usual) => html`<label class="field"><span>${title} <em>${note}</em></span>
    <select name=${name} value=${draft[name]} onChange=${change}><option value="">${usual}</option><option>send</option>
      <option>skip</option></select></label>`;

  return html`<div class="page-head"><h1>New replay</h1></div>
    <p class="lead">First a plan: what would be sent, to where, and what would not. Nothing is sent until you confirm it.</p>
    <form class="form" onSubmit=${onSubmit}>
      <fieldset><legend>What</legend>
        <label class="field"><span>Files <em>folders, buckets or single files, one a line</em></span>
          <textarea name="paths" rows="3" required spellcheck="false" autocomplete="off" value=${draft.paths} onInput=${change}
            placeholder="s3://failover/prod/" /></label>
        <div class="fields">
          ${text("date_from", "From", "a day, or a time; UTC", { placeholder: "2026-05-01" })}
          ${text("date_to", "To", "a day counts in full", { placeholder: "2026-05-02" })}
          ${text("stream_ids", "Streams", "ids or slugs; empty: all")}
          ${text("connection_ids", "Connections", "instead of a look-up")}
          ${text("only_connections", "Only connections", "of those looked up; empty: all")}
        </div>
        <label class="tick"><input type="checkbox" name="new_only" checked=${draft.new_only} onChange=${change} />
          of files that an earlier job has replayed, only what is new</label>
        <label class="tick"><input type="checkbox" name="only_missing" checked=${draft.only_missing} onChange=${change} />
          only lines that the topic lacks: each is held against its records</label>
        ${draft.only_missing && html`<div class="fields">
          ${choice("outside", "Lines older than what the topic holds", "nobody knows whether they were there", "say so when there are some")}
          ${choice("partly", "Lines that went to some of their connections", "they would go to all of them again", "send")}
          ${choice("foreign", "Lines without an origin", "another service's, which writes into the same log", "leave out")}
          ${text("since", "Only records from", "a time; older lines are outside then", { placeholder: "2026-05-01T00:00:00Z" })}
          <label class="tick"><input type="checkbox" name="shard_topics" checked=${draft.shard_topics} onChange=${change} />
            also topics that are named after it, with -shardN</label>
        </div>`}
      </fieldset>
      <fieldset><legend>Where to</legend>
        <div class="choices" role="radiogroup" aria-label="Where to">
          ${[["kafka", "Kafka"], ["files", "Files"], ["nowhere", "Nowhere: a dry run"]].map(([value, word]) => html`<label key=${value}>
            <input type="radio" name="to" value=${value} checked=${draft.to === value} onChange=${change} /><span>${word}</span></label>`)}
        </div>
        ${draft.to === "files" ? text("out", "Folder", "on the server; DIR/JOB/SHARD.ndjson")
          : html`<div class="fields">
            ${text("topic", "Topic", defaultOf(about, "topic"))}
            ${text("kafka", "Brokers", defaultOf(about, "kafka"))}</div>`}
      </fieldset>
      <details class="more-fields" open=${hasMore(draft)}><summary>Speed, limits, name</summary>
        <div class="fields">
          ${NUMBERS.map(([key, title, note]) => html`<${Keyed} key=${key}>${number(key, title, note)}</${Keyed}>`)}
          ${text("lag_groups", "Consumer groups", "whose lag counts")}
          ${number("workers", "Workers", `at most ${about?.most_workers ?? 100}; empty: as this server has it`)}
          ${number("limit", "Messages at most", "over all workers")}
          ${text("max_errors", "Most errors", "of each worker: lines, or 5%", { placeholder: "50%" })}
          ${text("start_file", "Begin at file", "in sorted order")}
          ${number("start_line", "… and its line", "counted from 1")}
          <label class="field"><span>Delivery</span><select name="delivery" value=${draft.delivery} onChange=${change}>
            <option value="">auto</option><option>exactly_once</option><option>at_least_once</option></select></label>
          ${text("job", "Name of the job", "empty: one is made", { maxlength: 64 })}
        </div>
      </details>
      <${ProblemBox} problem=${sent.problem} />
      <div class="form-end">
        <button type="submit" class="button button-main button-large" disabled=${sent.busy || lacks !== null}>${sent.busy ? "Planning …" : "Show the plan"}</button>
        <span class="quiet" role="status">${lacks ?? "Reads names and a few lines; sends nothing."}</span>
      </div>
      <${Command} line=${planCommand(request)} />
    </form>`;
}

const Keyed = ({ children }) => children;

const defaultOf = (about, key) =>
  about?.default_destination?.[key] ? `empty: ${about.default_destination[key]}` : "of Kafka";

const hasMore = (draft) => Object.entries(draft).some(([key, value]) =>
  ["workers", "limit", "max_errors", "start_file", "start_line", "delivery", "job", "lag_groups", ...NUMBERS.map(([name]) => name)].includes(key) && value !== "");
