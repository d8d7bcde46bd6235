// The page: which screen is shown, around it what all have in common.

import { render } from "./vendor/preact.js";
import { useEffect, useRef } from "./vendor/hooks.js";
import { html } from "./parts/html.js";
import { AwayStrip, TopBar } from "./parts/chrome.js";
import { Empty } from "./parts/problem.js";
import { Audit, JobAudit } from "./screens/audit.js";
import { Errors } from "./screens/errors.js";
import { Files } from "./screens/files.js";
import { Job } from "./screens/job.js";
import { Jobs } from "./screens/jobs.js";
import { learnAbout, Login, useCodeOfAddress } from "./screens/login.js";
import { Logs } from "./screens/logs.js";
import { NewReplay } from "./screens/new.js";
import { Plan } from "./screens/plan.js";
import { Report } from "./screens/report.js";
import { whenSignedOut } from "./api.js";
import { followLinks, useRoute } from "./router.js";
import { set, startClock, useStore } from "./store.js";

const Missing = () => html`<${Empty} title="There is no such screen."><p><a href="/">All jobs</a></p></${Empty}>`;

const SCREENS = {
  jobs: Jobs, new: NewReplay, plan: Plan, job: Job, files: Files, errors: Errors, logs: Logs,
  report: Report, job_audit: JobAudit, audit: Audit, login: Jobs, missing: Missing,
};
const TITLES = { jobs: "Jobs", login: "Jobs", new: "New replay", audit: "Audit", missing: "Not found" };

// What was shown stays behind the question who you are, with all that was filled in.
function App() {
  const { screen, id, query } = useRoute();
  const about = useStore((state) => state.about);
  const signedOut = useStore((state) => state.signedOut);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${TITLES[screen] ?? `${screen} ${id}`} · reprocess`;
    // Who goes on by keyboard, or has it read, begins at the new screen.
    if (!first.current) document.getElementById("main")?.focus({ preventScroll: true });
    first.current = false;
  }, [screen, id]);
  const Screen = SCREENS[screen];
  if (signedOut && !about) return html`<main id="main"><${Login} /></main>`;
  return html`<a class="skip" href="#main">To the content</a>
    <${TopBar} screen=${screen} />
    <main id="main" tabindex="-1" class=${`screen screen-${screen}`} inert=${signedOut}>${about && html`<${Screen} key=${`${screen} ${id}`} id=${id} query=${query} />`}</main>
    ${signedOut && html`<div class="login-over"><${Login} expired /></div>`}
    <${AwayStrip} />`;
}

// Until the server answers for the first time.
async function begin() {
  await useCodeOfAddress();
  const ask = async () => {
    const known = await learnAbout();
    if (!known) setTimeout(() => askAgain(), 2000);
  };
  const askAgain = () => (document.querySelector(".login") ? undefined : ask());
  await ask();
}

whenSignedOut(() => set({ signedOut: true }));
startClock();
followLinks();
render(html`<${App} />`, document.getElementById("page"));
begin();
