/** Pictures of the API as the page shows them: with the token, lazily, a few at a time, small ones kept. */

import { bytes } from "./api.js";

const AT_ONCE = 4;
const SMALL_PIXELS = 420; // the longer side of a thumbnail
const KEPT = 600;

/** @type {(() => void)[]} */
const waiting = [];
let busy = 0;
/** @type {Map<string, ImageBitmap>} */
const small = new Map();

/** @template T @param {() => Promise<T>} work @param {AbortSignal} signal @returns {Promise<T>} */
async function inTurn(work, signal) {
  if (busy >= AT_ONCE) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
  busy += 1;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    busy -= 1;
    waiting.shift()?.();
  }
}

/**
 * Draw an image of the API on a canvas when it comes into view.
 * @param {HTMLCanvasElement} canvas
 * @param {string} imageId
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} false for a format that this browser does not show
 */
export async function thumbnail(canvas, imageId, signal) {
  let bitmap = small.get(imageId);
  if (!bitmap) {
    const blob = await inTurn(() => bytes(`/images/${imageId}`, signal), signal);
    try {
      bitmap = await shrunk(blob);
    } catch {
      return false;
    }
    if (small.size >= KEPT) {
      const [oldest] = small.keys();
      small.get(oldest)?.close();
      small.delete(oldest);
    }
    small.set(imageId, bitmap);
  }
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  canvas.classList.add("there");
  return true;
}

/** @param {Blob} blob */
async function shrunk(blob) {
  const whole = await createImageBitmap(blob);
  const scale = SMALL_PIXELS / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  const resizeWidth = Math.max(1, Math.round(whole.width * scale));
  const resizeHeight = Math.max(1, Math.round(whole.height * scale));
  const made = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  whole.close();
  return made;
}

/** Calls `seen` once for each element that comes near the view. @param {(element: Element) => void} seen */
export function whenNear(seen) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        seen(entry.target);
      }
    },
    { rootMargin: "300px" },
  );
  return observer;
}

/** Save bytes as a file. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
