/** The last day, from the datastore: what was done and how busy all workers were. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { follow } from "./live.js";
import { sparkline } from "./spark.js";

const EVERY_MS = 15_000;
const DAY_S = 86_400;

/** @typedef {{at: string, done: number, megapixels: number, cpu_percent: number | null}} Point a bucket */
/** @typedef {{seconds: number, points: Point[]}} History */

/** Charts that go on by themselves; hidden while there is nothing. @param {AbortSignal} ended */
export function past(ended) {
  const element = h("div", { class: "charts day", hidden: true });
  const following = follow(
    async (signal) => /** @type {History} */ (await ask("GET", "/history?hours=24", { signal })),
    (history) => {
      element.hidden = !history.points.length;
      fill(element, history.points.length ? charts(history) : []);
    },
    { everyMs: EVERY_MS },
  );
  ended.addEventListener("abort", following.stop);
  return element;
}

/** @param {History} history */
function charts({ seconds, points }) {
  const first = Date.parse(points[0].at);
  /** @param {Point} point */
  const place = (point) => Math.round((Date.parse(point.at) - first) / (seconds * 1000));
  const count = place(/** @type {Point} */ (points.at(-1))) + 1;
  /** @param {string} label @param {(point: Point) => number} value @param {(sum: number, most: number) => string} words @param {number} [top] */
  const chart = (label, value, words, top) => {
    const values = Array.from({ length: count + 1 }, () => 0); // from nothing: a lone bucket is seen, too
    for (const point of points) values[place(point) + 1] = value(point);
    const most = Math.max(...values);
    const spark = sparkline(`${label} in the last day`, top ?? Math.max(most, 1e-9), Math.max(count + 1, DAY_S / seconds));
    spark.show(values);
    const told = words(values.reduce((sum, one) => sum + one, 0), most);
    return h("figure", { class: "chart" }, h("figcaption", {}, h("span", {}, label), h("span", { class: "number" }, told)), spark.element);
  };
  return [
    chart("Pictures in 24 h", (point) => point.done, (sum) => String(sum)),
    chart("Megapixels in 24 h", (point) => point.megapixels, (sum) => sum.toFixed(sum < 10 ? 1 : 0)),
    chart("CPU in 24 h", (point) => point.cpu_percent ?? 0, (_sum, most) => `up to ${Math.round(most)} %`, 100),
  ];
}
