// A plan: what would be sent, and what not; and the one place where a replay is started.

import { useEffect, useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { Shares } from "../parts/bar.js";
import { Mark } from "../parts/mark.js";
import { Loading, ProblemBox, Warnings } from "../parts/problem.js";
import { Samples } from "../parts/samples.js";
import { Confirmation } from "../parts/confirmation.js";
import { about as roughly, absolute, bytes, count, plural } from "../formats.js";
import { sharesOf } from "../tables.js";
import * as api from "../api.js";
import { useAsked } from "../live.js";
import { go, jobHref, planHref } from "../router.js";
import { kept, useStore } from "../store.js";

const AGAIN_MS = 700;

export function Plan({ id }) {
  const asked = useAsked(`plan ${id}`, () => api.plan(id));
  const state = asked.document;
  const waits = state && (state.state === "planning" || (state.state === "ready" && state.checking));
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setTimeout(asked.again, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  useEffect(() => {
    if (state?.state === "started") go(jobHref(id), { replace: true });
  }, [state]);
  return html`<div class="page-head"><p class="crumb"><a href="/new">New replay</a> <span aria-hidden="true">/</span></p>
      <h1>Plan <code>${id}</code></h1></div>
    <${ProblemBox} problem=${asked.problem ?? (state?.state === "refused" ? asProblem(state.error) : null)}>
      ${state?.only_missing?.undecided && html`<${Decide} key=${id} id=${id} lines=${state.only_missing.outside} planned=${asked.again} />`}
      <p><a class="button" href="/new">Change it</a></p></${ProblemBox}>
    ${state?.state === "refused" && state.only_missing && html`<${Lacking} missing=${state.only_missing} />`}
    ${(asked.busy && !state) && html`<${Loading} />`}
    ${state?.state === "planning" && html`<div class="planning" role="status"><${Mark} shape="waiting" />
      <p><strong>Looking.</strong> ${state.waits_for ? `Waits for ${state.waits_for}.` : "A million files take half a minute."}</p></div>`}
    ${state?.plan && state.state !== "started" && html`<${Seen} plan=${state.plan} sample=${state.sample} checking=${state.checking} warnings=${state.warnings ?? []} />`}`;
}

const asProblem = (error) => error && { message: error.error ?? error.what, where: error.where, hint: error.hint };

function Seen({ plan, sample, checking, warnings }) {
  const told = [...new Set([...(plan.warnings ?? []), ...warnings, ...(sample?.warnings ?? [])])];
  return html`<div class="plan">
    <div class="column">
      <${Headline} plan=${plan} sample=${sample} />
      <${Warnings} warnings=${told} />
      ${plan.checked?.replayed && html`<p class="overlap mood-warn"><${Mark} shape="attention" /><span>${plan.checked.replayed}</span></p>`}
      ${plan.only_missing && html`<${Lacking} missing=${plan.only_missing} />`}
      ${sample && html`<${Estimate} sample=${sample} />`}
      ${!sample && checking && html`<${Loading} what="Looking into a few of the files" />`}
      <${Days} plan=${plan} sample=${sample} />
      ${sample?.samples.length > 0 && html`<section class="panel"><h2>Lines, as they would be judged</h2><${Samples} samples=${sample.samples} /></section>`}
      <${Left} ignored=${plan.ignored ?? []} />
    </div>
    <aside class="plan-side"><${Confirmation} plan=${plan} /></aside>
  </div>`;
}

// Estimates look like estimates: ≈, and said so.
function Headline({ plan, sample }) {
  const lines = !sample ? html`<span class="quiet">…</span>` : html`${!sample.whole && html`<span aria-hidden="true">≈</span>`}${count(sample.lines)}`;
  const figure = (value, name, estimate) => html`<div class=${estimate ? "estimate" : ""}><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section class="plan-head" aria-label="How much">
    <dl class="figures">
      ${figure(count(plan.files), plan.files === 1 ? "file" : "files")}
      ${figure(bytes(plan.stored_bytes), "stored")}
      ${figure(lines, sample && !sample.whole ? "lines, estimated" : "lines", sample && !sample.whole)}
      ${figure(count(plan.total_workers), plan.total_workers === 1 ? "worker" : "workers")}
      ${plan.expected_seconds !== null && figure(roughly(plan.expected_seconds), "as fast as the last one", true)}
    </dl>
    <p class="plan-to">to <strong>${plan.destination}</strong></p>
    ${plan.checked?.filters && html`<p class="quiet">Filters: ${plan.checked.filters}.</p>`}
  </section>`;
}

// What becomes of lines that the topic cannot tell of: asked of whoever made the plan here.
function Decide({ id, lines, planned }) {
  const [sent, setSent] = useState({ busy: false, problem: null });
  const asked = kept.get("asked");
  if (asked?.id !== id) return html`<p>Plan it again, and say what becomes of them.</p>`;
  const choose = async (outside) => {
    setSent({ busy: true, problem: null });
    try {
      const request = { ...asked.request, outside };
      const made = await api.makePlan(request, api.newKey());
      kept.set("asked", { id: made.id, request });
      kept.set("draft", { ...kept.get("draft"), outside });
      go(planHref(made.id), { replace: true });
      planned();
    } catch (problem) {
      setSent({ busy: false, problem });
    }
  };
  return html`<div class="acts" role="group" aria-label=${`What becomes of ${plural(lines, "line")}`}>
      <button type="button" class="button" disabled=${sent.busy} onClick=${() => choose("send")}>Send them</button>
      <button type="button" class="button" disabled=${sent.busy} onClick=${() => choose("skip")}>Leave them out</button>
    </div><${ProblemBox} problem=${sent.problem} />`;
}

// Held against the topic: every line is in one of these.
function Lacking({ missing }) {
  const utc = useStore((state) => state.utc);
  const sent = (is) => (is ? "sent" : "not sent");
  const rows = [
    ["missing", missing.missing, "not in the topic: sent"],
    ["there", missing.there, "in the topic: not sent"],
    ["partly", missing.partly, `there for some of their connections: ${sent(missing.sends_partly)}`],
    ["outside", missing.outside, `older than it can tell: ${missing.undecided ? "not decided" : sent(missing.sends_outside)}`],
    ["foreign", missing.foreign, "another service's, and not there: not sent"],
    ["not_sent", missing.not_sent, "skipped by filters, or errors"],
  ].filter(([, lines]) => lines > 0);
  return html`<section class="panel" aria-label="What the topic lacks"><h2>What <code>${missing.topic}</code> lacks</h2>
    <p><strong>${plural(missing.sent, "line")}</strong> of ${count(missing.lines)} would be sent.
      ${" "}${missing.covered_from ? html`It tells of lines from ${absolute(missing.covered_from, utc)} on.` : "It cannot tell of any line that it never was there."}</p>
    <dl class="facts">${rows.map(([key, lines, words]) => html`<div key=${key}><dt>${count(lines)}</dt><dd>${words}</dd></div>`)}</dl>
  </section>`;
}

function Estimate({ sample }) {
  const part = (value) => `${sample.whole ? "" : "≈ "}${count(value)}`;
  const streams = sharesOf(sample.streams.slice(0, 12), "lines")
    .map((stream) => ({ ...stream, value: `${count(stream.lines)} lines` }));
  return html`<section class="panel"><h2>What would become of them</h2>
    <ul class="outcomes">
      <li class="mood-good"><${Mark} shape="done" /><strong>${part(sample.sent)}</strong> sent</li>
      <li class="mood-calm"><${Mark} shape="cancelled" /><strong>${part(sample.skipped)}</strong> skipped</li>
      <li class=${sample.errors > 0 ? "mood-bad" : "mood-calm"}><${Mark} shape="attention" /><strong>${part(sample.errors)}</strong> could not be sent</li>
    </ul>
    <p class="quiet">${sample.whole ? "Every line was looked at." : "Estimated from lines of some of the files."}
      ${!sample.destinations_checked && " Destinations were not looked up."}</p>
    ${streams.length > 0 && html`<h3>Streams <span class="quiet">of the lines that were looked at</span></h3><${Shares} rows=${streams} label="Streams" />`}
    ${sample.streams.length > 12 && html`<p class="quiet">and ${plural(sample.streams.length - 12, "more stream")}</p>`}
  </section>`;
}

function Days({ plan, sample }) {
  const utc = useStore((state) => state.utc);
  const days = sharesOf(sample?.days ?? [], "stored_bytes").map((day) => ({
    ...day, name: day.day, value: `${bytes(day.stored_bytes)}, ${plural(day.files, "file")}` }));
  const workers = sharesOf(plan.workers ?? [], "stored_bytes").map((worker) => ({
    ...worker, name: `worker ${worker.worker}`, value: `${bytes(worker.stored_bytes)}, ${plural(worker.files, "part")}` }));
  return html`${days.length > 0 && html`<section class="panel"><h2>Days</h2>
      ${plan.first && html`<p class="quiet">${absolute(plan.first, utc)} to ${absolute(plan.last, utc)}, by the files' names.</p>`}
      <${Shares} rows=${days} label="Days" /></section>`}
    ${workers.length > 1 && html`<details class="panel"><summary><h2>Workers <span class="count">${workers.length}</span></h2></summary>
      <${Shares} rows=${workers} label="Bytes of each worker" /></details>`}`;
}

function Left({ ignored }) {
  if (ignored.length === 0) return null;
  return html`<details class="panel"><summary><h2>Left out <span class="count">${count(ignored.length)}</span></h2></summary>
    <ul class="left-out">${ignored.slice(0, 200).map((file) => html`<li key=${file.path}><code>${file.path}</code> <span class="quiet">${file.reason}</span></li>`)}</ul>
    ${ignored.length > 200 && html`<p class="quiet">and ${count(ignored.length - 200)} more</p>`}
  </details>`;
}
