/** Small charts of the last minutes. */

import { svg } from "./dom.js";

const WIDTH = 200;
const HEIGHT = 44;

/**
 * @param {string} label
 * @param {number} most the value at the top
 * @param {number} points how many fit
 */
export function sparkline(label, most, points = 60) {
  const line = svg("polyline", { class: "spark-line", fill: "none", "vector-effect": "non-scaling-stroke" });
  const area = svg("polygon", { class: "spark-area" });
  const element = svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    area,
    line,
  );
  /** @param {(number | null)[]} values oldest first */
  const show = (values) => {
    const last = values.slice(-points).map((value) => value ?? 0);
    const step = WIDTH / (points - 1);
    const start = WIDTH - (last.length - 1) * step;
    const places = last.map((value, at) => {
      const y = HEIGHT - 2 - (HEIGHT - 4) * Math.min(1, Math.max(0, value / most));
      return `${(start + at * step).toFixed(1)},${y.toFixed(1)}`;
    });
    line.setAttribute("points", places.join(" "));
    area.setAttribute("points", places.length ? `${start},${HEIGHT} ${places.join(" ")} ${WIDTH},${HEIGHT}` : "");
    if (last.length) element.setAttribute("aria-label", `${label}: now ${Math.round(last.at(-1) ?? 0)} of ${Math.round(most)}`);
  };
  return { element, show };
}
