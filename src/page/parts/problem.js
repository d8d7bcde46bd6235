// What went wrong, where, and what helps; and what is shown while there is nothing to show yet.

import { html } from "./html.js";
import { Mark } from "./mark.js";

export function ProblemBox({ problem, children }) {
  if (!problem) return null;
  return html`<div class="problem mood-bad" role="alert">
    <${Mark} shape="attention" />
    <div>
      <p class="problem-what">${problem.message ?? problem.error ?? problem.what}</p>
      ${problem.where && html`<p><code>${problem.where}</code></p>`}
      ${problem.hint && html`<p>${problem.hint}</p>`}
      ${children}
    </div>
  </div>`;
}

export function Warnings({ warnings }) {
  if (!warnings?.length) return null;
  return html`<ul class="warnings">
    ${warnings.map((text) => html`<li key=${text} class="mood-warn"><${Mark} shape="attention" /><span>${text}</span></li>`)}
  </ul>`;
}

// Empty for a moment, so that what comes at once does not flicker.
export function Loading({ what = "Loading" }) {
  return html`<p class="loading" role="status">${what}…</p>`;
}

export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`;
}
