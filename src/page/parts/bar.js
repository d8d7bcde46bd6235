// Bars: of progress, of shares beside each other, of a whole in parts. Widths are set by script as
// custom properties, because the policy of this page allows no style in markup.

import { html } from "./html.js";
import { percent } from "../formats.js";

const width = (fraction) => ({ "--part": `${(Math.min(1, Math.max(0, fraction)) * 100).toFixed(2)}%` });

export function Progress({ fraction, mood, label, still }) {
  return html`<div class=${`bar mood-${mood}${still ? " bar-still" : ""}`} role="progressbar" aria-label=${label}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(fraction * 100)} aria-valuetext=${percent(fraction)}>
    <div class="bar-part" style=${width(fraction)} />
  </div>`;
}

// A whole in parts, [{name, value, pattern}]: each pattern is a class beside its colour.
export function Parts({ parts, label }) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0) || 1;
  return html`<div class="parts" role="img" aria-label=${label}>
    ${parts.filter((part) => part.value > 0).map((part) => html`<div key=${part.name}
      class=${`parts-part parts-${part.pattern}`} style=${width(Math.max(part.value / whole, 0.004))} title=${part.name} />`)}
  </div>`;
}

// Rows of a name, a bar and a value: streams, days. `rows` have {name, fraction, value, note}.
export function Shares({ rows, label }) {
  return html`<ul class="shares" aria-label=${label}>
    ${rows.map((row) => html`<li key=${row.name}>
      <span class="shares-name" title=${row.name}>${row.name}</span>
      <span class="shares-bar"><span style=${width(row.fraction)} /></span>
      <span class="shares-value">${row.value}</span>
    </li>`)}
  </ul>`;
}
