// Files: each of a job's, with what became of it. A million of them are read page by page.

import { html } from "../parts/html.js";
import { ProblemBox } from "../parts/problem.js";
import { Windowed } from "../parts/windowed.js";
import { Frame } from "./frame.js";
import { bytes, count, tail } from "../formats.js";
import * as api from "../api.js";
import { useLive } from "../live.js";
import { usePages } from "../pages.js";
import { setQuery } from "../router.js";

const STATES = ["", "planned", "reading", "done", "failed", "partial", "not_read"];
const WORDS = { "": "All", not_read: "Not read" };
const word = (state) => WORDS[state] ?? state[0].toUpperCase() + state.slice(1);

export function Files({ id, query }) {
  const state = STATES.includes(query.state) ? query.state : "";
  const { document: job } = useLive(`job ${id}`, { fetch: () => api.job(id), stream: () => api.jobEvents(id) });
  return html`<${Frame} id=${id} part="files" job=${job}>
    <div class="filter" role="group" aria-label="Only files that are">
      ${STATES.map((name) => html`<button type="button" key=${name} aria-pressed=${state === name} onClick=${() => setQuery({ state: name })}>
        ${word(name)}${name && job?.files && html` <span class="count">${count(job.files[name])}</span>`}</button>`)}
    </div>
    <${List} key=${state} id=${id} state=${state} />
  </${Frame}>`;
}

function List({ id, state }) {
  const pages = usePages(async (after) => {
    const { files, next } = await api.files(id, { state, after, limit: 500 });
    return { rows: files, next };
  });
  const row = (file) => html`<div class="file-row">
    <span class="number quiet">${count(file.position)}</span>
    <code class="file-path" title=${file.path}>${tail(file.path, 110)}</code>
    <span class="tag">${word(file.state)}</span>
    <span class="number">${bytes(file.size ?? file.bytes)}</span>
    <span class="number">${count(file.lines)} lines</span>
    <span class="number">${file.errors > 0 ? `${count(file.errors)} errors` : ""}</span>
    <span class="file-error">${file.error ?? ""}</span></div>`;
  return html`<section class="panel">
    <${ProblemBox} problem=${pages.problem}><button type="button" class="button" onClick=${pages.again}>Try again</button></${ProblemBox}>
    ${pages.begun && pages.rows.length === 0 && html`<p class="quiet">None.</p>`}
    <${Windowed} items=${pages.rows} rowHeight=${34} row=${row} label="Files" className="rows" fit onEnd=${pages.more} /></section>`;
}
