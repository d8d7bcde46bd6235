// A document that follows the server: a snapshot, then changes, by one stream of events.
//
//   stream     one a page; closed while the page is hidden, because a browser allows six a server
//   fall-back  where streams do not come through the document is asked for every few seconds
//   away       the document stays as it was; it is asked for again, at longer and longer intervals

import { useEffect, useLayoutEffect, useRef, useState } from "./vendor/hooks.js";
import { applyPatch } from "./patch.js";
import { heard, lost, useStore } from "./store.js";

const POLL_MS = 3000;
const LONGEST_MS = 15_000;
const SNAPSHOT_MS = 8000; // a stream that says nothing for so long is held up on its way
const STREAM_AGAIN_MS = 20_000;

// follow({fetch, stream, onDocument, onProblem}) → stop().
export function follow({ fetch, stream, onDocument, onProblem }) {
  let source = null, timer = null, stopped = false, known = null;
  let failures = 0, brokenStreams = 0, streamAfter = 0;

  const take = (next, link) => {
    failures = 0;
    if (link === "live") {
      brokenStreams = 0;
      clearTimeout(timer);
    }
    known = next;
    heard(link);
    onDocument(next);
  };
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(poll, ms);
  };
  const close = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
  };

  async function poll() {
    try {
      const next = await fetch();
      if (stopped || document.hidden || source) return;
      take(next, "polling");
      if (Date.now() >= streamAfter) open();
      else later(POLL_MS);
    } catch (problem) {
      if (stopped || document.hidden || source) return;
      ++failures;
      if (problem.away) lost(problem);
      else onProblem(problem);
      if (problem.status !== 401 && problem.status !== 404) later(Math.min(LONGEST_MS, 500 * 2 ** failures));
    }
  }

  function open() {
    close();
    source = stream();
    source.addEventListener("snapshot", (event) => take(JSON.parse(event.data), "live"));
    source.addEventListener("change", (event) => {
      try {
        take(applyPatch(known, JSON.parse(event.data)), "live");
      } catch {
        open(); // a change of something that is not here: begin with a snapshot
      }
    });
    source.addEventListener("away", (event) => lost({ status: 503, message: JSON.parse(event.data).error }));
    source.addEventListener("error", broken);
    timer = setTimeout(broken, SNAPSHOT_MS);
  }

  // The first time it is tried again at once: a server that was restarted is there again.
  function broken() {
    close();
    streamAfter = brokenStreams > 0 ? Date.now() + STREAM_AGAIN_MS : 0;
    ++brokenStreams;
    later(250);
  }

  const onVisible = () => {
    if (document.hidden) return close();
    if (!source) open();
  };
  document.addEventListener("visibilitychange", onVisible);
  if (!document.hidden) open();
  return () => {
    stopped = true;
    close();
    document.removeEventListener("visibilitychange", onVisible);
  };
}

// {document, problem, again}: of what `source` says, as long as the screen is there. `key` tells one
// document from another; what was shown of the last stays until the first of the next.
export function useLive(key, { fetch, stream, onDocument }) {
  const [shown, setShown] = useState({ key, document: null, problem: null });
  const [round, setRound] = useState(0);
  const session = useStore((state) => state.session);
  const told = useRef(onDocument);
  told.current = onDocument;
  // Before what is there is drawn: the answer is on its way meanwhile.
  useLayoutEffect(
    () =>
      follow({
        fetch,
        stream,
        onDocument: (document) => {
          told.current?.(document);
          setShown({ key, document, problem: null });
        },
        onProblem: (problem) => setShown((before) => ({ ...before, key, problem })),
      }),
    [key, round, session],
  );
  const current = shown.key === key ? shown : { document: null, problem: null };
  return { ...current, again: () => setRound((n) => n + 1) };
}

// A document that is asked for once, and again when `again` is called: {document, problem, busy, again}.
export function useAsked(key, fetch) {
  const [shown, setShown] = useState({ key, document: null, problem: null, busy: true });
  const [round, setRound] = useState(0);
  const session = useStore((state) => state.session);
  useEffect(() => {
    let current = true, timer = null;
    const ask = async () => {
      try {
        const document = await fetch();
        heard("live");
        if (current) setShown({ key, document, problem: null, busy: false });
      } catch (problem) {
        if (!current) return;
        if (problem.away) {
          lost(problem);
          timer = setTimeout(ask, POLL_MS);
        } else {
          setShown((before) => ({ ...before, key, problem, busy: false }));
        }
      }
    };
    ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, round, session]);
  const shownNow = shown.key === key ? shown : { document: null, problem: null, busy: true };
  return { ...shownNow, again: () => setRound((n) => n + 1) };
}
