// A job: what happens now and why, how fast, where its workers are, and what can be done.

import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { Acts } from "../parts/acts.js";
import { Balance } from "../parts/balance.js";
import { Progress } from "../parts/bar.js";
import { Command } from "../parts/command.js";
import { Facts } from "../parts/facts.js";
import { State } from "../parts/mark.js";
import { Loading, ProblemBox } from "../parts/problem.js";
import { Verify } from "../parts/verify.js";
import { Workers } from "../parts/workers.js";
import { Frame } from "./frame.js";
import { about, bytes, count, duration, percent, short } from "../formats.js";
import { isEnded, lookOf, sentenceOf } from "../looks.js";
import { momentOf, rateOf, secondsLeft, withMoment } from "../rates.js";
import { balanceOf, reasonsOf } from "../tables.js";
import * as api from "../api.js";
import { watchCommand } from "../commands.js";
import { useLive } from "../live.js";
import { jobHref } from "../router.js";
import { useStore } from "../store.js";

export function Job({ id }) {
  const moments = useRef([]);
  const live = useLive(`job ${id}`, {
    fetch: () => api.job(id),
    stream: () => api.jobEvents(id),
    onDocument: (job) => (moments.current = withMoment(moments.current, momentOf(job, Date.now()))),
  });
  const job = live.document;
  useEffect(() => {
    if (job) document.title = `${percent(job.progress)} ${lookOf(job).word} · ${id}`;
  }, [job]);
  return html`<${Frame} id=${id} part="" job=${job}>
    <${ProblemBox} problem=${live.problem} />
    ${!job && !live.problem && html`<${Loading} />`}
    ${job && html`<${Overview} job=${job} moments=${moments.current} again=${live.again} />`}
  </${Frame}>`;
}

function Overview({ job, moments, again }) {
  const skipped = reasonsOf(job.shards, "skipped_by_reason"), errors = reasonsOf(job.shards, "errors_by_reason");
  const started = job.state !== "pending";
  return html`<${Now} job=${job} moments=${moments} />
    <${Acts} job=${job} changed=${again} />
    <div class="columns">
      <div class="column">
        <${Verify} job=${job} />
        ${started && !isEnded(job) && html`<section class="panel"><h2>Pace</h2><${Pace} moments=${moments} /></section>`}
        ${started && html`<section class="panel"><h2>Workers <span class="count">${job.shards.length}</span></h2>
          <${Workers} shards=${job.shards} /></section>`}
      </div>
      <div class="column">
        ${started && html`<section class="panel"><h2>Balance</h2>
          <${Balance} balance=${balanceOf(job)} skipped=${skipped} errors=${errors} ended=${isEnded(job)}
            errorsHref=${jobHref(job.id, "errors")} dryRun=${job.dry_run} /></section>`}
        <section class="panel"><h2>About it</h2><${Facts} job=${job} />
          <${Command} line=${watchCommand(job.id)} label="Watch it in a terminal" /></section>
      </div>
    </div>`;
}

// The chart is a third of all that the page loads, and nothing waits for it.
function Pace({ moments }) {
  const [Chart, setChart] = useState(null);
  useEffect(() => {
    import("../parts/chart.js").then(({ Chart: loaded }) => setChart(() => loaded), () => {});
  }, []);
  return html`<div class="pace">${Chart && html`<${Chart} moments=${moments} />`}</div>`;
}

// The band that is read from across the room.
function Now({ job, moments }) {
  useStore((state) => state.now); // once a second: a rate sinks while nothing comes
  const look = lookOf(job), now = Date.now();
  const running = job.state === "running";
  const pace = { lines: rateOf(moments, now), bytes: rateOf(moments, now, "bytes"), left: secondsLeft(job, moments, now) };
  return html`<section class=${`now mood-${look.mood}`} aria-label="Now">
    <div class="now-said">
      <${State} look=${look} large />
      <p class="now-sentence" role="status">${sentenceOf(job, pace)}</p>
      <${Retries} job=${job} />
    </div>
    <p class="now-percent" aria-hidden="true">${percent(job.progress).replace(" %", "")}<span>%</span></p>
    <${Progress} fraction=${job.progress} mood=${look.mood} label="Progress, in bytes" still=${!running} />
    <dl class="now-numbers">
      <${Number} name="sent" value=${count(job.success_count)} />
      <${Number} name="errors" value=${count(job.error_count)} bad=${job.error_count > 0} />
      <${Number} name="read" value=${bytes(job.stored_bytes)} note=${`of ${bytes(job.total_bytes)}`} />
      ${running && html`<${Number} name="lines/s" value=${pace.lines === null ? "–" : short(Math.round(pace.lines))} />
        <${Number} name="a second" value=${pace.bytes === null ? "–" : bytes(pace.bytes)} />
        <${Number} name="left" estimate value=${pace.left === null ? "–" : about(pace.left)} />`}
      <${Number} name=${isEnded(job) ? "took" : "so far"} value=${duration(job.seconds)} />
    </dl>
  </section>`;
}

function Number({ name, value, note, bad, estimate }) {
  return html`<div class=${`${bad ? "mood-bad strong" : ""} ${estimate ? "estimate" : ""}`}>
    <dt>${name}</dt><dd>${value}${note && html` <small>${note}</small>`}</dd></div>`;
}

function Retries({ job }) {
  const retries = job.retries ?? [];
  if (retries.length === 0 && !job.retry_of) return null;
  const link = (id) => html`<a key=${id} href=${jobHref(id)}><code>${id}</code></a> `;
  return html`<p class="quiet">${job.retry_of && html`A retry of ${link(job.retry_of)}`}
    ${retries.length > 0 && html`Retried by ${retries.map(link)}`}</p>`;
}
