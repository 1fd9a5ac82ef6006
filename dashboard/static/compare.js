/** Before and after, one over the other, parted by a line that can be moved: pictures, or videos. */

import { h, set } from "./dom.js";

/** @param {"before" | "after"} side @param {string} name */
function picture(side, name) {
  return h("img", { class: side, alt: name, decoding: "async", draggable: "false" });
}

/**
 * @param {(side: "before" | "after", name: string) => any} make what shows a URL
 * @returns {{element: HTMLElement, before: any, after: any, show: (before: string | null, after: string | null) => void}} `show` takes URLs
 */
export function compare(make = picture) {
  const labels = { before: "Before", after: "After" };
  const before = make("before", labels.before);
  const after = make("after", labels.after);
  const range = h("input", {
    type: "range", min: 0, max: 100, step: 1, value: 50, class: "divider",
    "aria-label": "Before and after: how much of the original is shown",
    oninput: () => at(),
  });
  const element = h(
    "div",
    { class: "compare empty" },
    before,
    after,
    h("span", { class: "line", "aria-hidden": "true" }),
    h("span", { class: "tag left", "aria-hidden": "true" }, labels.before),
    h("span", { class: "tag right", "aria-hidden": "true" }, labels.after),
    range,
  );
  const at = () => {
    element.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} % original`);
  };
  at();
  return {
    element,
    before,
    after,
    show: (first, second) => {
      if (first) set(before, { src: first });
      if (second) set(after, { src: second });
      before.hidden = !first;
      after.hidden = !second;
      element.classList.toggle("empty", !first && !second);
      element.classList.toggle("single", !first || !second);
      range.hidden = !first || !second;
    },
  };
}
