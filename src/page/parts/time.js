// A moment: how long ago, with the date and time behind it; and the date and time by themselves.

import { html } from "./html.js";
import { absolute, clock, relative, NONE } from "../formats.js";
import { useStore } from "../store.js";

export function Ago({ at }) {
  const now = useStore((state) => state.now);
  const utc = useStore((state) => state.utc);
  if (!at) return NONE;
  return html`<time datetime=${at} title=${absolute(at, utc)}>${relative(at, now)}</time>`;
}

export function At({ at }) {
  const utc = useStore((state) => state.utc);
  if (!at) return NONE;
  return html`<time datetime=${at}>${absolute(at, utc)}</time>`;
}

export function Clock({ at }) {
  const utc = useStore((state) => state.utc);
  return html`<time datetime=${at} title=${absolute(at, utc)}>${clock(at, utc)}</time>`;
}
