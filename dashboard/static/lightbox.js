/** One picture, large: before and after, where it was made and why there. */

import { ask, bytes } from "./api.js";
import { compare } from "./compare.js";
import { fill, h } from "./dom.js";
import { duration, size } from "./format.js";
import { icon } from "./icons.js";
import { save } from "./pictures.js";
import { failed, sentence } from "./toast.js";

/** @typedef {import("./gallery.js").Picture} Picture */
/** @typedef {import("./progress.js").Workload} Workload */

/** @param {Workload} workload @param {Picture[]} pictures @param {number} start */
export function lightbox(workload, pictures, start) {
  let at = start;
  let output = workload.outputs[0];
  let loading = new AbortController();
  /** @type {string[]} */
  let urls = [];
  const view = compare();
  const title = h("h2", {});
  const facts = h("div", { class: "facts" });
  const previous = h("button", { type: "button", class: "round", "aria-label": "Previous picture", onclick: () => go(-1) }, icon("left"));
  const next = h("button", { type: "button", class: "round", "aria-label": "Next picture", onclick: () => go(1) }, icon("right"));
  const close = h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => element.close() }, icon("close"));
  const element = h("dialog", { class: "lightbox", "aria-label": "Picture" }, h("header", {}, title, h("div", { class: "row" }, previous, next, close)), view.element, facts);

  const drop = () => {
    loading.abort();
    for (const url of urls) URL.revokeObjectURL(url);
    urls = [];
  };
  /** @param {number} by */
  const go = (by) => {
    if (at + by < 0 || at + by >= pictures.length) return;
    at += by;
    show();
  };

  const show = async () => {
    drop();
    loading = new AbortController();
    const { signal } = loading;
    const picture = pictures[at];
    title.textContent = picture.name ?? picture.image_id;
    previous.disabled = at === 0;
    next.disabled = at === pictures.length - 1;
    view.show(null, null);
    const result = picture.state === "done" ? `${picture.image_id}-${output}` : null;
    tell(picture, result, null, null, null);
    const [original, filtered, report] = await Promise.all([
      bytes(`/images/${picture.image_id}`, signal).catch(() => null),
      result ? bytes(`/images/${result}`, signal).catch(() => null) : null,
      ask("GET", `/images/${picture.image_id}/report`, { signal }).catch(() => null),
    ]);
    if (signal.aborted) return;
    const [before, after] = [original, filtered].map((blob) => (blob ? URL.createObjectURL(blob) : null));
    urls = [before, after].filter((url) => url !== null);
    view.show(before, after);
    const made = report?.results.find((/** @type {any} */ one) => one.image_id === result);
    tell(picture, result, filtered, report?.job, made);
  };

  /** @param {Picture} picture @param {string | null} result @param {Blob | null} filtered @param {any} job @param {any} made */
  const tell = (picture, result, filtered, job, made) => {
    const one = (/** @type {string} */ label, /** @type {any} */ value) => value && [h("dt", {}, label), h("dd", {}, value)];
    fill(
      facts,
      picture.failure && h("p", { class: "trouble" }, sentence(picture.failure.detail)),
      h("dl", {},
        one("Original", `${picture.width} × ${picture.height}, ${picture.format}, ${size(picture.size_bytes)}`),
        one("Result", filtered && `${size(filtered.size)}`),
        one("Worker", job?.worker),
        one("Why there", job?.reason),
        one("Took", job?.timings_s && `${duration(job.timings_s.total)} (decode ${duration(job.timings_s.decode)}, filter ${duration(job.timings_s.filter)}, encode ${duration(job.timings_s.encode)})`),
        one("How", made?.way),
        one("Not kept", made?.notes.length > 0 && made.notes.map((/** @type {string} */ note) => h("div", {}, sentence(note)))),
        one("Tries", job?.attempt > 1 && String(job.attempt))),
      h("div", { class: "row" },
        workload.outputs.length > 1 && h("select", { "aria-label": "Which result", onchange: (/** @type {any} */ event) => { output = event.target.value; show(); } }, workload.outputs.map((name) => h("option", { value: name, selected: name === output }, name))),
        result && h("button", { type: "button", disabled: !filtered, onclick: () => filtered && save(filtered, fileName(picture, filtered)) }, icon("download"), "Download"),
        h("button", { type: "button", class: "quiet", onclick: () => bytes(`/images/${picture.image_id}`).then((blob) => save(blob, picture.name ?? picture.image_id), failed) }, "Original")),
    );
  };

  element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "PageDown") go(1);
    else if (event.key === "PageUp") go(-1);
    else if (event.target instanceof HTMLInputElement) return;
    else if (event.key === "ArrowRight") go(1);
    else if (event.key === "ArrowLeft") go(-1);
    else return;
    event.preventDefault();
  });
  const leave = () => element.close();
  window.addEventListener("hashchange", leave, { once: true });
  element.addEventListener("close", () => {
    window.removeEventListener("hashchange", leave);
    drop();
    element.remove();
  });
  document.body.append(element);
  element.showModal();
  show();
}

/** @param {Picture} picture @param {Blob} result */
function fileName(picture, result) {
  const name = picture.name ?? picture.image_id;
  const kind = result.type.split("/")[1] ?? "";
  const fits = name.toLowerCase().endsWith(`.${kind}`) || (kind === "jpeg" && /\.jpe?g$/i.test(name));
  return fits ? name : `${name.replace(/\.[^.]*$/, "")}.${kind.replace("svg+xml", "svg")}`;
}
