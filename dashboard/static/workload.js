/** One workload: how far it is, its pictures, its failures, and where each of its jobs ran and why there. */

import { Problem, ask, bytes } from "./api.js";
import { fill, h } from "./dom.js";
import { film } from "./film.js";
import { fromPicker, takeDrops } from "./files.js";
import { ago, count, duration, plural, size } from "./format.js";
import { gallery } from "./gallery.js";
import { icon } from "./icons.js";
import { jobs } from "./jobs.js";
import { follow } from "./live.js";
import { save } from "./pictures.js";
import { Rate, bar, figures, pill } from "./progress.js";
import { confirmed, failed, sentence, toast } from "./toast.js";
import { upload, uploadsOf } from "./uploads.js";

/** @typedef {import("./progress.js").Workload} Workload */

const DRAW_MS = 100;
const FAILURES = 200;
const TABS = { pictures: "Pictures", failures: "Failures", jobs: "Where it ran" };

/** @param {HTMLElement} place @param {AbortSignal} ended @param {string} id @param {string} [tab] */
export function workload(place, ended, id, tab = "pictures") {
  const head = h("div", { class: "workload-title" });
  const progress = h("div", { class: "progress" });
  const numbers = h("dl", { class: "figures" });
  const uploading = h("div", { class: "uploading" });
  const note = h("p", { class: "note", hidden: true });
  const tabs = h("nav", { class: "tabs", "aria-label": "Parts of the workload" });
  const body = h("div", { class: "tab-body" });
  const rate = new Rate();
  /** @type {Workload | null} */
  let now = null;
  /** @type {{show: (workload: Workload) => void} | null} */
  let part = null;
  let drawn = "";

  fill(place, head, h("section", { class: "card", "aria-label": "Progress" }, progress, numbers, uploading, note), tabs, body);
  fill(head, h("p", { class: "loading" }, "Looking it up…"));

  /** @param {Workload} seen */
  const show = (seen) => {
    if (seen.video) {
      following.stop();
      film(place, ended, id);
      return;
    }
    now = seen;
    rate.note(seen.done + seen.failed);
    const looks = JSON.stringify([seen.workload_name, seen.status, seen.cancelled, seen.failed, seen.done > 0, seen.total]);
    if (looks !== drawn) {
      drawn = looks;
      title(seen);
    }
    fill(progress, bar(seen));
    figures(numbers, seen, rate);
    note.hidden = !seen.note || Boolean(uploadsOf(id) && !uploadsOf(id)?.finished);
    note.textContent = seen.note ? sentence(seen.note) : "";
    document.title = `${seen.workload_name} · DPIP`;
    if (!part) part = open(seen);
    part.show(seen);
  };

  /** @param {Workload} seen */
  const title = (seen) => {
    const focused = head.contains(document.activeElement) ? document.activeElement?.textContent : null;
    fill(
      head,
      h("p", { class: "crumbs" }, h("a", { href: "#/workloads" }, "Workloads")),
      h("div", { class: "title" }, h("h1", {}, seen.workload_name), pill(seen)),
      h("p", { class: "about" }, h("code", { class: "pipeline" }, seen.pipeline), seen.tags.map((one) => h("span", { class: "tag-chip" }, one)), h("span", { class: "muted" }, `made ${ago(seen.created_at)}`)),
      h("div", { class: "row actions" },
        h("button", { type: "button", class: "primary", disabled: !seen.done, onclick: downloadAll }, icon("download"), "Download all"),
        !seen.cancelled && h("button", { type: "button", onclick: () => more.click() }, icon("upload"), "Add pictures"),
        seen.failed > 0 && !seen.cancelled && h("button", { type: "button", onclick: replay }, icon("replay"), `Replay ${plural(seen.failed, "failure")}`),
        seen.cancelled && h("button", { type: "button", onclick: resume }, icon("replay"), "Resume"),
        !seen.cancelled && seen.status !== "completed" && seen.total > 0 && h("button", { type: "button", onclick: cancel }, icon("stop"), "Cancel"),
        h("button", { type: "button", class: "quiet danger-text", onclick: remove }, icon("trash"), "Delete"),
        more),
    );
    fill(tabs, Object.entries(TABS).map(([key, word]) => h("a", { href: `#/workloads/${id}/${key}`, "aria-current": key === tab && "page" }, word,
      key === "failures" && seen.failed > 0 && h("span", { class: "badge" }, count(seen.failed)))));
    if (focused) [...head.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
  };

  const more = h("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-label": "More pictures", onchange: () => take(fromPicker(more.files)) });
  /** @param {import("./files.js").Found[]} found */
  const take = (found) => {
    if (!found.length) return;
    upload(id, found);
    watchUploads();
    following.now();
  };

  /** @param {Workload} seen */
  const open = (seen) => (tab === "jobs" ? jobs(body, ended, id) : tab === "failures" ? failures(body, ended, id) : gallery(body, ended, seen));

  const cancel = async () => {
    if (!(await confirmed("Cancel this workload?", "What is filtered already stays. The rest is given up, and no more pictures can be added.", "Cancel it"))) return;
    uploadsOf(id)?.stop();
    await ask("POST", `/workloads/${id}/cancel`).catch(failed);
    following.now();
  };
  const remove = async () => {
    if (!(await confirmed("Delete this workload?", "It goes with all its pictures, originals and results. There is no way back.", "Delete it"))) return;
    uploadsOf(id)?.stop();
    try {
      await ask("DELETE", `/workloads/${id}`);
      following.stop();
      toast(`${now?.workload_name ?? "The workload"} is deleted.`);
      location.hash = "#/workloads";
    } catch (error) {
      failed(error);
    }
  };
  const replay = async () => {
    try {
      await ask("POST", `/workloads/${id}/replay`);
      toast("The failures are tried again.");
      following.now();
    } catch (error) {
      failed(error);
    }
  };
  const resume = async () => {
    await ask("POST", `/workloads/${id}/resume`).catch(failed);
    following.now();
  };
  const downloadAll = async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
    button.disabled = true;
    try {
      const blob = await bytes(`/workloads/${id}/archive`, ended, (came) => button.lastChild?.replaceWith(` ${size(came)}`));
      save(blob, `${now?.workload_name ?? id}.zip`);
    } catch (error) {
      failed(error);
    } finally {
      button.disabled = false;
      button.lastChild?.replaceWith("Download all");
    }
  };

  const watchUploads = () => {
    const uploads = uploadsOf(id);
    if (!uploads) return;
    let planned = 0;
    const draw = () => {
      planned = 0;
      showUploads(uploading, uploads);
      if (uploads.finished) following.now();
    };
    const soon = () => {
      planned ||= window.setTimeout(draw, DRAW_MS); // it changes more often than anybody could read
    };
    uploads.addEventListener("change", soon);
    ended.addEventListener("abort", () => {
      uploads.removeEventListener("change", soon);
      clearTimeout(planned);
    });
    draw();
  };

  const following = follow((signal) => ask("GET", `/workloads/${id}`, { signal }), show, {
    about: id,
    everyMs: (seen) => (seen.status !== "completed" && seen.total > 0 ? 700 : uploadsOf(id) && !uploadsOf(id)?.finished ? 700 : 4000),
    failed: (error) => fill(place, h("div", { class: "empty-state" }, icon("warn"),
      h("h1", {}, error instanceof Problem && error.status === 404 ? "No such workload" : "This did not work"),
      h("p", {}, sentence(error)), h("a", { class: "button", href: "#/workloads" }, "All workloads"))),
  });
  ended.addEventListener("abort", following.stop);
  takeDrops(place, take, ended);
  watchUploads();
}

/** @param {HTMLElement} place @param {import("./uploads.js").Uploads} uploads */
function showUploads(place, uploads) {
  const left = Math.max(0, uploads.total - uploads.sent);
  const speed = uploads.rate;
  fill(
    place,
    !uploads.finished && [
      h("div", { class: "upload-line" }, icon("upload"),
        h("span", {}, h("b", {}, "Uploading "), `${size(uploads.sent)} of ${size(uploads.total)}`),
        h("span", { class: "muted" }, uploads.waiting || (speed ? `${size(speed)}/s · ${duration(left / speed)} left` : "")),
        h("button", { type: "button", class: "quiet small", onclick: () => uploads.stop() }, "Stop")),
      h("div", { class: "bar thin", role: "progressbar", "aria-label": "Upload", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round((100 * uploads.sent) / Math.max(1, uploads.total)) },
        h("span", { class: "sent", style: { "flex-grow": String(uploads.sent + 1) } }), h("span", { class: "queued", style: { "flex-grow": String(left) } })),
    ],
    uploads.refused.length > 0 && h("details", { class: "refused", open: uploads.refused.length < 4 },
      h("summary", {}, `${plural(uploads.refused.length, "file")} not taken`),
      h("ul", {}, uploads.refused.slice(0, 200).map((one) => h("li", {}, h("b", {}, one.name), " ", sentence(one.detail))))),
  );
}

/** @param {HTMLElement} place @param {AbortSignal} ended @param {string} id */
function failures(place, ended, id) {
  const list = h("ul", { class: "failures" });
  const toFile = h("button", { type: "button", class: "small", onclick: () => bytes(`/workloads/${id}/failures.csv`).then((blob) => save(blob, `${id}-failures.csv`), failed) }, icon("download"), "As a table (CSV)");
  const above = h("div", { class: "row end above" }, toFile);
  fill(place, above, list);
  let known = "";
  /** @param {any} one */
  const row = (one) => {
    const name = one.name ?? one.image_id;
    const again = h("button", { type: "button", class: "small", "aria-label": `Replay ${name}`, onclick: () => {
      again.disabled = true;
      ask("POST", `/images/${one.image_id}/replay`).then(() => toast(`${name} is tried again.`), failed);
    } }, icon("replay"), "Replay");
    return h("li", { class: "failure" }, icon("warn"), h("div", {}, h("b", {}, name), h("p", {}, sentence(one.detail))), h("span", { class: "kind" }, one.kind), again);
  };
  return {
    /** @param {Workload} seen */
    show: async (seen) => {
      const state = `${seen.failed} ${seen.status}`;
      if (state === known) return;
      known = state;
      above.hidden = !seen.failed;
      if (!seen.failed) {
        fill(list, h("li", { class: "empty-state" }, icon("check"), h("h2", {}, "No failures"), h("p", {}, seen.status === "completed" ? "Every picture went through." : "None so far.")));
        return;
      }
      try {
        const page = await ask("GET", `/workloads/${id}/failures?limit=${FAILURES}`, { signal: ended });
        fill(list, page.failures.map(row), page.next && h("li", { class: "muted" }, `The first ${count(FAILURES)} are shown; the table has them all.`));
      } catch {
        known = ""; // the server is away: the next turn shows them
      }
    },
  };
}
