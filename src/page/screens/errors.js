// Errors: by cause, a sample each as text and where exactly it is; then row by row.

import { useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { Command } from "../parts/command.js";
import { Empty, Loading, ProblemBox } from "../parts/problem.js";
import { RetryDialog } from "../parts/retry.js";
import { Windowed } from "../parts/windowed.js";
import { Frame } from "./frame.js";
import { count, percent, plural, tail } from "../formats.js";
import { isEnded, REASONS, reasonTitle } from "../looks.js";
import { causesOf } from "../tables.js";
import * as api from "../api.js";
import { errorsCommand } from "../commands.js";
import { useAsked, useLive } from "../live.js";
import { usePages } from "../pages.js";
import { go, jobHref, setQuery } from "../router.js";
import { useStore } from "../store.js";

export function Errors({ id, query }) {
  const about = useStore((state) => state.about);
  const { document: job } = useLive(`job ${id}`, { fetch: () => api.job(id), stream: () => api.jobEvents(id) });
  // Asked for anew when the job's count moves; what is shown stays meanwhile.
  const asked = useAsked(`errors ${id}`, () => api.errors(id, { limit: 1 }));
  const [retrying, setRetrying] = useState(null);
  const causes = causesOf(asked.document?.reasons ?? []);
  const may = job && isEnded(job) && job.state !== "cancelled" && about?.may !== "view";
  return html`<${Frame} id=${id} part="errors" job=${job}>
    <${ProblemBox} problem=${asked.problem} />
    ${asked.busy && !asked.document && html`<${Loading} />`}
    ${job && asked.document && job.error_count !== sumOf(causes) && html`<p class="quiet">There may be more by now.
      <button type="button" class="link-button" onClick=${asked.again}>Look again</button></p>`}
    ${asked.document && causes.length === 0 && html`<${Empty} title="No line failed." />`}
    ${causes.map((cause) => html`<${Cause} key=${cause.reason} cause=${cause} all=${sumOf(causes)} may=${may} onRetry=${() => setRetrying(cause)}
      chosen=${query.reason === cause.reason} />`)}
    <${Streams} streams=${asked.document?.streams ?? []} />
    ${causes.length > 0 && html`<${Rows} key=${query.reason ?? ""} id=${id} reason=${query.reason ?? ""} />`}
    ${retrying && html`<${RetryDialog} job=${job} cause=${retrying} launcher=${about?.launcher} onClose=${() => setRetrying(null)}
      onDone=${(made) => go(jobHref(made.id ?? made.job))} />`}
  </${Frame}>`;
}

const sumOf = (causes) => causes.filter((cause) => cause.reason !== "unreadable").reduce((sum, cause) => sum + cause.lines, 0);

function Cause({ cause, all, may, chosen, onRetry }) {
  return html`<section class="cause">
    <header>
      <h2>${reasonTitle(cause.reason)} <code class="quiet">${cause.reason}</code></h2>
      <p class="cause-count"><strong>${count(cause.lines)}</strong> ${cause.lines === 1 ? "line" : "lines"}${all > 0 &&
        html`<span class="quiet"> · ${percent(cause.lines / all)} of errors</span>`}</p>
    </header>
    <p>${REASONS[cause.reason]?.[1] ?? ""} ${cause.message && html`<span class="quiet">${cause.message}.</span>`}</p>
    ${cause.sample && html`<pre class="sample" tabindex="0" aria-label="A sample line">${cause.sample}</pre>`}
    <p class="where">${placeOf(cause)}</p>
    <div class="acts">
      ${may && html`<button type="button" class="button" onClick=${onRetry}>Retry only these</button>`}
      <button type="button" class="button" aria-pressed=${chosen} onClick=${() => setQuery({ reason: chosen ? null : cause.reason })}>
        ${chosen ? "Show all rows" : "Show only these below"}</button>
    </div>
  </section>`;
}

function placeOf(row) {
  const lines = row.last_line > row.first_line ? `lines ${count(row.first_line)} to ${count(row.last_line)}` : `line ${count(row.first_line)}`;
  return html`<code title=${row.path}>${tail(row.path, 90)}</code> <span class="nowrap">${lines}, byte ${count(row.first_byte)}${row.approximate && ", among others"}</span>`;
}

const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);

function Streams({ streams }) {
  if (streams.length === 0) return null;
  return html`<section class="panel"><h2>Streams without a way</h2><ul class="reasons">
    ${streams.map((stream) => html`<li key=${stream.message}><span>${stream.message}</span><span class="number">${plural(stream.lines, "line")}</span></li>`)}
  </ul></section>`;
}

// All rows, a page after the other as they come into sight.
function Rows({ id, reason }) {
  const pages = usePages(async (after) => {
    const { rows, next } = await api.errors(id, { reason, after, limit: 200 });
    return { rows, next };
  });
  const row = (error) => html`<div class="error-row">
    <span class="tag">${error.reason}</span><span class="error-place" title=${error.path}><code>${nameOf(error.path)}</code>:${error.first_line}</span>
    <code class="error-sample">${error.sample || error.message}</code>
    <span class="number">${error.lines > 1 ? `${count(error.lines)} lines` : ""}</span></div>`;
  return html`<section class="panel"><h2>Row by row ${reason && html`<span class="tag">${reason}</span>`}</h2>
    <${ProblemBox} problem=${pages.problem}><button type="button" class="button" onClick=${pages.again}>Try again</button></${ProblemBox}>
    <${Windowed} items=${pages.rows} rowHeight=${34} row=${row} label="Errors" className="rows" fit onEnd=${pages.more} />
    <${Command} line=${errorsCommand(id, reason)} /></section>`;
}
