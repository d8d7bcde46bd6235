// What the screens of one job share: its name, its state, the way between them.

import { html } from "../parts/html.js";
import { State } from "../parts/mark.js";
import { count } from "../formats.js";
import { lookOf } from "../looks.js";
import { jobHref } from "../router.js";

const PARTS = [
  ["", "Overview"],
  ["errors", "Errors"],
  ["files", "Files"],
  ["logs", "Logs"],
  ["report", "Report"],
  ["audit", "Audit"],
];

// `job` may be null while it is asked for.
export function Frame({ id, part, job, children }) {
  return html`<div class="page-head page-head-job">
      <p class="crumb"><a href="/">Jobs</a> <span aria-hidden="true">/</span></p>
      <h1><code>${id}</code></h1>
      ${job && part && html`<${State} look=${lookOf(job)} />`}
    </div>
    <nav class="tabs" aria-label="About this job">
      ${PARTS.map(([name, word]) => html`<a key=${name} href=${jobHref(id, name)} aria-current=${name === part ? "page" : undefined}>
        ${word}${name === "errors" && job?.error_count > 0 && html` <span class="count count-bad">${count(job.error_count)}</span>`}</a>`)}
    </nav>
    ${children}`;
}
