// Logs: those of all workers as one, a colour a worker. Nothing moves while it is read.

import { useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { Command } from "../parts/command.js";
import { Pods } from "../parts/pods.js";
import { ProblemBox, Warnings } from "../parts/problem.js";
import { Clock } from "../parts/time.js";
import { Windowed } from "../parts/windowed.js";
import { Frame } from "./frame.js";
import { count, plural } from "../formats.js";
import { searchLines } from "../tables.js";
import * as api from "../api.js";
import { logsCommand } from "../commands.js";
import { useAsked } from "../live.js";
import { useLogs } from "../log_stream.js";
import { setQuery } from "../router.js";

const ROW = 24;

export function Logs({ id, query }) {
  const { document: job } = useAsked(`job ${id}`, () => api.job(id));
  const worker = /^\d+$/.test(query.worker ?? "") ? query.worker : "";
  const [paused, setPaused] = useState(false);
  const [following, setFollowing] = useState(true);
  const [search, setSearch] = useState("");
  const logs = useLogs(id, worker, paused);
  const lines = searchLines(logs.lines, search);
  const row = (line) => html`<div class=${`log-line worker-${line.worker % 8}`}>
    <${Clock} at=${line.time} /><span class="log-worker" title=${line.pod}>${line.worker}</span><code>${line.text}</code></div>`;
  return html`<${Frame} id=${id} part="logs" job=${job}>
    <div class="log-bar">
      <label class="field field-inline"><span>Search</span><input type="search" value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
      <label class="field field-inline"><span>Worker</span><select value=${worker} onChange=${(event) => setQuery({ worker: event.target.value })}>
        <option value="">all</option>${[...Array(job?.total_workers ?? 0).keys()].map((n) => html`<option key=${n} value=${n}>${n}</option>`)}</select></label>
      <button type="button" class="button" aria-pressed=${paused} onClick=${() => setPaused(!paused)}>${paused ? `Go on (${count(logs.held)} new)` : "Pause"}</button>
      <button type="button" class="button" aria-pressed=${following} onClick=${() => setFollowing(!following)}>Follow</button>
      <span class="quiet" role="status">${lines.length === logs.lines.length ? plural(lines.length, "line") : `${count(lines.length)} of ${plural(logs.lines.length, "line")}`}
        ${logs.ended ? ", ended" : ""}</span>
    </div>
    <${ProblemBox} problem=${logs.problem} />
    <${Warnings} warnings=${logs.notes} />
    <div class="log-box"><${Windowed} items=${lines} rowHeight=${ROW} row=${row} label="Log lines" className="log" follow=${following && !paused}
        onScrolled=${(atEnd) => setFollowing(atEnd)} />
      ${!following && html`<button type="button" class="button log-end" onClick=${() => setFollowing(true)}>To the newest</button>`}</div>
    <${Command} line=${logsCommand(id, { worker, follow: !logs.ended })} />
    <${Pods} id=${id} />
  </${Frame}>`;
}
