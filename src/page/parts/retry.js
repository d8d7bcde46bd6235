// A new job of what a job could not send: all of it, or the lines of one reason.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Confirm } from "./confirm.js";
import { count, plural } from "../formats.js";
import { reasonTitle } from "../looks.js";
import * as api from "../api.js";
import { retryCommand } from "../commands.js";

const filesOf = (job) => (job.files?.failed ?? 0) + (job.files?.not_read ?? 0);

// `cause`: {reason, lines}, where only these are wanted.
export function RetryDialog({ job, cause, launcher, ...rest }) {
  const files = cause ? 0 : filesOf(job);
  const [what, setWhat] = useState({ lines: !cause || cause.reason !== "unreadable", files: files > 0 || cause?.reason === "unreadable", again: false });
  const tick = (event) => setWhat({ ...what, [event.target.name]: event.target.checked });
  const asked = { ...what, reason: cause && what.lines ? cause.reason : undefined };
  return html`<${Confirm} title=${html`Retry ${cause ? "only these" : "what failed"} of <code>${job.id}</code>?`} button="Start the retry"
      ready=${what.lines || what.files} command=${retryCommand(job.id, asked, launcher)}
      act=${(why, key) => api.retry(job.id, { ...asked, why }, key)} ...${rest}>
    <p>${cause
      ? html`${plural(cause.lines, "line")}: <strong>${reasonTitle(cause.reason)}</strong>.`
      : html`${plural(job.error_count, "line")} that could not be sent${files > 0 && `, and ${plural(files, "file")} that could not be read to the end`}.`}
      ${" "}A new job of its own sends them under the same keys, with the same filters to the same place. What was sent
      (${count(job.success_count)}) is not sent again.</p>
    ${!cause && html`<label class="tick"><input type="checkbox" name="lines" checked=${what.lines} onChange=${tick} /> lines that failed</label>
      <label class="tick"><input type="checkbox" name="files" checked=${what.files} onChange=${tick} /> files that could not be read, from where they stopped</label>`}
    <label class="tick"><input type="checkbox" name="again" checked=${what.again} onChange=${tick} /> also what an earlier retry has taken up</label>
  </${Confirm}>`;
}
