// Log lines as they are written: those of before, then each as it comes, drawn a few times a second.

import { useEffect, useRef, useState } from "./vendor/hooks.js";
import * as api from "./api.js";
import { heard, lost } from "./store.js";

const TAIL = 2000; // lines of each worker to begin with
const MOST = 50_000; // kept; the oldest go
const DRAW_MS = 150;
const AGAIN_MS = 2000;

const EMPTY = { lines: [], notes: [], held: 0, ended: false, problem: null };

// {lines, notes, held, ended, problem}: `held` came while it was paused, and is shown when it goes on.
export function useLogs(id, worker, paused) {
  const [shown, setShown] = useState(EMPTY);
  const isPaused = useRef(paused);
  isPaused.current = paused;
  useEffect(() => readLogs(id, worker, isPaused, setShown), [id, worker]);
  return shown;
}

function readLogs(id, worker, isPaused, setShown) {
  let source = null, timer = null, waiting = [], began = false, over = false;
  setShown(EMPTY);

  const draw = () => {
    if (waiting.length === 0) return;
    if (isPaused.current) return setShown((shown) => ({ ...shown, held: waiting.length }));
    const fresh = waiting;
    waiting = [];
    setShown((shown) => ({ ...shown, lines: [...shown.lines, ...fresh].slice(-MOST), held: 0, problem: null }));
  };
  const close = () => {
    clearTimeout(timer);
    source?.close();
  };
  const open = () => {
    close();
    source = api.logEvents(id, { worker, tail: TAIL });
    source.addEventListener("open", () => {
      heard("live");
      // After a break the server begins with the tail again.
      if (began) setShown(EMPTY);
      began = true;
      waiting = [];
    });
    source.addEventListener("line", (event) => waiting.push(JSON.parse(event.data)));
    source.addEventListener("note", (event) => {
      const { text } = JSON.parse(event.data);
      setShown((shown) => ({ ...shown, notes: [...new Set([...shown.notes, text])] }));
    });
    source.addEventListener("end", () => {
      over = true;
      close();
      draw();
      setShown((shown) => ({ ...shown, ended: true }));
    });
    source.addEventListener("error", () => {
      close();
      timer = setTimeout(again, AGAIN_MS);
    });
  };
  // A stream does not say why it was refused; the call beside it does.
  const again = async () => {
    try {
      await api.logs(id, { worker, tail: 1 });
      if (!over && !document.hidden) open();
    } catch (problem) {
      if (over || document.hidden) return;
      if (problem.away) lost(problem);
      else setShown((shown) => ({ ...shown, problem }));
      if (problem.away) timer = setTimeout(again, AGAIN_MS);
    }
  };
  const onVisible = () => {
    if (document.hidden) close();
    else if (!over) open();
  };
  open();
  const drawing = setInterval(draw, DRAW_MS);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    over = true;
    close();
    clearInterval(drawing);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
