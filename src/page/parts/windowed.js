// A long list of which only the rows in sight are in the page: rows of one height, any number of them.

import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { windowOf } from "../tables.js";

// `row(item, index)` draws one. `follow`: stays at the end as items come; `onScrolled(atEnd)` tells
// when a person leaves the end, or comes back. `onEnd` is called when its end comes into sight. `fit`: no higher than its rows.
export function Windowed({ items, rowHeight, row, label, className, follow, onScrolled, onEnd, fit }) {
  const box = useRef(null), lastTop = useRef(0);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const look = () => {
    const { scrollTop, clientHeight } = box.current;
    setSeen({ top: scrollTop, height: clientHeight });
  };
  useLayoutEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follow) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, items.length]);
  const { first, last, before, after } = windowOf(items.length, rowHeight, seen.top, seen.height);
  useEffect(() => {
    if (onEnd && last >= items.length) onEnd();
  }, [last, items.length]);

  // Rows that come make it longer below: only who moves up has left the end.
  const onScroll = () => {
    look();
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    if (scrollTop + clientHeight >= scrollHeight - rowHeight) onScrolled?.(true);
    else if (scrollTop < lastTop.current) onScrolled?.(false);
    lastTop.current = scrollTop;
  };
  const height = fit && { height: `min(30rem, ${Math.max(3, items.length) * rowHeight + 2}px)` };
  return html`<div ref=${box} style=${height} class=${`windowed ${className ?? ""}`} onScroll=${onScroll} tabindex="0"
      role="region" aria-label=${label}>
    <div role="list" aria-label=${`${label}, ${items.length} rows`}>
      <div role="none" style=${{ height: `${before}px` }} />
      ${items.slice(first, last).map((item, i) => html`<div role="listitem" class="windowed-row" key=${first + i}
          aria-setsize=${items.length} aria-posinset=${first + i + 1} style=${{ height: `${rowHeight}px` }}>
        ${row(item, first + i)}
      </div>`)}
      <div role="none" style=${{ height: `${after}px` }} />
    </div>
  </div>`;
}
