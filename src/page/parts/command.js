// A command line that does the same as the button above it, to copy.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Mark } from "./mark.js";

// Without a secure origin there is no clipboard to write to: then the text is selected, to copy by hand.
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
}

// Words are broken between, as options begin with what a browser would break behind.
const wordsOf = (line) => line.split(" ").map((word, i) => html`${i > 0 && " "}<span key=${i}>${word}</span>`);

export function Command({ line, label = "The same in a terminal" }) {
  const [said, setSaid] = useState("");
  const onCopy = async (event) => {
    const done = await copy(line, event.currentTarget.previousElementSibling);
    setSaid(done ? "Copied" : "Selected");
    setTimeout(() => setSaid(""), 2000);
  };
  return html`<div class="command">
    <code tabindex="0" aria-label=${label}>${wordsOf(line)}</code>
    <button type="button" class="icon-button" onClick=${onCopy} title="Copy the command" aria-label=${`Copy: ${line}`}>
      <${Mark} shape=${said === "Copied" ? "done" : "copy"} />
    </button>
    <span class="command-said" role="status">${said}</span>
  </div>`;
}
