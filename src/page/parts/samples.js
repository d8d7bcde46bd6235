// Lines of the files, with what would become of each: as text, whatever is in them.

import { html } from "./html.js";
import { Mark } from "./mark.js";
import { count, tail } from "../formats.js";
import { reasonTitle } from "../looks.js";

const SKIPS = ["blank", "stream", "date"];

function lookOfVerdict(verdict) {
  if (verdict === "sent") return ["good", "done"];
  return SKIPS.includes(verdict) ? ["calm", "cancelled"] : ["bad", "attention"];
}

export function Samples({ samples }) {
  return html`<ul class="samples">${samples.map((line) => {
    const [mood, mark] = lookOfVerdict(line.verdict);
    return html`<li key=${`${line.path}:${line.byte}`}>
      <p><span class=${`state mood-${mood}`}><${Mark} shape=${mark} />${reasonTitle(line.verdict)}</span>
        <span class="quiet" title=${line.path}><code>${tail(line.path, 48)}</code>, line ${count(line.line)}</span></p>
      <pre class="sample" tabindex="0" aria-label="A line">${line.text || " "}</pre>
      ${line.message && html`<p class="quiet">${line.message}</p>`}
    </li>`;
  })}</ul>`;
}
