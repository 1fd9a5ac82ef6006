/** The steps of a pipeline as cards, to be set, moved (by hand or by arrow keys) and taken out. */

import { fill, h, say } from "./dom.js";
import { icon } from "./icons.js";
import { control } from "./parameters.js";

/** @typedef {import("./pipeline.js").Step} Step */
/** @typedef {{name: string, summary: string, parameters: {properties?: Record<string, any>}, origin: string, family: string, problem: string | null}} Filter */

/**
 * @param {Map<string, Filter>} catalogue
 * @param {Step[]} steps changed in place
 * @param {() => void} changed
 */
export function stepList(catalogue, steps, changed) {
  const element = h("ol", { class: "steps", "aria-label": "Steps of the pipeline, in order" });
  /** Steps are told apart by identity: cards stay while values change. @type {Map<Step, HTMLElement>} */
  const cards = new Map();

  const show = () => {
    for (const [step] of cards) if (!steps.includes(step)) cards.delete(step);
    for (const step of steps) if (!cards.has(step)) cards.set(step, card(step));
    fill(element, steps.map((step) => /** @type {HTMLElement} */ (cards.get(step))));
    steps.forEach((step, at) => number(step, at));
  };

  /** @param {Step} step @param {number} at */
  const number = (step, at) => {
    const handle = cards.get(step)?.querySelector(".grip");
    handle?.setAttribute("aria-label", `Move ${step.name}, step ${at + 1} of ${steps.length}: arrow keys move it`);
  };

  /** @param {Step} step @param {number} to */
  const move = (step, to) => {
    const from = steps.indexOf(step);
    if (to < 0 || to >= steps.length || to === from) return;
    steps.splice(from, 1);
    steps.splice(to, 0, step);
    show();
    say(`${step.name} is step ${to + 1} of ${steps.length} now`);
    changed();
  };

  /** @param {Step} step */
  const remove = (step) => {
    const at = steps.indexOf(step);
    steps.splice(at, 1);
    show();
    changed();
    say(`${step.name} is taken out`);
    const next = steps[Math.min(at, steps.length - 1)];
    const focus = next ? cards.get(next)?.querySelector(".grip") : document.querySelector(".add-filter");
    /** @type {HTMLElement | null | undefined} */ (focus)?.focus();
  };

  /** @param {Step} step */
  const card = (step) => {
    const filter = catalogue.get(step.name);
    const properties = Object.entries(filter?.parameters.properties ?? {});
    const grip = h("button", { type: "button", class: "quiet grip", title: "Drag, or use the arrow keys" }, icon("grip"));
    grip.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
      if (!by) return;
      event.preventDefault();
      move(step, steps.indexOf(step) + by);
      grip.focus();
    });
    const [main, more] = [properties.slice(0, 4), properties.slice(4)];
    /** @param {[string, any]} entry */
    const parameter = ([name, schema]) =>
      control(name, schema, step.values[name], (value) => {
        if (value === undefined) delete step.values[name];
        else step.values[name] = value;
        changed();
      });
    const item = h(
      "li",
      { class: "step" },
      h(
        "div",
        { class: "step-head" },
        grip,
        h("div", { class: "step-name" }, h("h3", {}, step.name.replaceAll("_", " ")), h("p", { class: "hint" }, filter?.summary ?? "unknown here")),
        h("button", { type: "button", class: "quiet", "aria-label": `Take ${step.name} out`, onclick: () => remove(step) }, icon("close")),
      ),
      main.length > 0 && h("div", { class: "parameters" }, main.map(parameter)),
      more.length > 0 && h("details", { class: "more" }, h("summary", {}, `${more.length} more`), h("div", { class: "parameters" }, more.map(parameter))),
    );
    draggable(item, grip, element, (to) => move(step, to), () => steps.indexOf(step));
    return item;
  };

  show();
  return { element, show };
}

/**
 * By pointer: fingers, too. The card follows; where it is let go, it stays.
 * @param {HTMLElement} item
 * @param {HTMLElement} grip
 * @param {HTMLElement} list
 * @param {(to: number) => void} drop
 * @param {() => number} place
 */
function draggable(item, grip, list, drop, place) {
  grip.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) return;
    grip.setPointerCapture(down.pointerId);
    const middles = [...list.children].map((child) => {
      const box = child.getBoundingClientRect();
      return box.top + box.height / 2;
    });
    const from = place();
    let to = from;
    item.classList.add("held");
    /** @param {PointerEvent} event */
    const moved = (event) => {
      item.style.setProperty("--dy", `${event.clientY - down.clientY}px`);
      const middle = middles[from] + event.clientY - down.clientY;
      to = middles.filter((other, at) => at !== from && other < middle).length;
      [...list.children].forEach((child, at) => {
        child.classList.toggle("make-room-up", at > from && at <= to);
        child.classList.toggle("make-room-down", at < from && at >= to);
        /** @type {HTMLElement} */ (child).style.setProperty("--room", `${item.offsetHeight + 8}px`);
      });
    };
    const over = () => {
      grip.removeEventListener("pointermove", moved);
      item.classList.remove("held");
      item.style.removeProperty("--dy");
      for (const child of list.children) child.classList.remove("make-room-up", "make-room-down");
      drop(to);
    };
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("lostpointercapture", over, { once: true });
  });
}
