// The mark of a state: a shape of its own for each, so that colour is never alone.

import { html } from "./html.js";

const SHAPES = {
  planned: html`<circle cx="8" cy="8" r="5.5" fill="none" stroke-dasharray="2.6 2" />`,
  running: html`<path d="M5 3.2v9.6l8-4.8z" class="filled" />`,
  waiting: html`<circle cx="8" cy="8" r="6" fill="none" /><path d="M8 4.5V8l2.4 1.6" fill="none" />`,
  paused: html`<path d="M5.4 3.5v9M10.6 3.5v9" fill="none" stroke-width="2.6" />`,
  stopped: html`<rect x="3.8" y="3.8" width="8.4" height="8.4" rx="1" class="filled" />`,
  lost: html`<circle cx="8" cy="8" r="6" fill="none" /><path d="M6.3 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.6-.9 1.2M8 11.4v.1" fill="none" />`,
  done: html`<path d="M2.8 8.6l3.4 3.4 7-7.6" fill="none" stroke-width="2.2" />`,
  attention: html`<path d="M8 2.2l6.2 11.2H1.8z" fill="none" /><path d="M8 6.4v3.2M8 11.5v.1" fill="none" />`,
  failed: html`<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke-width="2.4" />`,
  cancelled: html`<circle cx="8" cy="8" r="6" fill="none" /><path d="M3.9 12.1l8.2-8.2" fill="none" />`,
  live: html`<circle cx="8" cy="8" r="5" class="filled" />`,
  copy: html`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5" fill="none" /><path d="M10.5 3.5v-1h-8v8h1" fill="none" />`,
};

// `label`: said by a screen reader where no word stands beside it.
export function Mark({ shape, label }) {
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return html`<svg class="mark" viewBox="0 0 16 16" ...${said}>${SHAPES[shape]}</svg>`;
}

// Mark and word of a look, in its colour.
export function State({ look, large }) {
  return html`<span class=${`state mood-${look.mood}${large ? " state-large" : ""}`}>
    <${Mark} shape=${look.mark} /><span>${look.word}</span>
  </span>`;
}
