/** One frame of a video file, taken by this browser. */

const WITHIN_MS = 8000;
const INTO = 1 / 3; // of the video: the first frames are often black
const MOST_S = 5;

/** @param {File} file @returns {Promise<{bitmap: ImageBitmap, seconds: number}>} rejects for what this browser does not play */
export async function still(file) {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: url });
  try {
    await heard(video, "loadeddata");
    const seconds = Number.isFinite(video.duration) ? Math.min(video.duration * INTO, MOST_S) : 0;
    if (seconds > 0) {
      const there = heard(video, "seeked");
      video.currentTime = seconds;
      await there;
    }
    return { bitmap: await createImageBitmap(video), seconds };
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

/** @param {ImageBitmap} bitmap */
export async function asPicture(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
}

/** @param {HTMLVideoElement} video @param {string} name */
function heard(video, name) {
  return new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener("error", () => reject(video.error), { once: true });
    setTimeout(() => reject(new Error("too slow")), WITHIN_MS);
  });
}
