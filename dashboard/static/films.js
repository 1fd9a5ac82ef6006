/** Uploads of videos, one after the other: each becomes a workload of its own once its last byte is there. */

import { Away, Problem, ask, send } from "./api.js";

const RATE_MS = 6000; // the rate is that of so long
const LONGEST_MS = 15_000;

/** What goes with the file; empty: the server's default. @typedef {{filter: string, workload_name: string, tags: string, video_format: string, video_quality: string}} Order */

/** Also those that are over, until the page is left. @type {FilmUpload[]} */
const all = [];

/** @param {File[]} files @param {(file: File) => Order} order */
export function uploadFilms(files, order) {
  const made = files.map((file) => new FilmUpload(file, order(file)));
  const idle = !all.some((one) => !one.over);
  for (const one of all.splice(0)) if (!one.over) all.push(one);
  all.push(...made);
  if (idle) oneByOne();
}

export function filmUploads() {
  return all;
}

export function uploadingFilms() {
  return all.some((one) => !one.over);
}

async function oneByOne() {
  for (let next = waiting(); next; next = waiting()) await next.run();
}

function waiting() {
  return all.find((one) => one.state === "waiting");
}

/** The file that a video was made of, while it is still at hand. @param {string} videoId */
export function fileOf(videoId) {
  return all.find((one) => one.videoId === videoId)?.file ?? null;
}

/** Says `change` whenever there is something new to show. */
export class FilmUpload extends EventTarget {
  /** @param {File} file @param {Order} order */
  constructor(file, order) {
    super();
    this.file = file;
    this.order = order;
    /** @type {"waiting" | "sending" | "sent" | "refused" | "stopped"} */
    this.state = "waiting";
    this.sent = 0; // bytes
    this.note = ""; // why nothing moves just now
    this.why = ""; // it was refused
    this.videoId = "";
    /** @type {[number, number][]} */
    this._samples = [];
    this._stopped = new AbortController();
    const random = crypto.getRandomValues(new Uint8Array(16));
    this._key = [...random].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  }

  get over() {
    return this.state !== "waiting" && this.state !== "sending";
  }

  /** Bytes per second. */
  get rate() {
    if (this._samples.length < 2) return 0;
    const [then, before] = this._samples[0];
    const seconds = (performance.now() - then) / 1000;
    return seconds > 0.3 ? (this.sent - before) / seconds : 0;
  }

  stop() {
    this._stopped.abort();
    this._become("stopped");
  }

  /** Until it is kept, refused or stopped. The same wish sent again makes no second video. */
  async run() {
    this._become("sending");
    for (let misses = 0; this.state === "sending"; misses += 1) {
      try {
        const kept = await send("/videos", this._form(), {
          signal: this._stopped.signal,
          headers: { "Idempotency-Key": this._key },
          sent: (part) => this._sample(part),
        });
        this.videoId = kept.video_id;
        this._become("sent");
      } catch (error) {
        if (this._stopped.signal.aborted) return;
        this.sent = 0;
        this._samples.length = 0;
        if (!(error instanceof Away || (error instanceof Problem && error.passing))) {
          this.why = /** @type {Error} */ (error).message;
          this._become("refused");
          return;
        }
        this.note = error instanceof Problem ? error.message : "The server is away; the upload goes on when it is back.";
        this._changed();
        const advised = error instanceof Problem ? (error.retryAfterS ?? 0) * 1000 : 0;
        await new Promise((resolve) => setTimeout(resolve, Math.max(advised, Math.min(LONGEST_MS, 400 * 2 ** misses))));
        if (error instanceof Away) await ask("GET", "/status").catch(() => undefined);
      }
    }
  }

  _form() {
    const form = new FormData();
    for (const [name, value] of Object.entries(this.order)) if (value) form.append(name, value);
    form.append("data", this.file, this.file.name);
    return form;
  }

  /** @param {number} part */
  _sample(part) {
    const now = performance.now();
    this.note = "";
    this.sent = this.file.size * part;
    this._samples.push([now, this.sent]);
    while (this._samples.length > 2 && now - this._samples[0][0] > RATE_MS) this._samples.shift();
    this._changed();
  }

  /** @param {FilmUpload["state"]} state */
  _become(state) {
    this.state = state;
    this._changed();
  }

  _changed() {
    this.dispatchEvent(new Event("change"));
  }
}
