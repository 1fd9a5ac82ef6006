/** What the pipeline makes of one picture, tried on the server a moment after each change. */

import { bytes, Problem, request } from "./api.js";
import { compare } from "./compare.js";
import { fill, h } from "./dom.js";
import { duration, size } from "./format.js";
import { sentence } from "./toast.js";

const SETTLED_MS = 220;
const MAX_PIXELS = 16e6;
const MAX_BYTES = 24 * 2 ** 20;
const SHRUNK_PIXELS = 6e6;

/** @param {AbortSignal} ended */
export function previewer(ended) {
  const view = compare();
  const caption = h("p", { class: "caption", role: "status" }, "");
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const element = h("div", { class: "previewer" }, view.element, trouble, caption);
  /** @type {Blob | null} */
  let picture = null;
  let note = "";
  let before = "";
  let after = "";
  let filter = "";
  let timer = 0;
  let asked = new AbortController();

  ended.addEventListener("abort", () => {
    asked.abort();
    for (const url of [before, after]) URL.revokeObjectURL(url);
  });

  /** @param {Blob} given @param {string} name */
  const use = async (given, name) => {
    const made = await fitting(given);
    if (ended.aborted) return;
    view.show(null, null);
    said("");
    picture = made.blob;
    note = made.scale < 1 ? `${name}, shrunk to ${Math.round(made.scale * 100)} % for the preview: what is measured in pixels looks stronger` : name;
    URL.revokeObjectURL(before);
    before = made.shown ? URL.createObjectURL(picture) : "";
    try_(filter);
  };

  /** @param {string} text */
  const try_ = (text) => {
    filter = text;
    clearTimeout(timer);
    timer = window.setTimeout(run, SETTLED_MS);
  };

  const run = async () => {
    if (!picture || ended.aborted) return;
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    element.classList.add("busy");
    try {
      if (!before) before = URL.createObjectURL((await tried(picture, "convert:format=png", signal)).blob);
      if (!filter) {
        view.show(before, null);
        said(note);
        return;
      }
      const made = await tried(picture, filter, signal);
      URL.revokeObjectURL(after);
      after = URL.createObjectURL(made.blob);
      view.show(before, after);
      said(`${note} → ${made.width} × ${made.height}, ${made.format}, ${size(made.bytes)}, ${duration(made.seconds)}`);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.passing) {
        timer = window.setTimeout(run, (error.retryAfterS ?? 1) * 1000);
        return;
      }
      trouble.hidden = false;
      trouble.textContent = sentence(error);
    } finally {
      if (asked.signal === signal) element.classList.remove("busy");
    }
  };

  /** @param {string} text */
  const said = (text) => {
    trouble.hidden = true;
    fill(caption, text);
  };

  /** Is there something wrong with the pipeline? Tried at once. @param {string} text @returns {Promise<Error | null>} */
  const wrong = async (text) => {
    if (!picture || !text) return null;
    try {
      await tried(picture, text, ended);
    } catch (error) {
      if (error instanceof Problem && !error.passing) return error;
    }
    return null;
  };

  return { element, use, show: try_, wrong, picture: () => picture };
}

/** @param {string} url @returns {Promise<Blob>} */
export function sample(url) {
  return bytes(url);
}

/** @param {Blob} picture @param {string} filter @param {AbortSignal} signal */
async function tried(picture, filter, signal) {
  const form = new FormData();
  form.append("filter", filter);
  form.append("data", picture, "preview");
  const response = await request("POST", "/preview", { body: form, signal, headers: { Accept: "*/*" } });
  const told = (/** @type {string} */ name) => response.headers.get(name) ?? "";
  const steps = told("Server-Timing").matchAll(/dur=([\d.]+)/g);
  return {
    blob: await response.blob(),
    width: told("X-Image-Width"),
    height: told("X-Image-Height"),
    format: told("X-Image-Format"),
    bytes: Number(told("X-Image-Bytes")),
    seconds: [...steps].reduce((sum, [, ms]) => sum + Number(ms) / 1000, 0),
  };
}

/** As large as the server tries it: larger ones are shrunk here. @param {Blob} blob */
async function fitting(blob) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    return { blob, scale: 1, shown: false }; // the server may read it although the browser does not
  }
  const pixels = bitmap.width * bitmap.height;
  if (pixels <= MAX_PIXELS && blob.size <= MAX_BYTES) {
    bitmap.close();
    return { blob, scale: 1, shown: true };
  }
  const scale = Math.min(1, Math.sqrt(SHRUNK_PIXELS / pixels));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { blob: await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 }), scale, shown: true };
}
