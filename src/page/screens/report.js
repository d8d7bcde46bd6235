// The report: what to keep of a replay. It can be saved as a page of its own, or printed from here.

import { html } from "../parts/html.js";
import { Balance } from "../parts/balance.js";
import { Command } from "../parts/command.js";
import { State } from "../parts/mark.js";
import { At } from "../parts/time.js";
import { Loading, ProblemBox } from "../parts/problem.js";
import { VerdictLine } from "../parts/verify.js";
import { Frame } from "./frame.js";
import { bytes, count, duration, plural } from "../formats.js";
import { isEnded, lookOf, reasonTitle } from "../looks.js";
import * as api from "../api.js";
import { reportCommand } from "../commands.js";
import { useAsked } from "../live.js";
import { jobHref } from "../router.js";

export function Report({ id }) {
  const asked = useAsked(`report ${id}`, () => api.report(id));
  const report = asked.document?.document;
  return html`<${Frame} id=${id} part="report" job=${report}>
    <${ProblemBox} problem=${asked.problem} />
    ${asked.busy && !report && html`<${Loading} />`}
    ${report && html`<${Paper} id=${id} report=${report} text=${asked.document.text} sha256=${asked.document.sha256} />`}
  </${Frame}>`;
}

function Paper({ id, report, text, sha256 }) {
  return html`<div class="acts no-print">
      <a class="button button-main" href=${api.reportPage(id)} download=${`${id}.html`}>Save as a page</a>
      <button type="button" class="button" onClick=${() => save(`${id}.json`, text)}>Save as JSON</button>
      <button type="button" class="button" onClick=${() => print()}>Print</button>
    </div>
    <article class="paper">
      <header><h2>Replay ${id}</h2><${State} look=${lookOf(report)} /></header>
      ${report.verify ? html`<${VerdictLine} verdict=${report.verify} absolute />` : html`<p class="verdict mood-calm">${unverified(report)}</p>`}
      ${!isEnded(report) && html`<p class="mood-warn">It has not ended: this is how it stands.</p>`}
      <h3>The balance</h3>
      <${Balance} balance=${balanceIn(report)} skipped=${rowsOf(report.skipped_by_reason)} errors=${rowsOf(report.errors_by_reason)}
        errorsHref=${jobHref(id, "errors")} ended=${isEnded(report)} dryRun=${report.dry_run} />
      ${report.unbalanced.map((problem) => html`<p key=${problem} class="mood-bad">${problem}</p>`)}
      <h3>The job</h3><${About} report=${report} />
      <${Samples} samples=${report.error_samples} />
      <${Failed} files=${report.failed_files} />
      ${sha256 && html`<h3>Its SHA-256</h3><p class="quiet">Of the document that <code>reprocess report ${id} --json</code> prints.</p><p><code class="hash">${sha256}</code></p>`}
    </article>
    <div class="no-print"><${Command} line=${reportCommand(id)} /></div>`;
}

function unverified(report) {
  if (report.dry_run) return "A dry run sends nothing.";
  return report.config?.destination?.kind === "files" ? "Files are not verified: what was written is in them." : "Not verified.";
}

const rowsOf = (reasons) => Object.entries(reasons).map(([reason, lines]) => ({ reason, lines }));

const balanceIn = (report) => ({ lines: report.lines, sent: report.sent, skipped: report.skipped, errors: report.errors,
  holds: report.balanced, missing: report.lines - report.sent - report.skipped - report.errors });

function About({ report }) {
  const facts = [
    ["to", report.destination ?? "its workers' topic"],
    ["of", `${plural(report.total_files, "file")}, ${bytes(report.total_bytes)}`],
    ["because", report.kubernetes?.reason], ["by", report.kubernetes?.submitted_by],
    ["only", report.config?.only_missing && lackedOf(report.config.only_missing)],
    ["retry of", report.retry_of], ["retried by", report.retries.join(", ")],
    ["started", report.started_at && html`<${At} at=${report.started_at} />`],
    ["ended", report.completed_at && html`<${At} at=${report.completed_at} />`],
    ["took", report.seconds !== null && duration(report.seconds)],
    ["error", report.error],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const lackedOf = (missing) => `the ${plural(missing.sent ?? missing.missing, "line")} of ${count(missing.lines)} that topic ${missing.topic} lacked; it had ${count(missing.there)}`;

function Samples({ samples }) {
  if (samples.length === 0) return null;
  return html`<h3>Lines that were not sent, a sample each</h3><ul class="samples">${samples.map((row) => html`<li key=${row.reason}>
    <p><strong>${reasonTitle(row.reason)}</strong> <span class="number">${plural(row.lines, "line")}</span>
      <span class="quiet"><code>${row.path}</code>, line ${count(row.first_line)}</span></p>
    <pre class="sample" tabindex="0" aria-label="A sample line">${row.sample || row.message}</pre></li>`)}</ul>`;
}

function Failed({ files }) {
  if (files.length === 0) return null;
  return html`<h3>Files that could not be read to their end</h3><ul class="left-out">
    ${files.map((file) => html`<li key=${file.path}><code>${file.path}</code> <span class="quiet">${file.failure ?? file.error}</span></li>`)}</ul>`;
}

// Given to the browser to save, without asking the server again: these bytes are those of the SHA-256.
function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
