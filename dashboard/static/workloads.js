/** All workloads, newest first. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { filmBar, filmPill } from "./film.js";
import { uploadingFilms } from "./films.js";
import { ago, count, plural } from "./format.js";
import { icon } from "./icons.js";
import { follow } from "./live.js";
import { bar, pill } from "./progress.js";
import { sentence } from "./toast.js";

/** @typedef {import("./film.js").Video} Video */
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
    h("p", { class: "note above-list", hidden: !uploadingFilms() }, icon("upload"), "Videos are being uploaded. ", h("a", { href: "#/videos" }, "Show them")),
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
      return { found, films: await filmsAmong(found, signal), more: Boolean(next) };
    },
    (seen) => {
      more.hidden = !seen.more;
      fill(list, seen.found.length ? seen.found.map((one) => row(one, seen.films.get(one.workload_id))) : empty());
    },
    {
      about: "workloads",
      everyMs: (seen) => (seen.found.some((one) => one.status !== "completed" && (one.total > 0 || one.video)) ? 1500 : 5000),
      failed: (error) => fill(list, h("li", { class: "trouble" }, sentence(error))),
    },
  );
  ended.addEventListener("abort", following.stop);
}

/**
 * The videos of these workloads: how far they are stands with them.
 * @param {Workload[]} found @param {AbortSignal} signal @returns {Promise<Map<string, Video>>}
 */
async function filmsAmong(found, signal) {
  /** @type {Map<string, Video>} */
  const films = new Map();
  const wanted = found.filter((one) => one.video).map((one) => one.workload_id);
  let next = "";
  while (wanted.some((id) => !films.has(id))) {
    const page = await ask("GET", `/videos?limit=${PAGE}${next && `&after=${encodeURIComponent(next)}`}`, { signal });
    for (const video of page.videos) films.set(video.video_id, video);
    next = page.next ?? "";
    if (!next) break;
  }
  return films;
}

/** @param {Workload} workload @param {Video} [video] */
function row(workload, video) {
  const over = workload.done + workload.failed;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "workload", href: `#/workloads/${workload.workload_id}` },
      h("span", { class: "workload-head" }, video && icon("film"), h("b", {}, workload.workload_name), video ? filmPill(video) : pill(workload), h("span", { class: "muted when" }, ago(workload.created_at))),
      h("code", { class: "pipeline" }, workload.pipeline),
      video ? filmBar(video) : bar(workload),
      video ? h("span", { class: "muted" }, frames(video)) :
      h("span", { class: "muted" }, workload.total ? `${count(over)} of ${plural(workload.total, "picture")}` : "no pictures yet", workload.failed > 0 && h("span", { class: "bad" }, ` · ${count(workload.failed)} failed`)),
    ),
  );
}

/** @param {Video} video */
function frames({ state, name, frames: all, frames_joined: joined }) {
  const far = state === "done" ? plural(joined, "frame") : all === null ? `${count(joined)} frames so far` : `${count(joined)} of ${plural(all, "frame")}`;
  return [name, far].filter(Boolean).join(" · ");
}

function empty() {
  return h(
    "li",
    { class: "empty-state" },
    icon("stack"),
    h("h2", {}, "Nothing here yet"),
    h("p", {}, "A workload is a batch of pictures, or a video, and what is to be done to them."),
    h("a", { class: "button primary", href: "#/new" }, icon("plus"), "Make the first one"),
  );
}
