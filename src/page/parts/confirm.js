// A dialog that says what an act does before it is done: the job's name and counts, the command that
// does the same, a reason for the books. It is sent with one key, so that trying again does it once.

import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Command } from "./command.js";
import { ProblemBox } from "./problem.js";
import { newKey } from "../api.js";

// `act(reason, key)` → a promise; `onDone(answer)` when it is done, `onClose()` when it is given up.
export function Confirm({ title, button, destructive, command, children, reason = true, ready = true, act, onDone, onClose }) {
  const dialog = useRef(null);
  const [why, setWhy] = useState("");
  const [key] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  // It is closed before it is gone, for only then the focus is back where it was; and its close event, which
  // comes later, is nobody's by then: another dialog may be open.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown.showModal();
    shown.addEventListener("close", onClose);
    return () => {
      shown.removeEventListener("close", onClose);
      shown.close();
    };
  }, []);

  const onSubmit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = await act(why.trim(), key);
      onDone?.(answer);
      onClose();
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  // Not left to the close event, which comes later: a key pressed in between would find it still open.
  const onCancel = (event) => {
    event.preventDefault();
    if (!busy) onClose();
  };
  const line = typeof command === "function" ? command(why.trim()) : command;
  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="dialog-title" onCancel=${onCancel}>
    <form onSubmit=${onSubmit}>
      <h2 id="dialog-title">${title}</h2>
      <div class="dialog-body">${children}</div>
      ${reason && html`<label class="field"><span>Why <em>for the books</em></span>
        <input name="reason" value=${why} maxlength="500" autocomplete="off" placeholder="outage of 1 May, ticket 4711"
          onInput=${(event) => setWhy(event.target.value)} />
      </label>`}
      <${ProblemBox} problem=${problem} />
      ${line && html`<${Command} line=${line} />`}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose} disabled=${busy}>Leave it as it is</button>
        <button type="submit" class=${`button ${destructive ? "button-bad" : "button-main"}`} disabled=${busy || !ready}>
          ${busy ? "…" : button}
        </button>
      </div>
    </form>
  </dialog>`;
}
