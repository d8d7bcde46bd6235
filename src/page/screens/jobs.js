// Jobs: newest first, running ones on top; each a line of what happens now.

import { useRef } from "../vendor/hooks.js";
import { html, names } from "../parts/html.js";
import { Progress } from "../parts/bar.js";
import { State } from "../parts/mark.js";
import { Ago } from "../parts/time.js";
import { Empty, Loading, ProblemBox } from "../parts/problem.js";
import { about, bytes, NONE, percent, short } from "../formats.js";
import { isOpen, lookOf, sentenceOf } from "../looks.js";
import { momentOf, rateOf, secondsLeft, withMoment } from "../rates.js";
import { groupJobs, joinPages } from "../tables.js";
import * as api from "../api.js";
import { useLive } from "../live.js";
import { usePages } from "../pages.js";
import { jobHref, setQuery } from "../router.js";
import { useStore } from "../store.js";

const FILTERS = ["", "pending", "running", "completed", "failed", "cancelled"];
const WORDS = { "": "All", pending: "Planned", running: "Running", completed: "Completed", failed: "Failed", cancelled: "Cancelled" };

export function Jobs({ query }) {
  const status = FILTERS.includes(query.status) ? query.status : "";
  const moments = useRef(new Map());
  const first = useLive("jobs", {
    fetch: () => api.jobs(),
    stream: () => api.jobEvents(),
    onDocument: (document) => remember(moments.current, document.jobs),
  });
  return html`<div class="page-head"><h1>Jobs</h1><a class="button button-main" href="/new">New replay</a></div>
    <div class="filter" role="group" aria-label="Only jobs that are">
      ${FILTERS.map((name) => html`<button type="button" key=${name} aria-pressed=${status === name}
        onClick=${() => setQuery({ status: name })}>${WORDS[name]}</button>`)}
    </div>
    <${ProblemBox} problem=${first.problem} />
    ${!first.document && !first.problem && html`<${Loading} />`}
    ${first.document && html`<${List} key=${status} first=${first.document} status=${status} moments=${moments.current} />`}`;
}

function remember(moments, jobs) {
  for (const job of jobs) {
    if (job.state !== "running") continue;
    moments.set(job.id, withMoment(moments.get(job.id) ?? [], momentOf(job, Date.now())));
  }
}

// The live first page, and older ones that were asked for; with them those that new jobs push off the first.
function List({ first, status, moments }) {
  const older = usePages(async (after) => {
    const { jobs, next } = await api.jobs({ status, after: after ?? first.next, limit: 100 });
    return { rows: after ? jobs : [...first.jobs, ...jobs], next };
  });
  const next = older.begun ? older.next : first.next;
  const jobs = joinPages(first.jobs, older.rows).filter((job) => !status || job.status === status);
  if (jobs.length === 0 && !next) return html`<${NoJobs} status=${status} />`;
  return html`${groupJobs(jobs).map((group) => html`<section key=${group.title} class="jobs-group">
      <h2>${group.title} <span class="count">${group.jobs.length}</span></h2>
      <ul class="jobs">${group.jobs.map((job) => html`<li key=${job.id}><${Row} job=${job} moments=${moments.get(job.id) ?? []} /></li>`)}</ul>
    </section>`)}
    <${ProblemBox} problem=${older.problem} />
    ${next && html`<button type="button" class="button more" disabled=${older.busy} onClick=${older.again}>Older jobs</button>`}`;
}

function NoJobs({ status }) {
  if (status) return html`<${Empty} title=${`No job is ${WORDS[status].toLowerCase()}.`} />`;
  return html`<${Empty} title="Nothing was replayed yet.">
    <p>Say where the failover files are. You see what would be sent, to where, before anything is.</p>
    <p><a class="button button-main" href="/new">New replay</a></p>
  </${Empty}>`;
}

function Row({ job, moments }) {
  const now = useStore(() => Date.now());
  const look = lookOf(job);
  const lines = rateOf(moments, now), left = secondsLeft(job, moments, now);
  const live = job.state === "running";
  return html`<a class=${names("job-row", `mood-${look.mood}`, isOpen(job) && "job-row-open")} href=${jobHref(job.id)}>
    <${State} look=${look} />
    <span class="job-name"><code>${job.id}</code>${job.dry_run && html` <span class="tag">dry run</span>`}${job.retry_of &&
      html` <span class="tag">retry of ${job.retry_of}</span>`}</span>
    <span class="job-said">${sentenceOf(job)}</span>
    <span class="job-bar"><${Progress} fraction=${job.progress} mood=${look.mood} label=${`Progress of ${job.id}`} still=${!live} />
      <span class="number">${percent(job.progress)}</span>
      <small>${bytes(job.stored_bytes)} of ${bytes(job.total_bytes)}${left !== null && html` · <span class="estimate">${about(left).replace("about", "≈")} left</span>`}</small></span>
    <span class="job-figure job-sent"><b>${short(job.success_count)}</b> <small>sent</small></span>
    <span class=${names("job-figure job-errors", job.error_count > 0 && "mood-bad")}><b>${short(job.error_count)}</b> <small>errors</small></span>
    <span class="job-figure job-rate">${live && html`<b>${lines === null ? NONE : short(Math.round(lines))}</b> <small>lines/s</small>`}</span>
    <span class="job-when"><${Ago} at=${job.completed_at ?? job.started_at ?? job.created_at} /></span>
  </a>`;
}
