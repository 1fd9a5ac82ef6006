/** Choosing a filter: all of them by family, found by typing. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { dialog } from "./toast.js";

/** @typedef {import("./steps.js").Filter} Filter */

/** @type {Record<string, string[]>} */
const FAMILIES = {
  Colour: "grayscale sepia invert brightness contrast saturation hue gamma levels auto_contrast white_balance tint duotone posterize threshold equalize clahe".split(" "),
  "Blur and sharpen": "blur box_blur median bilateral motion_blur unsharp_mask denoise".split(" "),
  Structure: "edges emboss morphology convolution".split(" "),
  Shape: "resize thumbnail crop trim rotate flip pad canvas".split(" "),
  Compose: "watermark watermark_picture redact border vignette".split(" "),
  Output: ["convert"],
};

/** @param {Filter[]} filters @returns {Promise<string>} a name; empty when nothing was chosen */
export function pickFilter(filters) {
  const usable = filters.filter((filter) => !filter.problem);
  return dialog("Add a filter", (close) => {
    const results = h("div", { class: "families" });
    const search = h("input", { type: "text", role: "searchbox", autocomplete: "off", placeholder: "Search, for example “sharp”", "aria-label": "Search filters", autofocus: true });
    const show = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = usable.filter((filter) => words.every((/** @type {string} */ word) => `${filter.name.replaceAll("_", " ")} ${filter.summary}`.toLowerCase().includes(word)));
      const families = Object.entries({ ...FAMILIES, "From packages": usable.map((one) => one.name).filter((name) => !Object.values(FAMILIES).flat().includes(name)) });
      fill(results, families.map(([family, names]) => {
        const members = names.map((name) => found.find((filter) => filter.name === name)).filter((one) => one !== undefined);
        return members.length > 0 && h("section", {}, h("h3", {}, family), h("div", { class: "filters" }, members.map((filter) =>
          h("button", { type: "button", class: "filter", onclick: () => close(filter.name) }, h("b", {}, filter.name.replaceAll("_", " ")), h("span", { class: "hint" }, filter.summary)),
        )));
      }));
      if (!found.length) fill(results, h("p", { class: "muted" }, `No filter is about “${search.value}”.`));
    };
    search.addEventListener("input", show);
    search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const first = results.querySelector("button");
      if (event.key === "Enter" && first) {
        event.preventDefault();
        first.click();
      }
    });
    results.addEventListener("keydown", (event) => {
      const all = [...results.querySelectorAll("button")];
      const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
      const by = ["ArrowDown", "ArrowRight"].includes(event.key) ? 1 : ["ArrowUp", "ArrowLeft"].includes(event.key) ? -1 : 0;
      if (at < 0 || !by) return;
      event.preventDefault();
      all[Math.min(all.length - 1, Math.max(0, at + by))].focus();
    });
    show();
    return [h("div", { class: "search" }, icon("search"), search), results];
  }, "wide");
}
