// The one file that talks to the server. Each call answers with its document, or throws a Problem.

const ROOT = "/api/v1";
// The server gives up before; these are for a network that went away. Who leaves early stops what was begun.
const PATIENCE_MS = 35_000;
const PATIENCE_TO_START_MS = 125_000;

// {error, hint, where, code} as the server said it; `away` where it could not be asked at all.
export class Problem extends Error {
  constructor(status, said) {
    super(said.error);
    this.status = status;
    this.hint = said.hint ?? null;
    this.where = said.where ?? null;
    this.code = said.code ?? "away";
  }
  get away() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const noAnswer = () => new Problem(0, { error: "The server does not answer", hint: "It is asked again by itself." });

let onSignedOut = () => {};
// Told whenever the server no longer knows who asks.
export function whenSignedOut(call) {
  onSignedOut = call;
}

async function ask(method, path, body, key, patience = PATIENCE_MS) {
  const headers = { accept: "application/json" };
  // What a form of another site cannot send, on everything that changes something.
  if (method !== "GET") headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw noAnswer();
  }
  if (answer.status === 401 && path !== "/session") onSignedOut();
  if (!answer.ok) throw new Problem(answer.status, await saidBy(answer));
  return answer;
}

async function saidBy(answer) {
  try {
    return await answer.json();
  } catch {
    return { error: `The server answered ${answer.status}` };
  }
}

// The server may go away within its answer.
const textOf = (answer) =>
  answer.text().catch(() => {
    throw noAnswer();
  });

async function json(method, path, body, key, patience) {
  const answer = await ask(method, path, body, key, patience);
  if (answer.status === 204) return null;
  return JSON.parse(await textOf(answer));
}

// {a: 1, b: null} → "?a=1"
function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

const jobPath = (id, rest = "") => `/jobs/${encodeURIComponent(id)}${rest}`;

// A word of its own for an act: sent again with the same one, it is done once.
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Asked for when this file has come, which is before those that wait for the answer have. An address
// with a code signs in before anything is asked.
let firstAbout = location.hash ? null : json("GET", "/about");
firstAbout?.catch(() => {}); // whoever takes it is told

export function about() {
  const asked = firstAbout ?? json("GET", "/about");
  firstAbout = null;
  return asked;
}
export const signIn = (credential) => json("POST", "/session", credential);
export const signOut = () => json("DELETE", "/session");

export const jobs = (filter = {}) => json("GET", `/jobs${query(filter)}`);
export const job = (id) => json("GET", jobPath(id));
export const files = (id, page = {}) => json("GET", jobPath(id, `/files${query(page)}`));
export const errors = (id, page = {}) => json("GET", jobPath(id, `/errors${query(page)}`));
export const pods = (id) => json("GET", jobPath(id, "/pods"));
export const audit = (page = {}, id = null) => json("GET", `${id ? jobPath(id) : ""}/audit${query(page)}`);
export const verifyState = (id) => json("GET", jobPath(id, "/verify"));

export const makePlan = (request, key) => json("POST", "/plans", request, key);
export const plan = (id) => json("GET", `/plans/${encodeURIComponent(id)}`);
export const startJob = (start, key) => json("POST", "/jobs", start, key, PATIENCE_TO_START_MS);

// act: pause, suspend, resume, cancel
export const act = (id, name, reason, key) => json("POST", jobPath(id, `/${name}`), { reason }, key);
export const retry = (id, what, key) => json("POST", jobPath(id, "/retry"), what, key, PATIENCE_TO_START_MS);
export const verify = (id, key) => json("POST", jobPath(id, "/verify"), {}, key);
export const setLimits = (id, limits) => json("PUT", jobPath(id, "/limits"), limits);
export const setParallelism = (id, pods) => json("PUT", jobPath(id, "/parallelism"), { pods });

// The report's document with its text and SHA-256, which the server says.
export async function report(id) {
  const answer = await ask("GET", jobPath(id, "/report"));
  const text = await textOf(answer);
  return { document: JSON.parse(text), text, sha256: answer.headers.get("x-document-sha256") };
}
export const reportPage = (id) => `${ROOT}${jobPath(id, "/report?format=html")}`;

// Streams of events; the caller closes them.
export const jobEvents = (id) => new EventSource(`${ROOT}/events${query({ job: id })}`);
export const logEvents = (id, { worker, tail }) =>
  new EventSource(`${ROOT}${jobPath(id, `/logs${query({ worker, tail, follow: 1 })}`)}`);
export const logs = (id, range = {}) => json("GET", jobPath(id, `/logs${query(range)}`));
