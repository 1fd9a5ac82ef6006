/** Videos on their way to the server. */

import { fill, h, say } from "./dom.js";
import { filmUploads } from "./films.js";
import { duration, size } from "./format.js";
import { icon } from "./icons.js";
import { sentence } from "./toast.js";

/** @typedef {import("./films.js").FilmUpload} FilmUpload */

const DRAW_MS = 100;
const PILLS = { waiting: ["Next", "empty"], sending: ["Uploading", "running"], sent: ["Uploaded", "completed"], refused: ["Not taken", "failed"], stopped: ["Stopped", "cancelled"] };

/** @param {HTMLElement} place @param {AbortSignal} ended */
export function sending(place, ended) {
  const uploads = filmUploads();
  if (!uploads.length) {
    location.replace("#/workloads");
    return;
  }
  const list = h("ul", { class: "workloads" });
  const rows = uploads.map(() => h("li", { class: "workload sending" }));
  fill(place, h("div", { class: "title" }, h("h1", {}, uploads.length > 1 ? "Uploading videos" : "Uploading a video")), list);
  fill(list, rows);
  uploads.forEach((upload, at) => {
    let planned = 0;
    let drawn = "";
    const draw = () => {
      planned = 0;
      show(rows[at], upload);
      if (drawn && drawn !== upload.state) say(`${upload.file.name}: ${PILLS[upload.state][0]}`);
      drawn = upload.state;
      if (uploads.length === 1 && upload.state === "sent") location.replace(`#/workloads/${upload.videoId}`);
    };
    const soon = () => {
      planned ||= window.setTimeout(draw, DRAW_MS); // it changes more often than anybody could read
    };
    upload.addEventListener("change", soon, { signal: ended });
    ended.addEventListener("abort", () => clearTimeout(planned));
    draw();
  });
}

/** @param {HTMLElement} row @param {FilmUpload} upload */
function show(row, upload) {
  const { file, state } = upload;
  const part = upload.sent / Math.max(1, file.size);
  const [word, kind] = PILLS[state];
  fill(
    row,
    h("div", { class: "workload-head" }, icon("film"), h("b", {}, file.name), h("span", { class: `pill ${kind}` }, word)),
    state === "refused" && h("p", { class: "trouble", role: "alert" }, sentence(upload.why)),
    state === "sending" && h("div", { class: "bar", role: "progressbar", "aria-label": `Upload of ${file.name}`, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * part) },
      h("span", { class: "sent", style: { "flex-grow": String(part) } }), h("span", { class: "queued", style: { "flex-grow": String(1 - part) } })),
    h("div", { class: "row" }, h("span", { class: "muted number" }, words(upload)),
      state === "sent" && h("a", { class: "button small", href: `#/workloads/${upload.videoId}` }, "Show it"),
      state === "refused" && h("a", { class: "button small", href: "#/new" }, "Back to the pipeline"),
      !upload.over && h("button", { type: "button", class: "small", "aria-label": `Stop ${file.name}`, onclick: () => upload.stop() }, "Stop")),
  );
}

/** @param {FilmUpload} upload */
function words(upload) {
  const all = size(upload.file.size);
  if (upload.state !== "sending") return all;
  if (upload.note) return sentence(upload.note);
  if (upload.sent >= upload.file.size) return `${all} are there; the server looks at the video`;
  const left = upload.rate ? ` · ${size(upload.rate)}/s · ${duration((upload.file.size - upload.sent) / upload.rate)} left` : "";
  return `${size(upload.sent)} of ${all}${left}`;
}
