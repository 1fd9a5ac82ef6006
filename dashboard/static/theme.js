/** Light, dark, or as the system has it. */

/** @typedef {"auto" | "light" | "dark"} Theme */

const KEY = "dpip.theme";
/** @type {Theme[]} */
const ORDER = ["auto", "light", "dark"];

/** @returns {Theme} */
export function theme() {
  return /** @type {Theme} */ (document.documentElement.dataset.theme ?? "auto");
}

/** The next of the three; it is remembered. @returns {Theme} */
export function nextTheme() {
  const next = ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length];
  if (next === "auto") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  }
  return next;
}
