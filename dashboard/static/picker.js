/** Choosing a filter: all of them by family, found by typing. */

import { fill, h } from "./dom.js";
import { COLUMNS, TILES } from "./filter-tiles.js";
import { icon } from "./icons.js";
import { dialog } from "./toast.js";

/** @typedef {import("./steps.js").Filter} Filter */

/** An example of what it does; nothing for filters of packages. @param {string} name */
function tile(name) {
  const at = TILES.indexOf(name);
  if (at < 0) return h("span", { class: "filter-tile none", "aria-hidden": "true" }, icon(name === "convert" ? "file" : "spark"));
  const rows = Math.ceil(TILES.length / COLUMNS) - 1;
  const place = `${(100 * (at % COLUMNS)) / (COLUMNS - 1)}% ${(100 * Math.floor(at / COLUMNS)) / rows}%`;
  return h("span", { class: "filter-tile", "aria-hidden": "true", style: { "background-position": place, "background-size": `${100 * COLUMNS}% auto` } });
}

/** @param {Filter[]} filters @returns {Promise<string>} a name; empty when nothing was chosen */
export function pickFilter(filters) {
  const usable = filters.filter((filter) => !filter.problem);
  return dialog("Add a filter", (close) => {
    const results = h("div", { class: "families" });
    const search = h("input", { type: "text", role: "searchbox", autocomplete: "off", placeholder: "Search, for example “sharp”", "aria-label": "Search filters", autofocus: true });
    const show = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = usable.filter((filter) => words.every((/** @type {string} */ word) => `${filter.name.replaceAll("_", " ")} ${filter.summary}`.toLowerCase().includes(word)));
      const families = [...new Set(found.map((filter) => filter.family))];
      fill(results, families.map((family) =>
        h("section", {}, h("h3", {}, family), h("div", { class: "filters" }, found.filter((filter) => filter.family === family).map((filter) =>
          h("button", { type: "button", class: "filter", onclick: () => close(filter.name) }, tile(filter.name), h("b", {}, filter.name.replaceAll("_", " ")), h("span", { class: "hint" }, filter.summary)),
        )))));
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
