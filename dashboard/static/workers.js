/** Who works here, and how busy they are. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { ago, memory, plural } from "./format.js";
import { icon } from "./icons.js";
import { follow } from "./live.js";
import { past } from "./past.js";
import { sparkline } from "./spark.js";
import { sentence } from "./toast.js";

/** @typedef {{worker_id: string, name: string, tags: string[], state: string, host: string, cores: number, cpu_percent: number | null,
 *   memory_total: number, memory_available: number | null, gpus: {index: number, name: string, memory_total: number, memory_used: number,
 *   utilisation_percent: number}[], running_jobs: number, since: string, last_report_at: string}} Worker */

const EVERY_MS = 2000;
const POINTS = 150; // five minutes
/** A chart's value in a sample. @type {Record<string, (sample: any, worker: Worker) => number>} */
const EARLIER = {
  CPU: (sample) => sample.cpu_percent,
  Memory: (sample, worker) => worker.memory_total - sample.memory_available,
  "GPU 0": (sample, worker) => sample.gpu_percent / Math.max(1, worker.gpus.length),
};
/** What was seen, by chart; it goes on while the page is open. @type {Map<string, number[]>} */
const history = new Map();

/** @param {HTMLElement} place @param {AbortSignal} ended */
export function workers(place, ended) {
  const summary = h("p", { class: "muted" });
  const list = h("ul", { class: "workers" });
  fill(place, h("div", { class: "title" }, h("h1", {}, "Workers"), summary), past(ended), list);
  /** @type {Map<string, ReturnType<typeof card>>} */
  const cards = new Map();
  const following = follow(
    async (signal) => /** @type {Worker[]} */ ((await ask("GET", "/workers", { signal })).workers),
    (found) => {
      const alive = found.filter((one) => one.state === "alive");
      summary.textContent = found.length ? `${alive.length} alive, ${plural(alive.reduce((sum, one) => sum + one.cores, 0), "core")}, ${plural(found.reduce((sum, one) => sum + one.running_jobs, 0), "job")} running` : "";
      if (!found.length) {
        cards.clear();
        fill(list, h("li", { class: "empty-state" }, icon("machine"), h("h2", {}, "No worker is here"), h("p", {}, "Uploads are kept and wait until one comes. Start one on any machine:"),
          h("code", { class: "block" }, "python -m worker --controller host:40899 --worker-name w1")));
        return;
      }
      for (const worker of found) {
        if (!cards.has(worker.worker_id)) cards.set(worker.worker_id, card(worker));
        cards.get(worker.worker_id)?.show(worker);
      }
      fill(list, found.map((worker) => /** @type {any} */ (cards.get(worker.worker_id)).element));
    },
    { everyMs: EVERY_MS, failed: (error) => fill(list, h("li", { class: "trouble" }, sentence(error))) },
  );
  ended.addEventListener("abort", following.stop);
}

/** @param {Worker} first */
function card(first) {
  const state = h("span", { class: "pill" });
  const tags = h("p", { class: "tags" });
  const about = h("p", { class: "muted" });
  const charts = h("div", { class: "charts" });
  const element = h("li", { class: "worker" }, h("div", { class: "worker-head" }, h("h2", {}, first.name), state), about, tags, charts);
  /** @type {Map<string, {value: HTMLElement, spark: ReturnType<typeof sparkline>, element: HTMLElement}>} */
  const made = new Map();

  // What happened before the page was opened comes once; from then on it is what the list says.
  ask("GET", `/workers/${first.worker_id}/samples`).then(({ samples }) => {
    for (const [label, value] of Object.entries(EARLIER)) {
      if (!made.has(label)) continue;
      const key = `${first.worker_id} ${label}`;
      history.set(key, [...samples.map((/** @type {any} */ one) => value(one, first)), ...(history.get(key) ?? [])].slice(-POINTS));
      made.get(label)?.spark.show(history.get(key) ?? []);
    }
  }, () => undefined);

  /** @param {string} label @param {number} now @param {number} most @param {string} words @param {boolean} alive */
  const chart = (label, now, most, words, alive) => {
    let one = made.get(label);
    if (!one) {
      const spark = sparkline(`${label} of ${first.name}`, most, POINTS);
      const value = h("span", { class: "number" });
      one = { spark, value, element: h("figure", { class: "chart" }, h("figcaption", {}, h("span", {}, label), value), spark.element) };
      made.set(label, one);
      charts.append(one.element);
    }
    const key = `${first.worker_id} ${label}`;
    const seen = history.get(key) ?? [];
    if (alive) seen.push(now);
    history.set(key, seen.slice(-POINTS));
    one.value.textContent = words;
    one.spark.show(seen);
  };

  /** @param {Worker} worker */
  const show = (worker) => {
    const alive = worker.state === "alive" || worker.state === "draining";
    state.className = `pill ${worker.state}`;
    state.textContent = worker.state;
    element.classList.toggle("gone", !alive);
    about.textContent = [worker.host, plural(worker.cores, "core"), `${plural(worker.running_jobs, "job")} running`, alive ? `here since ${ago(worker.since)}` : `last heard of ${ago(worker.last_report_at)}`].join(" · ");
    fill(tags, worker.tags.map((tag) => h("span", { class: "tag-chip" }, tag)));
    tags.hidden = !worker.tags.length;
    if (worker.cpu_percent !== null) chart("CPU", worker.cpu_percent, 100, `${Math.round(worker.cpu_percent)} %`, alive);
    if (worker.memory_available !== null) {
      const used = worker.memory_total - worker.memory_available;
      chart("Memory", used, worker.memory_total, `${memory(used)} of ${memory(worker.memory_total)}`, alive);
    }
    for (const gpu of worker.gpus) {
      chart(`GPU ${gpu.index}`, gpu.utilisation_percent, 100, `${Math.round(gpu.utilisation_percent)} %`, alive);
      chart(`GPU ${gpu.index} memory`, gpu.memory_used, gpu.memory_total, `${memory(gpu.memory_used)} of ${memory(gpu.memory_total)}`, alive);
    }
  };
  return { element, show };
}
