/**
 * One stream of events for the whole page: who follows something is told when to look again. Where there is no stream
 * (too many are open, something between us holds it back), nobody is told anything, and everybody polls.
 */

import { authorization, current } from "./api.js";

const PAUSE_MS = [1000, 3000, 10_000, 30_000];

/** @typedef {(workloadId: string) => void} Listener */

/** @type {Set<Listener>} */
const listeners = new Set();
/** @type {AbortController | null} */
let streaming = null;
let open = false;

/** Is everybody told? @returns {boolean} */
export function arriving() {
  return open;
}

/** @param {Listener} listener @param {AbortSignal} ended */
export function listen(listener, ended) {
  listeners.add(listener);
  ended.addEventListener("abort", () => {
    listeners.delete(listener);
    window.setTimeout(check); // the next view may listen at once
  });
  check();
}

/** A stream holds a thread of the server: none is kept that nobody looks at. */
function check() {
  const wanted = listeners.size > 0 && !document.hidden && current() !== null;
  if (wanted && !streaming) {
    streaming = new AbortController();
    stream(streaming.signal);
  } else if (!wanted && streaming) {
    streaming.abort();
    streaming = null;
    open = false;
  }
}

/** @param {AbortSignal} signal */
async function stream(signal) {
  let misses = 0;
  while (!signal.aborted) {
    try {
      const response = await fetch("/events", { headers: { ...authorization(), Accept: "text/event-stream" }, credentials: "omit", signal });
      if (response.ok && response.body) {
        open = true;
        misses = 0;
        await read(response.body);
      } else if (response.status === 401) return; // the next look says so
    } catch {
      /* the server is away, or we left */
    }
    if (signal.aborted) return;
    open = false;
    const pause = PAUSE_MS[Math.min(misses, PAUSE_MS.length - 1)];
    misses += 1;
    await new Promise((resolve) => window.setTimeout(resolve, pause));
  }
}

/** @param {ReadableStream<Uint8Array>} body */
async function read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data: ")) tell(JSON.parse(line.slice(6)).workload_id);
    }
  }
}

/** @param {string} workloadId */
function tell(workloadId) {
  for (const listener of listeners) listener(workloadId);
}

document.addEventListener("visibilitychange", check);
