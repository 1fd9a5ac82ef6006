/** Files from drops, folders and pickers. */

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz|tar\.bz2|tar\.xz)$/i;
const PICTURE = /\.(jpe?g|jpe|jfif|png|apng|webp|gif|tiff?|bmp|avif|jp2|j2k|p[bgpn]m|heic|heif)$/i;

const VIDEO = /\.(mp4|m4v|mov|mkv|webm|avi)$/i;

/** @typedef {{file: File, path: string}} Found */

/** @param {File} file */
export function isVideo(file) {
  return file.type.startsWith("video/") || VIDEO.test(file.name);
}

/** @param {File} file */
export function isArchive(file) {
  return ARCHIVE.test(file.name);
}

/** What a zip or tar is called on the wire. @param {File} file */
export function archiveType(file) {
  return /\.zip$/i.test(file.name) ? "application/zip" : "application/x-tar";
}

/** Of a folder only what looks like a picture or a video is taken: it has other things in it, too. @param {Found} found */
function likely({ file, path }) {
  if (path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX")) return false;
  return file.type.startsWith("image/") || PICTURE.test(file.name) || isVideo(file) || ARCHIVE.test(file.name);
}

/** @param {FileList | File[]} list @returns {Found[]} */
export function fromPicker(list) {
  const found = [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  return found.filter((one) => !one.path.includes("/") || likely(one)).sort(byPath);
}

/** Everything in a drop, folders and what is in them. @param {DataTransfer} dropped @returns {Promise<Found[]>} */
export async function fromDrop(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.length) return fromPicker(dropped.files);
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) await gather(/** @type {any} */ (entry), "", found);
  return found.filter((one) => !one.path.includes("/") || likely(one)).sort(byPath);
}

/** @param {any} entry @param {string} folder @param {Found[]} found */
async function gather(entry, folder, found) {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, path });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await gather(one, `${path}/`, found);
  }
}

const order = new Intl.Collator("en", { numeric: true });

/** @param {Found} one @param {Found} other */
function byPath(one, other) {
  return order.compare(one.path, other.path);
}

/**
 * Make an element take drops.
 * @param {HTMLElement} element
 * @param {(found: Found[]) => void} take
 * @param {AbortSignal} signal
 */
export function takeDrops(element, take, signal) {
  let depth = 0;
  const over = (/** @type {boolean} */ is) => element.classList.toggle("over", is);
  element.addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    depth += 1;
    over(true);
  }, { signal });
  element.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault(), { signal });
  element.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  }, { signal });
  element.addEventListener("drop", async (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    depth = 0;
    over(false);
    take(await fromDrop(event.dataTransfer));
  }, { signal });
}
