// How many of a job's pods run at once.

import { useState } from "../vendor/hooks.js";
import { html } from "./html.js";
import { Confirm } from "./confirm.js";
import * as api from "../api.js";
import { scaleCommand } from "../commands.js";

export function ParallelismDialog({ job, ...rest }) {
  const most = job.total_workers;
  const running = job.shards.filter((shard) => shard.state === "running").length;
  const [pods, setPods] = useState(Math.max(1, running));
  return html`<${Confirm} title=${html`Parallelism of <code>${job.id}</code>`} button=${`Run ${pods} at once`} reason=${false}
      ready=${pods >= 1 && pods <= most} command=${scaleCommand(job.id, pods)}
      act=${async () => {
        await api.setParallelism(job.id, pods);
        return api.job(job.id);
      }} ...${rest}>
    <p>${running} of its ${most} workers run now. Pods that are too many commit and end; their shards go on later.</p>
    <label class="field"><span>Pods at once <em>1 to ${most}</em></span>
      <input type="number" min="1" max=${most} value=${pods} onInput=${(event) => setPods(Number(event.target.value))} /></label>
  </${Confirm}>`;
}
