// How a job's pods ended, and their last words: they are kept when the pods are gone.

import { html } from "./html.js";
import { Ago } from "./time.js";
import * as api from "../api.js";
import { useAsked } from "../live.js";

export function Pods({ id }) {
  const { document } = useAsked(`pods ${id}`, () => api.pods(id));
  const pods = document?.pods ?? [];
  if (pods.length === 0) return null;
  return html`<section class="panel"><h2>Processes <span class="count">${pods.length}</span></h2>
    <ul class="pods">${pods.map((pod) => html`<li key=${pod.name}>
      <details><summary><code>${pod.name}</code> <span class="tag">worker ${pod.worker}</span>
        <span>${pod.ended_at ? html`ended <${Ago} at=${pod.ended_at} />, exit ${pod.exit_code ?? "unknown"}${pod.reason && `, ${pod.reason}`}` : html`running since <${Ago} at=${pod.started_at} />`}</span></summary>
        ${pod.log ? html`<pre class="sample" tabindex="0" aria-label="Its last lines">${pod.log}</pre>` : html`<p class="quiet">Nothing of its log was kept.</p>`}
      </details></li>`)}</ul></section>`;
}
