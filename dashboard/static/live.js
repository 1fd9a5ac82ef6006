/**
 * Data that stays up to date. It is polled, more slowly while nothing changes or nobody looks, and with a growing
 * pause while the server is away. Whoever shows something knows only `follow`, not how news arrive.
 */

import { Away, Problem } from "./api.js";

const LONGEST_MS = 20_000;

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {(data: T) => void} show
 * @param {{everyMs?: number | ((data: T) => number | null), failed?: (error: Error) => void}} [how]
 *   `everyMs` may depend on the data; null: nothing more will change
 * @returns {{stop: () => void, now: () => void}}
 */
export function follow(load, show, how = {}) {
  const { everyMs = 2000, failed } = how;
  const ended = new AbortController();
  let timer = 0;
  let misses = 0;
  let busy = false;
  let again = false;

  /** @param {number | null} ms */
  const plan = (ms) => {
    clearTimeout(timer);
    if (ms !== null && !ended.signal.aborted) timer = window.setTimeout(look, ms);
  };

  const look = async () => {
    if (busy) {
      again = true;
      return;
    }
    if (document.hidden) return;
    busy = true;
    let next = null;
    try {
      const data = await load(ended.signal);
      if (ended.signal.aborted) return;
      misses = 0;
      show(data);
      next = typeof everyMs === "function" ? everyMs(data) : everyMs;
    } catch (error) {
      if (ended.signal.aborted) return;
      if (!(error instanceof Away || (error instanceof Problem && error.passing))) {
        failed?.(/** @type {Error} */ (error));
        return;
      }
      misses += 1;
      const wait = error instanceof Problem && error.retryAfterS ? error.retryAfterS * 1000 : 0;
      next = Math.max(wait, Math.min(LONGEST_MS, 500 * 2 ** misses) * (0.75 + Math.random() / 2));
    } finally {
      busy = false;
    }
    plan(again ? 0 : next);
    again = false;
  };

  const seen = () => !document.hidden && plan(0);
  document.addEventListener("visibilitychange", seen, { signal: ended.signal });
  look();
  return {
    stop: () => {
      ended.abort();
      clearTimeout(timer);
    },
    now: () => plan(0),
  };
}
