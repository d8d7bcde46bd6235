// Whether all that a job sent is in its topic: asked for, and what was found.

import { useEffect, useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Command } from "./command.js";
import { Mark } from "./mark.js";
import { Ago, At } from "./time.js";
import { ProblemBox } from "./problem.js";
import { actsOf, verdictLook } from "../looks.js";
import * as api from "../api.js";
import { verifyCommand } from "../commands.js";
import { useAsked } from "../live.js";
import { useStore } from "../store.js";

const AGAIN_MS = 2000;

export function Verify({ job }) {
  const about = useStore((state) => state.about);
  if (!actsOf(job, about?.launcher).verify) return null;
  return html`<${Verdict} id=${job.id} may=${about?.may !== "view"} />`;
}

function Verdict({ id, may }) {
  const { document: state, problem, again } = useAsked(`verify ${id}`, () => api.verifyState(id));
  const [refused, setRefused] = useState(null);
  const running = state?.state === "running";
  useEffect(() => {
    if (!running) return undefined;
    const timer = setTimeout(again, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const start = async () => {
    try {
      setRefused(null);
      await api.verify(id, api.newKey());
      again();
    } catch (problem) {
      setRefused(problem);
    }
  };
  return html`<section class="panel"><h2>Proof</h2>
    ${state?.verdict ? html`<${VerdictLine} verdict=${state.verdict} />`
      : html`<p class="quiet">Not verified yet: reads the topic back and holds each line against its file.</p>`}
    <${ProblemBox} problem=${refused ?? problem ?? asProblem(state?.error)} />
    ${running && html`<p role="status" class="mood-go verdict-line"><${Mark} shape="waiting" /> Reading the topic …</p>`}
    ${may && !running && html`<button type="button" class="button" onClick=${start}>${state?.verdict ? "Verify again" : "Verify"}</button>`}
    <${Command} line=${verifyCommand(id)} />
  </section>`;
}

const asProblem = (error) => error && { message: error.error ?? error.what, where: error.where, hint: error.hint };

// `absolute`: where it is kept on paper.
export function VerdictLine({ verdict, absolute }) {
  const [mood, mark, sentence] = verdictLook(verdict);
  return html`<p class=${`verdict mood-${mood}`}><${Mark} shape=${mark} /><span>${sentence}
    ${verdict.verified_at && html`<small> Verified ${absolute ? html`at <${At} at=${verdict.verified_at} />` : html`<${Ago} at=${verdict.verified_at} />`}.</small>`}</span></p>`;
}
