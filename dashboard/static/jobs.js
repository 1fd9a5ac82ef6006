/** Where each job of a workload ran, why there, and where the time went. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { duration } from "./format.js";
import { icon } from "./icons.js";

const PAGE = 100;
const STEPS = ["fetch", "decode", "filter", "encode", "deliver"];

/** @param {HTMLElement} place @param {AbortSignal} ended @param {string} id */
export function jobs(place, ended, id) {
  const rows = h("tbody");
  const more = h("button", { type: "button", hidden: true, onclick: () => { pages += 1; load(); } }, "Show more");
  const legend = h("p", { class: "legend" }, STEPS.map((step) => h("span", { class: `step-time ${step}` }, step)));
  const table = h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Jobs" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Picture", "State", "Worker", "Why there", "Time"].map((word) => h("th", { scope: "col" }, word)))), rows));
  fill(place, legend, table, more);
  let pages = 1;
  let told = "";

  const load = async () => {
    /** @type {any[]} */
    const found = [];
    const names = new Map();
    let after = "";
    for (let page = 0; page < pages; page += 1) {
      const where = `limit=${PAGE}${after && `&after=${after}`}`;
      const [some, images] = await Promise.all([
        ask("GET", `/workloads/${id}/jobs?${where}`, { signal: ended }),
        ask("GET", `/workloads/${id}/images?kind=original&${where}`, { signal: ended }),
      ]);
      found.push(...some.jobs);
      for (const image of images.images) names.set(image.image_id, image.name);
      after = some.next ?? "";
      if (!after) break;
    }
    more.hidden = !after;
    legend.hidden = !found.length;
    table.hidden = !found.length;
    if (!found.length) {
      fill(place, h("div", { class: "empty-state" }, icon("machine"), h("h2", {}, "Nothing ran yet"), h("p", {}, "Each picture becomes a job; here you will see which worker took it, and why that one.")));
      return;
    }
    if (!place.contains(table)) fill(place, legend, table, more);
    const longest = Math.max(...found.map((job) => job.timings_s?.total ?? 0), 0.001);
    fill(rows, found.map((job) => row(job, names.get(job.image_id) ?? job.image_id, longest)));
  };

  return {
    /** @param {import("./progress.js").Workload} now */
    show: (now) => {
      const state = `${now.total} ${now.done} ${now.failed} ${now.running}`;
      if (state === told) return;
      told = state;
      load().catch(() => { told = ""; });
    },
  };
}

/** @param {any} job @param {string} name @param {number} longest */
function row(job, name, longest) {
  const times = job.timings_s;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    h("td", {}, h("span", { class: `state ${job.state}` }, job.state), job.attempt > 1 && h("span", { class: "muted" }, ` try ${job.attempt}`)),
    h("td", {}, job.worker ?? "–"),
    h("td", { class: "why" }, job.failure?.detail ?? job.reason ?? "–"),
    h("td", { class: "time" }, times && h("span", { class: "times", title: STEPS.map((step) => `${step} ${duration(times[step])}`).join(", ") },
      STEPS.map((step) => h("span", { class: `step-time ${step}`, style: { width: `${(100 * times[step]) / longest}%` } }))), times && h("span", { class: "number" }, duration(times.total))),
  );
}
