// What may be done with a job as it stands: a button each, and the dialog that says what it does.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Confirm } from "./confirm.js";
import { LimitsDialog } from "./limits.js";
import { ParallelismDialog } from "./parallelism.js";
import { RetryDialog } from "./retry.js";
import { count, plural } from "../formats.js";
import { actsOf } from "../looks.js";
import * as api from "../api.js";
import * as commands from "../commands.js";
import { go, jobHref, planHref } from "../router.js";
import { useStore } from "../store.js";

const left = (job) => plural(job.total_files - job.processed_files, "file");

// `changed(job)` is told the job's new document.
export function Acts({ job, changed }) {
  const about = useStore((state) => state.about);
  const [open, setOpen] = useState(null);
  if (!about || about.may === "view") return null;
  const may = actsOf(job, about.launcher);
  const button = (name, word, kind = "") =>
    may[name] && html`<button type="button" class=${`button ${kind}`} onClick=${() => setOpen(name)}>${word}</button>`;
  const Dialog = DIALOGS[open];
  return html`<div class="acts" role="group" aria-label="What can be done">
    ${may.confirm && html`<a class="button button-main" href=${planHref(job.id)}>See the plan and start it</a>`}
    ${button("resume", "Resume", "button-main")}
    ${button("pause", "Pause")}
    ${button("suspend", "Suspend")}
    ${button("limits", "Speed")}
    ${button("parallelism", "Parallelism")}
    ${may.retry && (job.error_count > 0 || failedFiles(job) > 0) && button("retry", "Retry what failed", may.resume ? "" : "button-main")}
    ${button("cancel", "Cancel", "button-bad-quiet")}
    ${Dialog && html`<${Dialog} job=${job} launcher=${about.launcher} onDone=${changed} onClose=${() => setOpen(null)} />`}
  </div>`;
}

export const failedFiles = (job) => (job.files?.failed ?? 0) + (job.files?.not_read ?? 0);

const DIALOGS = {
  pause: ({ job, ...rest }) => html`<${Confirm} title=${html`Pause <code>${job.id}</code>?`} button="Pause it"
      command=${commands.pauseCommand(job.id)} act=${(why, key) => api.act(job.id, "pause", why, key)} ...${rest}>
    <p>Within two seconds its ${plural(job.total_workers, "worker")} commit what is open, then wait. Nothing is lost,
      and nothing is sent twice; ${left(job)} are left.</p>
  </${Confirm}>`,

  suspend: ({ job, ...rest }) => html`<${Confirm} title=${html`Suspend <code>${job.id}</code>?`} button="Suspend it"
      command=${commands.suspendCommand(job.id)} act=${(why, key) => api.act(job.id, "suspend", why, key)} ...${rest}>
    <p>Its pods commit what is open and end, so that others have their room. Resume makes new ones, which go on
      from the checkpoints.</p>
  </${Confirm}>`,

  resume: ({ job, launcher, ...rest }) => html`<${Confirm} title=${html`Resume <code>${job.id}</code>?`} button="Resume it"
      command=${commands.resumeCommand(job, launcher)} act=${(why, key) => api.act(job.id, "resume", why, key)} ...${rest}>
    <p>It goes on from its checkpoints: ${count(job.success_count)} lines are sent and are not sent
      again; ${left(job)} are left.</p>
  </${Confirm}>`,

  limits: LimitsDialog,
  parallelism: ParallelismDialog,

  retry: ({ onDone: _, ...rest }) =>
    html`<${RetryDialog} ...${rest} onDone=${(made) => go(jobHref(made.id ?? made.job))} />`,

  cancel: ({ job, ...rest }) => html`<${Confirm} title=${html`Cancel <code>${job.id}</code> for good?`} destructive
      button=${`Cancel ${job.id}`} command=${commands.cancelCommand(job.id)}
      act=${(why, key) => api.act(job.id, "cancel", why, key)} ...${rest}>
    ${job.state === "pending"
      ? html`<p>Nothing was sent. The plan of ${plural(job.total_files, "file")} is given up.</p>`
      : html`<p>${plural(job.success_count, "line")} are sent, and stay sent. ${left(job)} of ${count(job.total_files)}
          are left, and will not be. A cancelled job cannot be resumed.</p>`}
  </${Confirm}>`,
};
