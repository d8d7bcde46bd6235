// A job's workers: how far each is, and where exactly. Many of them also as lanes, to see at a glance
// which one is behind.

import { html } from "./html.js";
import { Progress } from "./bar.js";
import { Mark } from "./mark.js";
import { Windowed } from "./windowed.js";
import { count, duration, percent, tail } from "../formats.js";
import { lookOf, shardSentence } from "../looks.js";
import { shardProgress } from "../tables.js";

const ROW = 56;
const FEW = 12;

export function Workers({ shards }) {
  if (shards.length === 0) return html`<p class="quiet">No worker has claimed a shard yet.</p>`;
  const row = (shard) => html`<${Worker} shard=${shard} />`;
  if (shards.length <= FEW) {
    return html`<ul class="workers">${shards.map((shard) => html`<li key=${shard.shard}>${row(shard)}</li>`)}</ul>`;
  }
  return html`<${Lanes} shards=${shards} />
    <${Windowed} items=${shards} rowHeight=${ROW} row=${row} label="Workers" className="workers workers-many" />`;
}

function Worker({ shard }) {
  const look = lookOf({ ...shard, exit_code: 0 });
  const fraction = shardProgress(shard);
  return html`<div class="worker" title=${signsOf(shard)}>
    <span class=${`worker-name mood-${look.mood}`}><${Mark} shape=${look.mark} label=${look.word} />${shard.shard}</span>
    <${Progress} fraction=${fraction} mood=${look.mood} label=${`Worker ${shard.shard}`} still=${look.mood === "warn"} />
    <span class="worker-percent number">${percent(fraction)}</span>
    <span class="worker-place">${placeOf(shard)}</span>
    <span class="worker-counts number">${count(shard.success_count)} sent${shard.error_count > 0 &&
      html`, <strong class="mood-bad">${count(shard.error_count)} errors</strong>`}</span>
  </div>`;
}

function placeOf(shard) {
  const said = shardSentence(shard);
  if (said) return said;
  return html`<span title=${shard.current_file}><code>${tail(shard.current_file, 56)}</code>, line ${count(shard.current_line)}</span>`;
}

function signsOf(shard) {
  const signs = [
    shard.host && `on ${shard.host}`,
    shard.generation !== null && `generation ${shard.generation}`,
    shard.heartbeat_age_ms !== null && `last sign ${duration(shard.heartbeat_age_ms / 1000)} ago`,
    shard.mode,
  ];
  return signs.filter(Boolean).join(", ");
}

function Lanes({ shards }) {
  return html`<div class="lanes" aria-hidden="true">
    ${shards.map((shard) => html`<div key=${shard.shard} class=${`lane mood-${lookOf({ ...shard, exit_code: 0 }).mood}`}
      title=${`worker ${shard.shard}: ${percent(shardProgress(shard))}`}>
      <div style=${{ "--part": `${(shardProgress(shard) * 100).toFixed(1)}%` }} />
    </div>`)}
  </div>`;
}
