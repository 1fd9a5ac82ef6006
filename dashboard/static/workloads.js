/** All workloads, newest first. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { ago, count, plural } from "./format.js";
import { icon } from "./icons.js";
import { follow } from "./live.js";
import { bar, pill } from "./progress.js";
import { sentence } from "./toast.js";

/** @typedef {import("./progress.js").Workload} Workload */

const PAGE = 50;

/** @param {HTMLElement} place @param {AbortSignal} ended */
export function workloads(place, ended) {
  const list = h("ul", { class: "workloads" });
  const more = h("button", { type: "button", hidden: true, onclick: () => { shown += PAGE; following.now(); } }, "Show more");
  let shown = PAGE;
  fill(
    place,
    h("div", { class: "title" }, h("h1", {}, "Workloads"), h("a", { class: "button primary", href: "#/new" }, icon("plus"), "New workload")),
    list,
    more,
  );
  fill(list, h("li", { class: "loading" }, "Looking them up…"));
  const following = follow(
    async (signal) => {
      /** @type {Workload[]} */
      const found = [];
      let next = "";
      do {
        const page = await ask("GET", `/workloads?limit=${PAGE}${next && `&after=${encodeURIComponent(next)}`}`, { signal });
        found.push(...page.workloads);
        next = page.next ?? "";
      } while (next && found.length < shown);
      return { found, more: Boolean(next) };
    },
    (seen) => {
      more.hidden = !seen.more;
      fill(list, seen.found.length ? seen.found.map(row) : empty());
    },
    {
      about: "workloads",
      everyMs: (seen) => (seen.found.some((one) => one.status !== "completed" && one.total > 0) ? 1500 : 5000),
      failed: (error) => fill(list, h("li", { class: "trouble" }, sentence(error))),
    },
  );
  ended.addEventListener("abort", following.stop);
}

/** @param {Workload} workload */
function row(workload) {
  const over = workload.done + workload.failed;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "workload", href: `#/workloads/${workload.workload_id}` },
      h("span", { class: "workload-head" }, h("b", {}, workload.workload_name), pill(workload), h("span", { class: "muted when" }, ago(workload.created_at))),
      h("code", { class: "pipeline" }, workload.pipeline),
      bar(workload),
      h("span", { class: "muted" }, workload.total ? `${count(over)} of ${plural(workload.total, "picture")}` : "no pictures yet", workload.failed > 0 && h("span", { class: "bad" }, ` · ${count(workload.failed)} failed`)),
    ),
  );
}

function empty() {
  return h(
    "li",
    { class: "empty-state" },
    icon("stack"),
    h("h2", {}, "Nothing here yet"),
    h("p", {}, "A workload is a batch of pictures and what is to be done to them."),
    h("a", { class: "button primary", href: "#/new" }, icon("plus"), "Make the first one"),
  );
}
