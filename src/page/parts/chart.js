// Lines and bytes a second and consumer lag, one above the other, over the same time.

import { useEffect, useRef } from "../vendor/hooks.js";
import uPlot from "../vendor/uplot.js";
import { html } from "./html.js";
import { bytes, short, NONE } from "../formats.js";
import { chartOf } from "../rates.js";
import { useStore } from "../store.js";

document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/assets/vendor/uplot.css" }));

const HEIGHT = 104;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]; // between ticks

// The colours of the theme, as the canvas needs them.
function coloursOf(element) {
  const style = getComputedStyle(element);
  const of = (name) => {
    element.style.color = `var(${name})`;
    const colour = style.color;
    element.style.color = "";
    return colour;
  };
  return { line: of("--go"), fill: of("--go-tint"), grid: of("--line"), text: of("--muted") };
}

function optionsOf(element, { title, format, utc }) {
  const colours = coloursOf(element);
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, sync: { key: "job" }, points: { size: 6 } },
    select: { show: false },
    tzDate: (seconds) => (utc ? uPlot.tzDate(new Date(seconds * 1000), "UTC") : new Date(seconds * 1000)),
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.15 : 10] } },
    axes: [
      { ...axis, space: 80, size: 22, values: "{HH}:{mm}:{ss}", incrs: SECONDS },
      { ...axis, size: 64, space: 34, values: (_, ticks) => ticks.map(format) },
    ],
    series: [{}, { label: title, stroke: colours.line, fill: colours.fill, width: 1.75, points: { show: false } }],
  };
}

// One of them. It is made anew for another theme or clock, and only given numbers otherwise.
function Plot({ title, at, values, format }) {
  const element = useRef(null), plot = useRef(null);
  const utc = useStore((state) => state.utc);
  useEffect(() => {
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element.current, { title, format, utc }), [at, values], element.current);
    };
    make();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const resize = new ResizeObserver(([entry]) =>
      plot.current?.setSize({ width: Math.max(200, entry.contentRect.width), height: HEIGHT }));
    resize.observe(element.current);
    dark.addEventListener("change", make);
    return () => {
      resize.disconnect();
      dark.removeEventListener("change", make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [utc]);
  useEffect(() => plot.current?.setData([at, values]), [at, values]);
  const now = values.at(-1);
  const said = now === null || now === undefined ? NONE : format(now);
  return html`<figure class="plot">
    <figcaption><span>${title}</span><strong>${said}</strong></figcaption>
    <div ref=${element} class="plot-area" role="img" aria-label=${`${title}, now ${said}`} />
  </figure>`;
}

export function Chart({ moments }) {
  const { at, lines, bytes: sizes, lag } = chartOf(moments);
  return html`<div class="chart">
    <${Plot} title="Lines a second" at=${at} values=${lines} format=${short} />
    <${Plot} title="Bytes a second" at=${at} values=${sizes} format=${bytes} />
    ${lag.some((value) => value !== null) && html`<${Plot} title="Consumer lag" at=${at} values=${lag} format=${short} />`}
  </div>`;
}
