// The balance of a job's lines: lines = sent + skipped + errors, and whether it holds.

import { html, names } from "./html.js";
import { Parts } from "./bar.js";
import { Mark } from "./mark.js";
import { count, plural } from "../formats.js";
import { reasonTitle } from "../looks.js";

// One entry of the ledger, whose sign is its style's; `of`: what it is made of, by reason.
const entry = (value, name, kind, { href, of = [] } = {}) => html`<div class=${names(`ledger-${kind}`, kind === "errors" && value > 0 && "ledger-bad")}>
    <dt>${name}${kind !== "whole" && html` <span class=${`swatch parts-${kind}`} aria-hidden="true" />`}</dt>
    <dd>${href && value > 0 ? html`<a href=${href}>${count(value)}</a>` : count(value)}</dd>
  </div>
  ${of.map((row) => html`<div key=${row.reason} class="ledger-of"><dt>${reasonTitle(row.reason)}</dt><dd>${count(row.lines)}</dd></div>`)}`;

// `balance` as tables.js has it; `ended`: rows of a running job move one after the other.
export function Balance({ balance, skipped, errors, errorsHref, ended, dryRun }) {
  const sent = dryRun ? "would be sent" : "sent";
  return html`<div class="balance">
    <dl class="ledger">
      ${entry(balance.lines, "lines", "whole")}
      ${entry(balance.sent, sent, "sent")}
      ${entry(balance.skipped, "skipped", "skipped", { of: skipped })}
      ${entry(balance.errors, "errors", "errors", { of: errors, href: errorsHref })}
    </dl>
    <${Parts} label=${`${plural(balance.lines, "line")}: ${count(balance.sent)} ${sent}, ${count(balance.skipped)} skipped, ${count(balance.errors)} errors`}
      parts=${[
        { name: sent, value: balance.sent, pattern: "sent" },
        { name: "skipped", value: balance.skipped, pattern: "skipped" },
        { name: "errors", value: balance.errors, pattern: "errors" },
      ]} />
    ${holds(balance, ended)}
  </div>`;
}

function holds(balance, ended) {
  if (balance.holds) {
    return html`<p class="mood-good verdict-line"><${Mark} shape="done" /> The books balance.</p>`;
  }
  if (!ended) return html`<p class="quiet">Its workers' rows are being written.</p>`;
  return html`<p class="mood-bad verdict-line"><${Mark} shape="failed" />
    ${plural(Math.abs(balance.missing), "line")} do not add up.</p>`;
}
