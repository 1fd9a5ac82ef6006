/** Short news at the edge of the page, and questions that must be answered. */

import { fill, h, say } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;

/** @param {string} text @param {"news" | "bad"} [kind] */
export function toast(text, kind = "news") {
  const close = () => element.remove();
  const element = h(
    "div",
    { class: `toast ${kind}` },
    icon(kind === "bad" ? "warn" : "check"),
    h("p", {}, text),
    h("button", { class: "quiet small", type: "button", "aria-label": "Dismiss", onclick: close }, icon("close")),
  );
  document.getElementById("toasts")?.append(element);
  say(text);
  setTimeout(close, kind === "bad" ? 2 * SHOWN_MS : SHOWN_MS);
}

/** @param {unknown} error */
export function failed(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  toast(sentence(error), "bad");
}

/** An error in a person's words. @param {unknown} error */
export function sentence(error) {
  const text = error instanceof Error ? error.message : String(error);
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/**
 * A dialog that is gone when it is closed; Escape closes it.
 * @param {string} title
 * @param {(close: (answer?: string) => void) => any[]} content
 * @param {string} [kind]
 * @returns {Promise<string>} what it was closed with
 */
export function dialog(title, content, kind = "") {
  return new Promise((resolve) => {
    const element = h("dialog", { class: `dialog ${kind}`, "aria-label": title });
    const close = (answer = "") => element.close(answer);
    element.addEventListener("close", () => {
      resolve(element.returnValue);
      element.remove();
    });
    element.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (event.target === element) close();
    });
    const head = h("div", { class: "dialog-head" }, h("h2", {}, title), kind && h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => close() }, icon("close")));
    fill(element, h("div", { class: "dialog-inside" }, head, ...content(close)));
    document.body.append(element);
    element.showModal();
  });
}

/** @param {string} title @param {string} text @param {string} yes @returns {Promise<boolean>} */
export async function confirmed(title, text, yes) {
  const answer = await dialog(title, (close) => [
    h("p", { class: "muted" }, text),
    h(
      "div",
      { class: "row end" },
      h("button", { type: "button", onclick: () => close() }, "Keep it"),
      h("button", { type: "button", class: "danger", onclick: () => close("yes") }, yes),
    ),
  ]);
  return answer === "yes";
}
