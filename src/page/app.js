// The page: which screen is shown, around it what all have in common.

import { render } from "./vendor/preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "./vendor/hooks.js";
import { html } from "./parts/html.js";
import { AwayStrip, TopBar } from "./parts/chrome.js";
import { Empty, Loading } from "./parts/problem.js";
import { Jobs } from "./screens/jobs.js";
import { learnAbout, Login, useCodeOfAddress } from "./screens/login.js";
import { whenSignedOut } from "./api.js";
import { followLinks, useRoute } from "./router.js";
import { set, startClock, useStore } from "./store.js";

const Missing = () => html`<${Empty} title="There is no such screen."><p><a href="/">All jobs</a></p></${Empty}>`;

// The first screen comes with the page; the others when they are asked for, or once there is time.
const screens = { jobs: Jobs, login: Jobs, missing: Missing };
const LATER = {
  new: async () => (await import("./screens/new.js")).NewReplay,
  plan: async () => (await import("./screens/plan.js")).Plan,
  job: async () => (await import("./screens/job.js")).Job,
  files: async () => (await import("./screens/files.js")).Files,
  errors: async () => (await import("./screens/errors.js")).Errors,
  logs: async () => (await import("./screens/logs.js")).Logs,
  report: async () => (await import("./screens/report.js")).Report,
  job_audit: async () => (await import("./screens/audit.js")).JobAudit,
  audit: async () => (await import("./screens/audit.js")).Audit,
};
const SETTLED_MS = 1000; // what the first screen asks for goes first
const ASK_AGAIN_MS = 2000;

const TITLES = { jobs: "Jobs", login: "Jobs", new: "New replay", audit: "Audit", missing: "Not found" };

// As index.html has it, until it is known who asks.
const ASKING = html`<p class="asking" role="status">Asking the server …</p>`;

const NotCome = () => html`<${Empty} title="This screen has not come."><button type="button" class="button" onClick=${() => location.reload()}>Load it again</button></${Empty}>`;

async function load(screen) {
  screens[screen] ??= await LATER[screen]();
}

function useScreen(screen) {
  const [failed, setFailed] = useState(null);
  const [, setLoaded] = useState(null);
  useEffect(() => {
    if (!screens[screen]) load(screen).then(() => setLoaded(screen), () => setFailed(screen));
  }, [screen]);
  return screens[screen] ?? (failed === screen ? NotCome : Loading);
}

// What was shown stays behind the question who you are, with all that was filled in.
function App() {
  const { screen, id, query } = useRoute();
  const about = useStore((state) => state.about);
  const signedOut = useStore((state) => state.signedOut);
  const first = useRef(true);
  // Before the screen's own effects, which may run early: a job's title would be overwritten.
  useLayoutEffect(() => {
    document.title = `${TITLES[screen] ?? `${screen} ${id}`} · reprocess`;
    // Who goes on by keyboard, or has it read, begins at the new screen.
    if (!first.current) document.getElementById("main")?.focus({ preventScroll: true });
    first.current = false;
  }, [screen, id]);
  const Screen = useScreen(screen);
  if (signedOut && !about) return html`<main id="main"><${Login} /></main>`;
  return html`<a class="skip" href="#main">To the content</a>
    <${TopBar} screen=${screen} />
    <main id="main" tabindex="-1" class=${`screen screen-${screen}`} inert=${signedOut}>${about ? html`<${Screen} key=${`${screen} ${id}`} id=${id} query=${query} />` : ASKING}</main>
    ${signedOut && html`<div class="login-over"><${Login} expired /></div>`}
    <${AwayStrip} />`;
}

// What index.html says stays until it is known who asks, or that nobody answers.
async function begin() {
  await useCodeOfAddress();
  const known = await learnAbout();
  render(html`<${App} />`, document.getElementById("page"));
  if (!known) setTimeout(askAgain, ASK_AGAIN_MS);
  setTimeout(loadOthers, SETTLED_MS);
}

// Until the server answers for the first time, or somebody is asked to sign in.
async function askAgain() {
  if (document.querySelector(".login") || (await learnAbout())) return;
  setTimeout(askAgain, ASK_AGAIN_MS);
}

async function loadOthers() {
  for (const screen of Object.keys(LATER)) await load(screen).catch(() => {});
}

whenSignedOut(() => set({ signedOut: true }));
startClock();
followLinks();
begin();
