// The one store: what every screen may need to know. Screens keep their own documents.

import { useEffect, useState } from "./vendor/hooks.js";

// What a browser may refuse to keep is not kept.
export const kept = {
  get: (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // It is only a convenience.
    }
  },
};

let state = {
  about: null, // of GET /about
  signedOut: false,
  session: 0, // counts sign-ins: what was refused is asked for again
  link: "connecting", // connecting, live, polling, away
  awayWhy: null, // what the server says that it cannot reach; null where it does not answer itself
  heardAt: null, // when the server last said something
  utc: kept.get("utc") ?? true,
  now: Date.now(), // the server's clock, once a second
};
const listeners = new Set();

export const get = () => state;

export function set(changes) {
  state = { ...state, ...changes };
  for (const listener of listeners) listener(state);
}

// A part of the store, followed: const utc = useStore((s) => s.utc).
export function useStore(part) {
  const [value, setValue] = useState(() => part(state));
  useEffect(() => {
    const follow = (next) => setValue(() => part(next));
    follow(state);
    listeners.add(follow);
    return () => listeners.delete(follow);
  }, []);
  return value;
}

export function setUtc(utc) {
  kept.set("utc", utc);
  set({ utc });
}

// The server answered, by a stream or by being asked.
export function heard(link) {
  set({ link, heardAt: Date.now() });
}

// A problem in which nothing could be learned.
export function lost({ status, message }) {
  set({ link: "away", awayWhy: status ? message : null });
}

// Times are told by the server's clock, so that a wrong one here does not lie.
let ahead = 0;
export function setServerClock(text) {
  const at = Date.parse(text);
  if (Number.isFinite(at)) ahead = at - Date.now();
  set({ now: Date.now() + ahead });
}
export function startClock() {
  setInterval(() => set({ now: Date.now() + ahead }), 1000);
}
