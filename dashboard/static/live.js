/**
 * Data that stays up to date: looked at when there is news of it, and now and then all the same; where no news
 * arrive, it is polled, more slowly while nothing changes or nobody looks, and with a growing pause while the server
 * is away. Whoever shows something knows only `follow`, not how news arrive.
 */

import { Away, Problem } from "./api.js";
import { arriving, listen } from "./news.js";

const LONGEST_MS = 20_000;
const WITH_NEWS_MS = 10_000;
const AFTER_NEWS_MS = 100; // several may come together

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {(data: T) => void} show
 * @param {{everyMs?: number | ((data: T) => number | null), failed?: (error: Error) => void, about?: string}} [how]
 *   `about`: a workload's id, or "workloads" for all, of which there are news;
 *   `everyMs` may depend on the data; null: nothing more will change
 * @returns {{stop: () => void, now: () => void}}
 */
export function follow(load, show, how = {}) {
  const { everyMs = 2000, failed, about } = how;
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
      if (about && next !== null && arriving()) next = Math.max(next, WITH_NEWS_MS);
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
  /** @param {string} id */
  const heard = (id) => {
    if (about !== "workloads" && about !== id) return;
    if (busy) again = true; // what is on its way may be older than the news
    else plan(AFTER_NEWS_MS);
  };
  if (about) listen(heard, ended.signal);
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
