/** One video: how far it is, and what came of it, before and after. */

import { ask, bytes, request } from "./api.js";
import { fill, h } from "./dom.js";
import { fileOf } from "./films.js";
import { ago, clock, count, duration, size } from "./format.js";
import { icon } from "./icons.js";
import { follow } from "./live.js";
import { save } from "./pictures.js";
import { player } from "./player.js";
import { Rate, figure } from "./progress.js";
import { confirmed, failed, sentence, toast } from "./toast.js";

/** @typedef {{video_id: string, workload_name: string, pipeline: string, name: string | null, state: "waiting" | "running" | "done" | "failed" | "cancelled",
 *   format: string, codec: string, width: number, height: number, rotation: number, rate: string, duration_s: number | null, frames: number | null,
 *   sound: string[], video_format: string, frames_split: number, frames_joined: number, failure: {kind: string, detail: string} | null,
 *   notes: string[], queued_at: string, started_at: string | null, finished_at: string | null}} Video */

const PILLS = { waiting: ["Waiting", "scheduling"], running: ["Running", "running"], done: ["Completed", "completed"], failed: ["Failed", "failed"], cancelled: ["Cancelled", "cancelled"] };
/** @type {Record<string, string>} */
const CODECS = { h264: "H.264", hevc: "H.265", mpeg4: "MPEG-4", mpeg2video: "MPEG-2", mpeg1video: "MPEG-1", prores: "ProRes", rawvideo: "uncompressed" };
const SOUND = ["no sound", "with sound"];
const PLAYED_BYTES = 64e6; // larger ones are fetched only when somebody wants to look
const LOOK_MS = 700;

/** @param {Pick<Video, "state">} video */
export function filmPill(video) {
  const [word, kind] = PILLS[video.state];
  return h("span", { class: `pill ${kind}` }, word);
}

/** @param {Video} video */
export function filmBar(video) {
  const whole = Math.max(video.frames ?? 0, video.frames_split, 1);
  const way = video.state === "running" ? video.frames_split - video.frames_joined : 0;
  const parts = video.state === "done" ? { done: 1 } : { done: video.frames_joined, running: way, queued: whole - video.frames_joined - way };
  return h("div", { class: "bar", role: "progressbar", "aria-label": `Progress of ${video.workload_name}`, "aria-valuemin": 0, "aria-valuemax": whole, "aria-valuenow": video.frames_joined,
    "aria-valuetext": `${count(video.frames_joined)} of ${video.frames === null ? "an unknown number of" : count(whole)} frames are in the new video` },
  Object.entries(parts).map(([kind, number]) => number > 0 && h("span", { class: kind, style: { "flex-grow": String(number) } })));
}

/** @param {HTMLElement} place @param {AbortSignal} ended @param {string} id */
export function film(place, ended, id) {
  const head = h("div", { class: "workload-title" });
  const progress = h("div", { class: "progress" });
  const numbers = h("dl", { class: "figures" });
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const notes = h("ul", { class: "notes" });
  const screen = h("div", { class: "screen" });
  const rate = new Rate();
  let drawn = "";
  let watched = "";
  fill(place, head, h("section", { class: "card", "aria-label": "Progress" }, progress, numbers, trouble, notes), screen);
  const watch = theatre(screen, ended, id);

  /** @param {{video: Video, workload: any}} seen */
  const show = ({ video, workload }) => {
    rate.note(video.frames_joined);
    const looks = JSON.stringify([video.workload_name, video.state]);
    if (looks !== drawn) {
      drawn = looks;
      title(video, workload);
    }
    fill(progress, filmBar(video));
    fill(numbers, figuresOf(video, rate));
    trouble.hidden = !video.failure && !workload.missing_tags.length;
    trouble.textContent = sentence(video.failure?.detail ?? (workload.missing_tags.length ? workload.note : ""));
    fill(notes, video.notes.map((note) => h("li", { class: "hint" }, sentence(note))));
    document.title = `${video.workload_name} · DPIP`;
    const side = video.state === "done" ? "both" : "original";
    if (side !== watched) watch(video);
    watched = side;
  };

  /** @param {Video} video @param {any} workload */
  const title = (video, workload) => {
    const unfinished = video.state === "waiting" || video.state === "running";
    const download = h("button", { type: "button", class: "primary", disabled: video.state !== "done", onclick: () => take(video, download) }, icon("download"), "Download");
    const act = (/** @type {string} */ what, /** @type {string} */ word) => h("button", { type: "button", onclick: () => ask("POST", `/workloads/${id}/${what}`).then(following.now, failed) }, icon("replay"), word);
    fill(
      head,
      h("p", { class: "crumbs" }, h("a", { href: "#/workloads" }, "Workloads")),
      h("div", { class: "title" }, h("h1", {}, video.workload_name), filmPill(video)),
      h("p", { class: "about" }, icon("film"), h("b", {}, video.name ?? "a video"), h("span", { class: "muted" }, facts(video))),
      h("p", { class: "about" }, h("code", { class: "pipeline" }, video.pipeline), workload.tags.map((/** @type {string} */ one) => h("span", { class: "tag-chip" }, one)), h("span", { class: "muted" }, `made ${ago(video.queued_at)}`)),
      h("div", { class: "row actions" }, download,
        video.state === "failed" && act("replay", "Try again"),
        video.state === "cancelled" && act("resume", "Resume"),
        unfinished && h("button", { type: "button", onclick: cancel }, icon("stop"), "Cancel"),
        h("button", { type: "button", class: "quiet danger-text", onclick: () => remove(video.workload_name) }, icon("trash"), "Delete")),
    );
  };

  const cancel = async () => {
    if (!(await confirmed("Cancel this video?", "The frames so far are given up. Resuming begins it anew, from the upload.", "Cancel it"))) return;
    await ask("POST", `/workloads/${id}/cancel`).catch(failed);
    following.now();
  };
  /** @param {string} name */
  const remove = async (name) => {
    if (!(await confirmed("Delete this video?", "The upload and the filtered video go. There is no way back.", "Delete it"))) return;
    try {
      await ask("DELETE", `/workloads/${id}`);
      following.stop();
      toast(`${name} is deleted.`);
      location.hash = "#/workloads";
    } catch (error) {
      failed(error);
    }
  };
  /** @param {Video} video @param {HTMLButtonElement} button */
  const take = async (video, button) => {
    button.disabled = true;
    try {
      const blob = await bytes(`/videos/${id}/file`, ended, (came) => button.lastChild?.replaceWith(` ${size(came)}`));
      save(blob, `${(video.name ?? video.workload_name).replace(/\.[^.]*$/, "")}-filtered.${video.video_format}`);
    } catch (error) {
      if (!ended.aborted) failed(error);
    } finally {
      button.disabled = false;
      button.lastChild?.replaceWith("Download");
    }
  };

  const following = follow(async (signal) => {
    const [video, workload] = await Promise.all([ask("GET", `/videos/${id}`, { signal }), ask("GET", `/workloads/${id}`, { signal })]);
    return { video, workload };
  }, show, {
    everyMs: ({ video }) => (video.state === "waiting" || video.state === "running" ? LOOK_MS : 5000),
    failed: (error) => fill(place, h("div", { class: "empty-state" }, icon("warn"), h("h1", {}, "This did not work"), h("p", {}, sentence(error)), h("a", { class: "button", href: "#/workloads" }, "All workloads"))),
  });
  ended.addEventListener("abort", following.stop);
}

/** @param {Video} video @param {Rate} rate */
function figuresOf(video, rate) {
  const { state, frames, frames_joined: joined } = video;
  if (state === "done") {
    const took = (Date.parse(video.finished_at ?? "") - Date.parse(video.started_at ?? "")) / 1000;
    return [figure("Frames", count(joined), "done"), figure("Took", duration(took)), took > 0 && figure("Rate", perSecond(joined / took))];
  }
  if (state !== "running") return [figure("Frames", frames === null ? "–" : count(frames))];
  const speed = rate.perSecond;
  return [
    figure("Frames", frames === null ? count(joined) : `${count(joined)} of ${count(Math.max(frames, joined))}`, "done"),
    figure("On their way", count(video.frames_split - joined)),
    figure("Rate", speed ? perSecond(speed) : "–"),
    figure("Time left", speed && frames !== null ? duration(Math.max(0, frames - joined) / speed) : "–"),
  ];
}

/** @param {number} frames */
function perSecond(frames) {
  return `${frames < 10 ? frames.toFixed(1) : Math.round(frames)} /s`;
}

/** @param {Video} video */
function facts(video) {
  const turned = video.rotation % 180 !== 0;
  const [width, height] = turned ? [video.height, video.width] : [video.width, video.height];
  const [over, under = 1] = video.rate.split("/").map(Number);
  return [`${width} × ${height}`, `${Number((over / under).toFixed(2))} frames/s`, video.duration_s !== null && clock(video.duration_s),
    CODECS[video.codec] ?? video.codec.toUpperCase(), SOUND[video.sound.length] ?? `${video.sound.length} sound tracks`].filter(Boolean).join(" · ");
}

/** Where the video is looked at. @param {HTMLElement} place @param {AbortSignal} ended @param {string} id */
function theatre(place, ended, id) {
  const show = player(ended);
  /** @type {Record<"original" | "filtered", string | null>} */
  const urls = { original: null, filtered: null };
  ended.addEventListener("abort", () => Object.values(urls).forEach((url) => url && URL.revokeObjectURL(url)));

  /** @param {"original" | "filtered"} kind */
  const path = (kind) => `/videos/${id}/file?type=${kind}`;
  /** @param {"original" | "filtered"} kind */
  const bytesOf = async (kind) => Number((await request("HEAD", path(kind), { signal: ended })).headers.get("Content-Length"));
  /** @param {"original" | "filtered"} kind */
  const load = async (kind) => {
    const blob = (kind === "original" && fileOf(id)) || (await bytes(path(kind), ended));
    if (!ended.aborted) urls[kind] = URL.createObjectURL(blob);
  };

  /** @param {Video} video */
  return async (video) => {
    /** @type {("original" | "filtered")[]} */
    const wanted = video.state === "done" ? ["original", "filtered"] : ["original"];
    const missing = wanted.filter((kind) => !urls[kind]);
    const open = async () => {
      fill(place, h("p", { class: "loading" }, "Fetching the video…"));
      await Promise.all(missing.map(load));
      fill(place, show.element);
      show.show(urls.original, video.state === "done" ? urls.filtered : null);
    };
    try {
      const all = (await Promise.all(missing.map(bytesOf))).reduce((sum, one) => sum + one, 0);
      if (all <= PLAYED_BYTES || (video.state !== "done" && fileOf(id))) await open();
      else fill(place, h("div", { class: "row" }, h("button", { type: "button", onclick: () => open().catch(failed) }, icon("play"), `Look at it here (${size(all)})`)));
    } catch (error) {
      if (!ended.aborted) fill(place, h("p", { class: "trouble" }, sentence(error)));
    }
  };
}
