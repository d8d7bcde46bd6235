// A list that is read page by page, as it is scrolled to.

import { useState } from "./vendor/hooks.js";

// `fetch(after)` → a promise of {rows, next}. `after` is `undefined` for the first page. more() reads the
// next one, unless one is read or there is none; after a problem only again() does.
export function usePages(fetch) {
  const [list, setList] = useState({ rows: [], next: undefined, busy: false, begun: false, problem: null });
  const read = async () => {
    setList({ ...list, busy: true, problem: null });
    try {
      const { rows, next } = await fetch(list.next);
      setList({ rows: [...list.rows, ...rows], next, busy: false, begun: true, problem: null });
    } catch (problem) {
      setList({ ...list, busy: false, problem });
    }
  };
  const ended = list.begun && !list.next;
  return { ...list, ended, again: read, more: () => (list.busy || list.problem || ended ? undefined : read()) };
}
