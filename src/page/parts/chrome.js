// What is around every screen: the bar on top, and the strip that says when the server is away.

import { html, names } from "./html.js";
import { Mark } from "./mark.js";
import { clock } from "../formats.js";
import * as api from "../api.js";
import { set, setUtc, useStore } from "../store.js";

const LINKS = {
  connecting: ["Connecting", "calm", "waiting"],
  live: ["Live", "good", "live"],
  polling: ["Asking every few seconds", "warn", "waiting"],
  away: ["Server away", "bad", "attention"],
};

export function TopBar({ screen }) {
  const about = useStore((state) => state.about);
  const utc = useStore((state) => state.utc);
  const current = (screens) => (screens.includes(screen) ? "page" : undefined);
  return html`<header class="top">
    <a class="brand" href="/" aria-label="reprocess, all jobs"><img src="/assets/mark.svg" alt="" width="22" height="22" />reprocess</a>
    <nav aria-label="Screens">
      <a href="/" aria-current=${current(["jobs"])}>Jobs</a>
      <a href="/new" aria-current=${current(["new", "plan"])}>New replay</a>
      <a href="/audit" aria-current=${current(["audit"])}>Audit</a>
    </nav>
    <div class="top-end">
      <${Link} />
      <button type="button" class="quiet-button" aria-label=${`Times are ${utc ? "UTC" : "local"}; show ${utc ? "local time" : "UTC"}`}
        onClick=${() => setUtc(!utc)}>${utc ? "UTC" : "Local"}</button>
      ${about?.who && html`<span class="who" title=${about.may === "view" ? "may only look" : "may operate"}>${about.who}</span>`}
      ${about && !about.open && html`<button type="button" class="quiet-button" onClick=${leave}>Sign out</button>`}
    </div>
  </header>`;
}

function Link() {
  const link = useStore((state) => state.link);
  const [word, mood, mark] = LINKS[link];
  return html`<span class=${`link mood-${mood}`} role="status" title=${word}><${Mark} shape=${mark} /><span class="link-word">${word}</span></span>`;
}

// The session is over for this page also where the server cannot be told.
async function leave() {
  try {
    await api.signOut();
  } catch (problem) {
    if (!problem.away && problem.status !== 401) throw problem;
  }
  set({ about: null, signedOut: true });
}

// Laid over the page's end, so that nothing on it moves.
export function AwayStrip() {
  const link = useStore((state) => state.link);
  const why = useStore((state) => state.awayWhy);
  const heardAt = useStore((state) => state.heardAt);
  const utc = useStore((state) => state.utc);
  const away = link === "away";
  return html`<div class=${names("away", away && "away-shown")} role="status">
    ${away && html`<${Mark} shape="attention" /><p><strong>${why ?? "The server does not answer"}.</strong>
      ${heardAt && html` What you see is of ${clock(heardAt, utc)}.`} Jobs go on without this page; it comes back by itself.</p>`}
  </div>`;
}
