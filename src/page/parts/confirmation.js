// Confirming a plan: what is started is what was seen, because its hash goes along.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Command } from "./command.js";
import { ProblemBox } from "./problem.js";
import { Confirm } from "./confirm.js";
import { bytes, plural } from "../formats.js";
import * as api from "../api.js";
import { cancelCommand, startCommand } from "../commands.js";
import { go, jobHref } from "../router.js";
import { useStore } from "../store.js";

export function Confirmation({ plan }) {
  const about = useStore((state) => state.about);
  const [reason, setReason] = useState("");
  const [again, setAgain] = useState(false);
  const [sent, setSent] = useState({ busy: false, problem: null });
  const [key, setKey] = useState(api.newKey);
  const [asked, setAsked] = useState(false); // whether to send again, by the server
  const [givingUp, setGivingUp] = useState(false);
  if (about?.may === "view") return html`<section class="confirm"><p>You may look at this plan, not start it.</p></section>`;
  const overlap = Boolean(plan.checked?.replayed) || asked;
  const start = { plan: plan.job, plan_hash: plan.plan_hash, reason: reason.trim(), again: again || undefined };

  const onSubmit = async (event) => {
    event.preventDefault();
    setSent({ busy: true, problem: null });
    try {
      await api.startJob(start, key);
      go(jobHref(plan.job));
    } catch (problem) {
      if (!problem.away) setKey(api.newKey()); // it was refused: the next one is another
      setAsked(asked || problem.code === "replayed"); // no other refusal is to be overruled
      setSent({ busy: false, problem });
    }
  };
  return html`<section class="confirm"><h2>Start it?</h2>
    <p>${plural(plan.files, "file")}, ${bytes(plan.stored_bytes)}, to <strong>${plan.destination}</strong>, by
      ${" "}${plural(plan.total_workers, "worker")} ${about?.launcher === "kubernetes" ? `in namespace ${about.namespace}` : "on the server's machine"}.</p>
    <form onSubmit=${onSubmit}>
      <label class="field"><span>Why <em>for the books</em></span>
        <input name="reason" required maxlength="500" autocomplete="off" value=${reason} placeholder="outage of 1 May, ticket 4711"
          onInput=${(event) => setReason(event.target.value)} /></label>
      ${overlap && html`<label class="tick"><input type="checkbox" name="again" checked=${again} onChange=${(event) => setAgain(event.target.checked)} />
        send again what an earlier job has sent</label>`}
      <${ProblemBox} problem=${sent.problem} />
      <button type="submit" class="button button-main button-large button-wide" disabled=${sent.busy}>
        ${sent.busy ? "Starting …" : `Start ${plan.job}`}</button>
    </form>
    <${Command} line=${startCommand({ ...start, job: plan.job }, about?.launcher)} />
    <p class="confirm-else"><a href="/new">Change it</a>
      <button type="button" class="link-button" onClick=${() => setGivingUp(true)}>Give it up</button></p>
    <p class="quiet plan-hash">Plan <code>${plan.plan_hash.slice(0, 16)}</code></p>
    ${givingUp && html`<${Confirm} title=${html`Give up <code>${plan.job}</code>?`} button=${`Cancel ${plan.job}`} destructive
      command=${cancelCommand(plan.job)} act=${(why, key) => api.act(plan.job, "cancel", why, key)}
      onClose=${() => setGivingUp(false)} onDone=${() => go(jobHref(plan.job))}>
      <p>Nothing was sent. The plan of ${plural(plan.files, "file")} is given up.</p></${Confirm}>`}
  </section>`;
}
