/**
 * Uploads to a workload: many small files in one request, a few requests at a time, archives as they are. A request
 * that breaks off is looked after before it is sent again, so that nothing is uploaded twice.
 */

import { Away, Problem, ask, send } from "./api.js";
import { archiveType, isArchive } from "./files.js";

/** @typedef {import("./files.js").Found} Found */
/** @typedef {{files: File[], bytes: number, sent: number, archive: boolean}} Batch */

const AT_ONCE = 3;
const BATCH_FILES = 16;
const BATCH_BYTES = 24e6;
const RATE_MS = 6000; // the rate is that of so long

/** Uploads that go on while the page shows something else. @type {Map<string, Uploads>} */
const running = new Map();

/** @param {string} workloadId */
export function uploadsOf(workloadId) {
  return running.get(workloadId);
}

export function uploading() {
  return [...running.values()].some((one) => !one.finished);
}

/** @param {string} workloadId @param {Found[]} found @returns {Uploads} */
export function upload(workloadId, found) {
  const before = running.get(workloadId);
  if (before && !before.finished) {
    before.add(found);
    return before;
  }
  const uploads = new Uploads(workloadId);
  running.set(workloadId, uploads);
  uploads.add(found);
  return uploads;
}

/** Says `change` whenever there is something new to show. */
export class Uploads extends EventTarget {
  /** @param {string} workloadId */
  constructor(workloadId) {
    super();
    this.workloadId = workloadId;
    this.total = 0; // bytes
    this.files = 0;
    this.kept = 0; // images that the server has
    /** @type {{name: string, detail: string}[]} */
    this.refused = [];
    this.finished = false;
    this.waiting = ""; // why nothing moves just now
    /** @type {Batch[]} */
    this._queue = [];
    /** @type {Batch[]} */
    this._all = [];
    /** @type {Map<string, number>} */
    this._acknowledged = new Map();
    /** @type {[number, number][]} */
    this._samples = [[performance.now(), 0]];
    this._lanes = 0;
    this._stopped = new AbortController();
  }

  /** @param {Found[]} found */
  add(found) {
    for (const batch of batches(found.map((one) => one.file))) {
      this._queue.push(batch);
      this._all.push(batch);
      this.total += batch.bytes;
      this.files += batch.files.length;
    }
    this.finished = false;
    while (this._lanes < AT_ONCE && this._lanes < this._queue.length) {
      this._lanes += 1;
      this._lane();
    }
    if (!this._queue.length && !this._lanes) this._finish();
    this._changed();
  }

  stop() {
    this._queue.length = 0;
    this._stopped.abort();
    this._finish();
  }

  get sent() {
    return this._all.reduce((sum, batch) => sum + batch.sent, 0);
  }

  /** Bytes per second. */
  get rate() {
    const [then, before] = this._samples[0];
    const seconds = (performance.now() - then) / 1000;
    return seconds > 0.3 ? Math.max(0, this.sent - before) / seconds : 0;
  }

  async _lane() {
    for (let batch = this._queue.shift(); batch; batch = this._queue.shift()) await this._persist(batch);
    this._lanes -= 1;
    if (!this._lanes) this._finish();
  }

  _finish() {
    this.finished = true;
    this.waiting = "";
    this._changed();
  }

  _changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Until it is done or refused. @param {Batch} batch */
  async _persist(batch) {
    for (let misses = 0; batch.files.length && !this._stopped.signal.aborted; misses += 1) {
      try {
        this._note(batch.files, await this._send(batch));
        batch.sent = batch.bytes;
        this.waiting = "";
        return;
      } catch (error) {
        if (this._stopped.signal.aborted) return;
        batch.sent = 0;
        if (!(error instanceof Away || (error instanceof Problem && error.passing))) {
          this._refuse(batch, /** @type {Error} */ (error));
          return;
        }
        const advised = error instanceof Problem ? (error.retryAfterS ?? 0) : 0;
        this.waiting = error instanceof Problem ? error.message : "The server is away; uploads go on when it is back.";
        this._changed();
        await pause(Math.max(advised * 1000, Math.min(15_000, 400 * 2 ** misses)));
        if (error instanceof Away) await this._lookAfter(batch);
      }
    }
  }

  /** @param {Batch} batch @param {Error} error */
  _refuse(batch, error) {
    for (const file of batch.files) this.refused.push({ name: file.name, detail: error.message });
    this.total -= batch.bytes;
    batch.bytes = 0;
    if (error instanceof Problem && [401, 404, 409].includes(error.status)) this._queue.length = 0;
    this._changed();
  }

  /** @param {File[]} files @param {any} answer */
  _note(files, answer) {
    this.kept += answer.images.length;
    for (const one of answer.refused) this.refused.push({ name: one.name ?? "a file", detail: one.detail });
    const refused = new Set(answer.refused.map((/** @type {any} */ one) => one.position - 1));
    files.forEach((file, at) => {
      if (!refused.has(at)) this._acknowledged.set(key(file.name, file.size), (this._acknowledged.get(key(file.name, file.size)) ?? 0) + 1);
    });
    this._changed();
  }

  /** A request broke off: which of its files did the server keep? @param {Batch} batch */
  async _lookAfter(batch) {
    if (batch.archive) return;
    /** @type {Map<string, number>} */
    const there = new Map();
    try {
      let after = "";
      do {
        const page = await ask("GET", `/workloads/${this.workloadId}/images?kind=original&limit=1000${after && `&after=${after}`}`);
        for (const image of page.images) {
          const one = key(image.name ?? "", image.size_bytes);
          there.set(one, (there.get(one) ?? 0) + 1);
        }
        after = page.next ?? "";
      } while (after);
    } catch {
      return; // still away: the next turn will tell
    }
    batch.files = batch.files.filter((file) => {
      const one = key(file.name, file.size);
      const known = this._acknowledged.get(one) ?? 0;
      if ((there.get(one) ?? 0) <= known) return true;
      this._acknowledged.set(one, known + 1);
      this.kept += 1;
      return false;
    });
    if (!batch.files.length) batch.sent = batch.bytes;
  }

  /** One request. @param {Batch} batch @returns {Promise<any>} */
  _send(batch) {
    const form = new FormData();
    for (const file of batch.archive ? [] : batch.files) form.append("data", file, file.name);
    const [first] = batch.files;
    return send(`/workloads/${this.workloadId}/images`, batch.archive ? first : form, {
      signal: this._stopped.signal,
      headers: batch.archive ? { "Content-Type": archiveType(first) } : {},
      sent: (part) => {
        batch.sent = batch.bytes * part;
        this._sample();
      },
    });
  }

  _sample() {
    const now = performance.now();
    this._samples.push([now, this.sent]);
    while (this._samples.length > 2 && now - this._samples[0][0] > RATE_MS) this._samples.shift();
    this._changed();
  }
}

/** @param {File[]} files @returns {Batch[]} in order */
function batches(files) {
  /** @type {Batch[]} */
  const made = [];
  for (const file of files) {
    const last = made.at(-1);
    const archive = isArchive(file);
    if (!archive && last && !last.archive && last.files.length < BATCH_FILES && last.bytes + file.size <= BATCH_BYTES) {
      last.files.push(file);
      last.bytes += file.size;
    } else {
      made.push({ files: [file], bytes: file.size, sent: 0, archive });
    }
  }
  return made;
}

/** @param {string} name @param {number} size */
function key(name, size) {
  return `${size} ${name}`;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
