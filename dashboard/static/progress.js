/** How far a workload is: counts, a bar, the rate and the time left. */

import { fill, h } from "./dom.js";
import { count, duration } from "./format.js";

const WINDOW_MS = 15_000;
const STATUS = { scheduling: "Waiting", running: "Running", completed: "Completed" };

/** @typedef {{workload_id: string, workload_name: string, status: keyof typeof STATUS, total: number, queued: number, running: number,
 *   done: number, failed: number, cancelled: boolean, pipeline: string, tags: string[], note: string | null, outputs: string[],
 *   filtered_images: string[], failed_images: {image_id: string, kind: string, detail: string}[], created_at: string, running_jobs: number,
 *   video: "waiting" | "running" | "done" | "failed" | "cancelled" | null}} Workload */

/** @param {Workload} workload */
export function pill(workload) {
  const [word, kind] = workload.cancelled ? ["Cancelled", "cancelled"]
    : workload.total === 0 ? ["Empty", "empty"]
    : workload.status === "completed" && workload.failed === workload.total ? ["Failed", "failed"]
    : [STATUS[workload.status], workload.status];
  return h("span", { class: `pill ${kind}` }, word);
}

/** @param {Workload} workload */
export function bar(workload) {
  const whole = Math.max(1, workload.total);
  const over = workload.done + workload.failed;
  const part = (/** @type {string} */ kind, /** @type {number} */ number) => number > 0 && h("span", { class: kind, style: { "flex-grow": String(number) } });
  return h(
    "div",
    { class: "bar", role: "progressbar", "aria-label": `Progress of ${workload.workload_name}`, "aria-valuemin": 0, "aria-valuemax": whole, "aria-valuenow": over,
      "aria-valuetext": `${count(over)} of ${count(workload.total)} finished, ${count(workload.failed)} failed` },
    part("done", workload.done), part("failed", workload.failed), part("running", workload.running), part("queued", workload.queued),
  );
}

/** Images per second over the last seconds, from what was seen. */
export class Rate {
  constructor() {
    /** @type {[number, number][]} */
    this._seen = [];
  }
  /** @param {number} finished */
  note(finished) {
    const now = performance.now();
    this._seen.push([now, finished]);
    while (this._seen.length > 2 && now - this._seen[0][0] > WINDOW_MS) this._seen.shift();
  }
  get perSecond() {
    if (this._seen.length < 2) return 0;
    const [then, before] = this._seen[0];
    const [now, after] = /** @type {[number, number]} */ (this._seen.at(-1));
    return now > then ? (1000 * Math.max(0, after - before)) / (now - then) : 0;
  }
}

/** @param {string} label @param {string} value @param {string} [kind] */
export function figure(label, value, kind = "") {
  return h("div", { class: `figure ${kind}` }, h("dt", {}, label), h("dd", {}, value));
}

/** @param {HTMLElement} place @param {Workload} workload @param {Rate} rate */
export function figures(place, workload, rate) {
  const left = workload.queued + workload.running;
  const speed = rate.perSecond;
  fill(
    place,
    figure("Done", count(workload.done), "done"),
    figure("Running", count(workload.running)),
    figure("Waiting", count(workload.queued)),
    figure("Failed", count(workload.failed), workload.failed ? "failed" : ""),
    left > 0 && figure("Rate", speed ? `${speed < 10 ? speed.toFixed(1) : Math.round(speed)} /s` : "–"),
    left > 0 && figure("Time left", speed ? duration(left / speed) : "–"),
  );
}
