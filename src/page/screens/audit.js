// Audit: who did what, when, why and from where; of all jobs, or of one.

import { useEffect } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { At } from "../parts/time.js";
import { Empty, Loading, ProblemBox } from "../parts/problem.js";
import { Frame } from "./frame.js";
import * as api from "../api.js";
import { useAsked } from "../live.js";
import { usePages } from "../pages.js";
import { jobHref } from "../router.js";

export const Audit = () => html`<div class="page-head"><h1>Audit</h1></div><${Acts} id=${null} />`;

export function JobAudit({ id }) {
  const { document: job } = useAsked(`job ${id}`, () => api.job(id));
  return html`<${Frame} id=${id} part="audit" job=${job}><${Acts} id=${id} /></${Frame}>`;
}

function Acts({ id }) {
  const pages = usePages(async (after) => {
    const { acts, next } = await api.audit({ after, limit: 100 }, id);
    return { rows: acts, next };
  });
  useEffect(() => {
    pages.more();
  }, []);
  const acts = pages.rows;
  return html`<${ProblemBox} problem=${pages.problem}><button type="button" class="button" onClick=${pages.again}>Try again</button></${ProblemBox}>
    ${!pages.begun && pages.busy && html`<${Loading} />`}
    ${pages.begun && acts.length === 0 && html`<${Empty} title="Nothing was done yet." />`}
    ${acts.length > 0 && html`<div class="table-box" tabindex="0" role="region" aria-label="Acts, newest first"><table class="table">
      <thead><tr><th>When</th><th>Who</th><th>What</th>${!id && html`<th>Job</th>`}<th>Why</th><th>Change</th><th>From</th></tr></thead>
      <tbody>${acts.map((act) => html`<tr key=${act.id}>
        <td class="nowrap"><${At} at=${act.at} /></td><td>${act.who}</td><td><strong>${act.verb}</strong></td>
        ${!id && html`<td class="nowrap">${act.job && html`<a href=${jobHref(act.job)}><code>${act.job}</code></a>`}</td>`}
        <td class="why">${act.reason}</td><td>${changeOf(act)}</td><td class="nowrap quiet" title=${act.request_id}>${act.from}</td></tr>`)}</tbody>
    </table></div>`}
    ${pages.next && html`<button type="button" class="button more" disabled=${pages.busy} onClick=${pages.more}>Older acts</button>`}`;
}

const shown = (value) => (value === null || value === undefined || value === "" ? null : typeof value === "string" ? value : JSON.stringify(value));

function changeOf({ before, after }) {
  const from = shown(before), to = shown(after);
  if (!from && !to) return null;
  return html`<span class="change"><code>${from ?? "–"}</code> → <code>${to ?? "–"}</code></span>`;
}
