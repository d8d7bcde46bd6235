// Who are you? A token is given once for a session; the page keeps none.

import { useState } from "../vendor/hooks.js";
import { html } from "../parts/html.js";
import { ProblemBox } from "../parts/problem.js";
import * as api from "../api.js";
import { get, heard, lost, set, setServerClock } from "../store.js";

// Learns who asks and what may be done; false where the server wants to know first.
export async function learnAbout() {
  try {
    const about = await api.about();
    setServerClock(about.now);
    set({ about, signedOut: false });
    heard("live");
    return true;
  } catch (problem) {
    if (problem.status === 401) set({ signedOut: true });
    if (problem.away) lost(problem);
    return false;
  }
}

export async function signIn(credential) {
  await api.signIn(credential);
  if (await learnAbout()) set({ session: get().session + 1 });
}

// The first address that the server printed carries a code that is good for one login.
export async function useCodeOfAddress() {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await api.signIn({ code: decodeURIComponent(code) });
  } catch {
    // It was used before, or is old: the screen asks for a token.
  }
}

export function Login({ expired }) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const onSubmit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn({ token: token.trim() });
    } catch (refused) {
      setProblem(refused.status === 401 ? { message: "This token is not known here", hint: "It is one of AUTH_TOKENS of this server." } : refused);
    }
    setBusy(false);
  };
  return html`<div class="login"><form class="login-card" onSubmit=${onSubmit}>
    <img src="/assets/mark.svg" alt="" width="40" height="40" />
    <h1>${expired ? "Your session has ended" : "Sign in"}</h1>
    <p class="quiet">${expired ? "Sign in again, and you are where you were." : "With a token of this server. Or start it anew in a terminal: the address that it prints signs you in."}</p>
    <label class="field"><span>Token</span>
      <input name="token" type="password" autocomplete="current-password" required autofocus value=${token}
        onInput=${(event) => setToken(event.target.value)} /></label>
    <${ProblemBox} problem=${problem} />
    <button type="submit" class="button button-main" disabled=${busy}>Sign in</button>
  </form></div>`;
}
