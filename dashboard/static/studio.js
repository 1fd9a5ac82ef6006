/** Making a workload: pictures or videos in, a pipeline put together and tried, and off it goes. */

import { ask } from "./api.js";
import { fill, h, say, set } from "./dom.js";
import { fromPicker, isArchive, isVideo, takeDrops } from "./files.js";
import { uploadFilms } from "./films.js";
import { clock, plural, size } from "./format.js";
import { icon } from "./icons.js";
import { pickFilter } from "./picker.js";
import { format, parse } from "./pipeline.js";
import { previewer, sample } from "./previewer.js";
import { stepList } from "./steps.js";
import { asPicture, still } from "./stills.js";
import { failed, sentence } from "./toast.js";
import { upload } from "./uploads.js";

/** @typedef {import("./files.js").Found} Found */
/** @typedef {import("./steps.js").Filter} Filter */

/** What was begun stays while the user looks at something else. */
const draft = { found: /** @type {Found[]} */ ([]), steps: /** @type {import("./pipeline.js").Step[]} */ ([]), text: "", name: "", tags: "", container: "", quality: "" };
const NAME_MAX = 100;
const LOOKED_AT = 8; // of the chosen pictures, until one can be shown
/** @type {Record<string, string>} */
const CONTAINERS = { "": "Automatic", mp4: "MP4 (H.264)", mkv: "Matroska (H.264)", webm: "WebM (VP9)" };
/** @type {Record<string, string>} */
const QUALITIES = { "": "High", medium: "Medium, smaller", low: "Low, smallest" };
const EXAMPLES = ["blur:sigma=5", "grayscale|contrast:factor=1.4", "resize:width=1600|unsharp_mask", "sepia|vignette"];

/** The same wish, sent again because no answer came, makes no second workload. */
const wish = { words: "", key: "" };

/** @param {string} words */
function keyFor(words) {
  if (!wish.key || wish.words !== words) {
    const random = crypto.getRandomValues(new Uint8Array(16));
    Object.assign(wish, { words, key: [...random].map((octet) => octet.toString(16).padStart(2, "0")).join("") });
  }
  return wish.key;
}

/** @param {HTMLElement} place @param {AbortSignal} ended */
export async function studio(place, ended) {
  fill(place, h("p", { class: "loading" }, "Looking up the filters…"));
  /** @type {Filter[]} */
  let filters;
  try {
    filters = (await ask("GET", "/filters", { signal: ended })).filters;
  } catch (error) {
    if (!ended.aborted) fill(place, h("p", { class: "trouble" }, sentence(error)));
    return;
  }
  const catalogue = new Map(filters.map((filter) => [filter.name, filter]));
  const preview = previewer(ended);
  const mistake = h("p", { class: "trouble", id: "filter-trouble", role: "alert", hidden: true });

  // --- the pipeline --------------------------------------------------------------------------------
  const text = h("textarea", {
    id: "pipeline-text", rows: 2, spellcheck: "false", autocapitalize: "off", value: draft.text, placeholder: "grayscale",
    "aria-describedby": "pipeline-hint filter-trouble", oninput: () => typed(),
  });
  const list = stepList(catalogue, draft.steps, () => {
    draft.text = format(draft.steps);
    text.value = draft.text;
    changed();
  });
  const branches = h("p", { class: "note", hidden: true }, "This pipeline is more than a row of steps; edit it as text.");
  const examples = h("div", { class: "examples" }, h("span", { class: "hint" }, "For example"), EXAMPLES.map((example) =>
    h("button", { type: "button", class: "chip", onclick: () => use(example) }, example)));
  const add = h("button", { type: "button", class: "add-filter", onclick: () => choose() }, icon("plus"), "Add a filter");

  const typed = () => {
    draft.text = text.value.trim();
    const steps = parse(draft.text);
    const known = steps?.every((step) => catalogue.has(step.name)) ?? false;
    draft.steps.splice(0, Infinity, ...(known && steps ? steps : []));
    list.show();
    changed();
  };
  /** @param {string} example */
  const use = (example) => {
    text.value = example;
    typed();
  };
  const choose = async () => {
    const name = await pickFilter(filters);
    if (!name) return;
    const last = draft.steps.at(-1);
    const at = last?.name === "convert" && name !== "convert" ? draft.steps.length - 1 : draft.steps.length;
    draft.steps.splice(at, 0, { name, values: {} });
    list.show();
    draft.text = format(draft.steps);
    text.value = draft.text;
    changed();
    say(`${name} is added as step ${at + 1}`);
    const card = list.element.children[at];
    card?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    card?.querySelector("input, select, button")?.focus();
  };
  const changed = () => {
    examples.hidden = Boolean(draft.text);
    branches.hidden = !draft.text || draft.steps.length > 0;
    mistake.hidden = true;
    preview.show(draft.text);
  };

  // --- the pictures --------------------------------------------------------------------------------
  const pick = h("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-label": "Pictures, videos or an archive", accept: "image/*,video/*,.mkv,.avi,.zip,.tar,.tgz,.gz,.tif,.tiff,.jp2,.heic", onchange: () => take(fromPicker(pick.files)) });
  const pickFolder = h("input", { type: "file", multiple: true, webkitdirectory: true, class: "unseen", tabindex: "-1", "aria-label": "A folder", onchange: () => take(fromPicker(pickFolder.files)) });
  const picked = h("div", { class: "picked" });
  const drop = h(
    "section",
    { class: "drop", "aria-label": "Pictures and videos" },
    h("div", { class: "drop-words" }, icon("images"), h("p", {}, h("b", {}, "Drop pictures, videos, folders or a zip here"))),
    h("div", { class: "row" },
      h("button", { type: "button", onclick: () => pick.click() }, icon("file"), "Choose files"),
      h("button", { type: "button", onclick: () => pickFolder.click() }, icon("folder"), "Choose a folder")),
    pick, pickFolder, picked,
  );
  /** @param {Found[]} found */
  const take = (found) => {
    draft.found.push(...found);
    pick.value = pickFolder.value = "";
    showPicked();
    tryFirst(found);
  };
  /** Try it on the first that this browser can show. @param {Found[]} found */
  const tryFirst = async (found) => {
    const pictures = found.filter((one) => !isArchive(one.file));
    let chosen = pictures[0];
    for (const one of pictures.slice(0, LOOKED_AT)) {
      const bitmap = await bitmapOf(one.file).catch(() => null);
      if (!bitmap) continue;
      bitmap.close();
      chosen = one;
      break;
    }
    if (chosen && !ended.aborted) await tryOn(chosen);
  };
  /** @param {Found} one */
  const tryOn = async ({ file }) => {
    if (!isVideo(file)) return preview.use(file, file.name);
    const found = await still(file).catch(() => null);
    if (ended.aborted) return;
    if (!found) return preview.use(await sample("/assets/sample.webp"), `${file.name} does not play in this browser, so this is a sample picture`);
    await preview.use(await asPicture(found.bitmap), `${file.name} at ${clock(found.seconds)}`);
    found.bitmap.close();
  };
  const showPicked = () => {
    const videos = draft.found.filter((one) => isVideo(one.file)).length;
    const archives = draft.found.filter((one) => isArchive(one.file)).length;
    const pictures = draft.found.length - videos - archives;
    const all = draft.found.reduce((sum, one) => sum + one.file.size, 0);
    const what = listed([pictures && plural(pictures, "picture"), videos && plural(videos, "video"), archives && plural(archives, "archive")]);
    drop.classList.toggle("filled", draft.found.length > 0);
    fill(picked, draft.found.length > 0 && [
      h("p", {}, h("b", {}, what), h("span", { class: "muted" }, ` · ${size(all)}`)),
      strip(draft.found.filter((one) => !isArchive(one.file)), tryOn),
      h("button", { type: "button", class: "quiet small", onclick: () => { draft.found = []; showPicked(); say("Nothing is chosen now"); } }, "Clear"),
    ]);
    fill(go, icon("spark"), draft.found.length ? `Filter ${what}` : "Choose pictures or a video first");
    go.disabled = !draft.found.length;
    ofVideos.hidden = !videos;
  };

  // --- off it goes -----------------------------------------------------------------------------------
  const name = h("input", { id: "workload-name", type: "text", maxlength: NAME_MAX, value: draft.name, placeholder: "made up, if you leave it empty", autocomplete: "off", oninput: () => { draft.name = name.value; } });
  const tags = h("input", { id: "workload-tags", type: "text", value: draft.tags, placeholder: "any worker", autocomplete: "off", autocapitalize: "off", oninput: () => { draft.tags = tags.value; } });
  const container = choice("video-container", CONTAINERS, draft.container, (value) => { draft.container = value; });
  const quality = choice("video-quality", QUALITIES, draft.quality, (value) => { draft.quality = value; });
  const ofVideos = h("div", { class: "pair", hidden: true },
    h("div", { class: "field" }, h("label", { for: "video-container" }, "New video as"), container),
    h("div", { class: "field" }, h("label", { for: "video-quality" }, "Quality"), quality));
  const go = h("button", { type: "submit", class: "primary large" });
  const start = async () => {
    go.disabled = true;
    try {
      const videos = draft.found.filter((one) => isVideo(one.file)).map((one) => one.file);
      const others = draft.found.filter((one) => !isVideo(one.file));
      const wrong = videos.length ? await preview.wrong(draft.text) : null; // before much is uploaded in vain
      if (wrong) throw wrong;
      let next = "#/videos";
      if (others.length) {
        const json = { filter: draft.text || undefined, workload_name: draft.name || undefined, tags: draft.tags || undefined };
        const workload = await ask("POST", "/workloads", { json, headers: { "Idempotency-Key": keyFor(JSON.stringify(json)) } });
        wish.key = "";
        upload(workload.workload_id, others);
        next = `#/workloads/${workload.workload_id}`;
      }
      const { text: filter, name: workload_name, tags, container: video_format, quality: video_quality } = draft;
      const alone = draft.found.length === 1;
      if (videos.length) uploadFilms(videos, (file) => ({ filter, tags, video_format, video_quality, workload_name: workload_name && !alone ? `${workload_name} ${file.name}`.slice(0, NAME_MAX) : workload_name }));
      Object.assign(draft, { found: [], name: "" });
      location.hash = next;
    } catch (error) {
      mistake.hidden = false;
      mistake.textContent = sentence(error);
      mistake.scrollIntoView({ block: "nearest" });
      go.disabled = false;
    }
  };

  fill(
    place,
    h("div", { class: "studio" },
      h("div", { class: "stage" }, h("h1", {}, "New workload"), drop, preview.element),
      h("form", { class: "panel", novalidate: true, "aria-label": "Pipeline", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); start(); } },
        h("h2", {}, "Pipeline"),
        list.element, branches, examples, add, mistake,
        h("div", { class: "field" }, h("label", { for: "pipeline-text" }, "As text"), text, h("p", { class: "hint", id: "pipeline-hint" }, "Steps are parted by |. Left empty, all turns gray.")),
        h("div", { class: "pair" },
          h("div", { class: "field" }, h("label", { for: "workload-name" }, "Name"), name),
          h("div", { class: "field" }, h("label", { for: "workload-tags" }, "Only on workers tagged"), tags)),
        ofVideos,
        go)),
  );
  takeDrops(place, take, ended);
  showPicked();
  changed();
  try {
    if (draft.found.some((one) => !isArchive(one.file))) await tryFirst(draft.found);
    else preview.use(await sample("/assets/sample.webp"), "a sample picture");
  } catch (error) {
    if (!ended.aborted) failed(error);
  }
}

/** @param {string} id @param {Record<string, string>} words by value @param {string} value @param {(value: string) => void} chosen */
function choice(id, words, value, chosen) {
  const made = h("select", { id, onchange: () => chosen(made.value) }, Object.entries(words).map(([one, word]) => h("option", { value: one, selected: one === value }, word)));
  return made;
}

/** @param {File} file */
async function bitmapOf(file) {
  return isVideo(file) ? (await still(file)).bitmap : createImageBitmap(file);
}

/** @param {(string | 0 | false)[]} things */
function listed(things) {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(/** @type {string[]} */ (things.filter(Boolean)));
}

/** A row of the first pictures: each can be the one that the pipeline is tried on. @param {Found[]} found @param {(one: Found) => void} chosen */
function strip(found, chosen) {
  const element = h("div", { class: "strip" });
  for (const one of found.slice(0, 12)) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const button = h("button", { type: "button", class: "frame", title: one.path, "aria-label": `Try it on ${one.file.name}`, onclick: () => chosen(one) }, canvas);
    element.append(button);
    bitmapOf(one.file).then((bitmap) => {
      const scale = 96 / Math.min(bitmap.width, bitmap.height);
      set(canvas, { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      bitmap.close();
    }, () => button.append(h("span", { class: "hint" }, one.file.name.split(".").pop())));
  }
  if (found.length > 12) element.append(h("span", { class: "muted" }, `and ${found.length - 12} more`));
  return element;
}
