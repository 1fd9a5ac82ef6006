/** The pictures of a workload: what came of each, as it comes. */

import { ask } from "./api.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { lightbox } from "./lightbox.js";
import { thumbnail, whenNear } from "./pictures.js";

/** @typedef {{image_id: string, name: string | null, format: string, width: number, height: number, size_bytes: number,
 *   state: "queued" | "running" | "done" | "failed", failure: {kind: string, detail: string} | null}} Picture */
/** @typedef {import("./progress.js").Workload} Workload */

const PAGE = 120;
const AGAIN_MS = 3000; // until a thumbnail that did not come is asked for again
const WORDS = { queued: "waiting", running: "being filtered", done: "done", failed: "failed" };

/** @param {HTMLElement} place @param {AbortSignal} ended @param {Workload} workload */
export function gallery(place, ended, workload) {
  const grid = h("ul", { class: "gallery" });
  const bottom = h("div", { class: "bottom" });
  fill(place, grid, bottom);
  /** @type {Picture[]} */
  const pictures = [];
  /** @type {Map<string, HTMLElement>} */
  const tiles = new Map();
  let next = "";
  let all = false;
  let busy = false;
  let seen = workload;
  let told = "";

  const near = whenNear((canvas) => {
    const image = /** @type {HTMLElement} */ (canvas).dataset.image;
    if (!image) return;
    thumbnail(/** @type {HTMLCanvasElement} */ (canvas), image, ended).then(
      (shown) => shown || canvas.parentElement?.classList.add("unshown"),
      () => setTimeout(() => ended.aborted || near.observe(canvas), AGAIN_MS),
    );
  });
  const end = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && load(), { rootMargin: "600px" });
  end.observe(bottom);
  ended.addEventListener("abort", () => {
    near.disconnect();
    end.disconnect();
  });

  /** The next page, or the last one again when it was not full. */
  const load = async () => {
    if (busy || all || ended.aborted) return;
    busy = true;
    try {
      const page = await look(next);
      next = page.images.at(-1)?.image_id ?? next;
      all = !page.next;
      pictures.push(...page.images);
      draw(page.images);
    } catch {
      told = ""; // the server is away; the next turn loads it
    } finally {
      busy = false;
    }
    if (!all && bottom.getBoundingClientRect().top < innerHeight + 600) load();
  };

  /** @param {string} after @returns {Promise<{images: Picture[], next: string | null}>} */
  const look = (after, limit = PAGE) =>
    ask("GET", `/workloads/${seen.workload_id}/images?kind=original&limit=${limit}${after && `&after=${after}`}`, { signal: ended });

  /** @param {Picture[]} some */
  const draw = (some) => {
    for (const picture of some) {
      const before = tiles.get(picture.image_id);
      if (before?.dataset.state === picture.state) continue;
      const made = tile(picture);
      tiles.set(picture.image_id, made);
      if (before) before.replaceWith(made);
      else grid.append(made);
    }
    if (pictures.length) grid.querySelector(".empty-state")?.remove();
    else if (all) fill(grid, h("li", { class: "empty-state" }, icon("images"), h("h2", {}, "No pictures yet"), h("p", {}, "Drop some here, or choose “Add pictures”.")));
  };

  /** Those that were not finished when they were last looked at. */
  const refresh = async () => {
    if (busy || ended.aborted) return;
    const at = pictures.findIndex((one) => one.state === "queued" || one.state === "running");
    if (at < 0) {
      all = false;
      await load();
      return;
    }
    busy = true;
    try {
      const page = await look(at ? pictures[at - 1].image_id : "", 300);
      page.images.forEach((one, offset) => { if (at + offset < pictures.length) pictures[at + offset] = one; });
      draw(page.images.slice(0, pictures.length - at));
    } catch {
      told = "";
    } finally {
      busy = false;
    }
    if (pictures.length < seen.total) {
      all = false;
      load();
    }
  };

  /** @param {Picture} picture */
  const tile = (picture) => {
    const name = picture.name ?? picture.image_id;
    const result = picture.state === "done" ? `${picture.image_id}-${seen.outputs[0]}` : "";
    const canvas = h("canvas", { "aria-hidden": "true", "data-image": result || null });
    if (result) near.observe(canvas);
    return h(
      "li",
      { class: `tile ${picture.state}`, "data-state": picture.state },
      h("button", { type: "button", "aria-label": `${name}, ${WORDS[picture.state]}`, onclick: () => lightbox(seen, pictures, pictures.findIndex((one) => one.image_id === picture.image_id)) },
        canvas,
        picture.state === "failed" && icon("warn"),
        picture.state !== "done" && h("span", { class: "tile-state" }, WORDS[picture.state]),
        h("span", { class: "tile-format" }, picture.format)),
      h("p", { class: "tile-name", title: name }, name),
    );
  };

  return {
    /** @param {Workload} now */
    show: (now) => {
      seen = now;
      const state = `${now.total} ${now.done} ${now.failed} ${now.running}`;
      if (state === told) return;
      told = state;
      refresh();
    },
  };
}
