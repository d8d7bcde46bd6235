// Templates for all screens: html`<${Part} name=${value} />`. What stands for ${…} is text, never markup.

import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);

// Those class names that are given.
export const names = (...classes) => classes.filter(Boolean).join(" ");
