/** A control for a parameter of a filter, made from its JSON Schema. */

import { freshId, h } from "./dom.js";

/**
 * @typedef {{
 *   type?: string, title?: string, description?: string, unit?: string, default?: unknown, enum?: string[],
 *   minimum?: number, maximum?: number, exclusiveMinimum?: number, exclusiveMaximum?: number, format?: string,
 *   pattern?: string, examples?: string[], maxLength?: number, contentEncoding?: string, anyOf?: Schema[],
 * }} Schema
 */

const STEPS = 1000; // of a slider
const DEFAULT_AT = 0.4; // of a slider's length, where the default of a wide range stands
const UNITS = { pixels: "px", percent: "%", times: "×", degrees: "°", kelvin: "K" };

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {string | undefined} value what was chosen, undefined for the default
 * @param {(value: string | undefined) => void} changed
 * @returns {HTMLElement}
 */
export function control(name, schema, value, changed) {
  const optional = Boolean(schema.anyOf?.some((one) => one.type === "null"));
  const inner = schema.anyOf?.find((one) => one.type !== "null");
  const whole = inner ? { ...inner, ...without(schema, "anyOf") } : schema;
  const id = freshId("parameter");
  const fallback = whole.default === null || whole.default === undefined ? undefined : String(whole.default);
  /** @param {string} chosen */
  const choose = (chosen) => changed(chosen === fallback || (optional && chosen === "") ? undefined : chosen);
  const make = kindOf(whole, optional);
  const hint = freshId("hint");
  const label = name.replaceAll("_", " ");
  return h(
    "div",
    { class: `parameter of-${make.name}` },
    h("label", { for: id }, label),
    make({ id, hint, label, schema: whole, value: value ?? fallback ?? "", choose, optional }),
    h("p", { id: hint, class: "hint" }, whole.description ?? ""),
  );
}

/** @param {Schema} schema @param {boolean} optional */
function kindOf(schema, optional) {
  if (schema.enum) return choice;
  if (schema.type === "boolean") return optional ? threeWay : toggle;
  if (schema.type === "number" || schema.type === "integer") {
    return !optional && low(schema) !== undefined && high(schema) !== undefined ? slider : number;
  }
  if (schema.contentEncoding === "base64") return smallFile;
  return schema.format === "color" ? colour : words;
}

/** @param {any} about */
function slider({ id, hint, label, schema, value, choose }) {
  const least = low(schema) ?? 0;
  const most = high(schema) ?? 0;
  const curve = curveOf(schema, least, most);
  const unit = unitOf(schema);
  /** @param {number} number */
  const at = (number) => Math.round(STEPS * ((number - least) / (most - least)) ** (1 / curve));
  /** @param {number} place */
  const from = (place) => tidy(least + (most - least) * (place / STEPS) ** curve, schema, least, most);
  const range = h("input", {
    id, type: "range", min: 0, max: STEPS, step: STEPS / 200, value: at(Number(value)), "aria-describedby": hint,
    oninput: () => {
      const chosen = from(Number(range.value));
      exact.value = chosen;
      shown(Number(chosen));
      choose(chosen);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (schema.type !== "integer" || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault(); // whole numbers go one by one, wherever they lie on the curve
      const step = event.key === "ArrowRight" || event.key === "ArrowUp" ? 1 : -1;
      set(Math.min(most, Math.max(least, Number(exact.value) + step)));
    },
  });
  const exact = h("input", {
    type: "number", class: "exact", min: least, max: most, step: schema.type === "integer" ? 1 : "any", value,
    "aria-label": `${label}, exactly`, inputmode: "decimal",
    onchange: () => exact.value !== "" && set(Math.min(most, Math.max(least, Number(exact.value)))),
  });
  /** @param {number} number */
  const set = (number) => {
    const chosen = tidy(number, schema, least, most, 6);
    exact.value = chosen;
    range.value = String(at(number));
    shown(number);
    choose(chosen);
  };
  /** @param {number} number */
  const shown = (number) => {
    range.setAttribute("aria-valuetext", `${number} ${schema.unit ?? ""}`.trim());
    range.style.setProperty("--at", `${at(number) / (STEPS / 100)}%`);
  };
  shown(Number(value));
  return h("div", { class: "slider" }, range, h("span", { class: "exactly" }, exact, h("span", { class: "unit" }, unit)));
}

/** @param {any} about */
function number({ id, hint, schema, value, choose, optional }) {
  const input = h("input", {
    id, type: "number", value, min: low(schema), max: high(schema), step: schema.type === "integer" ? 1 : "any",
    placeholder: optional ? "automatic" : "", "aria-describedby": hint, oninput: () => choose(input.value),
  });
  return h("span", { class: "with-unit" }, input, schema.unit && h("span", { class: "unit" }, unitOf(schema)));
}

/** @param {any} about */
function choice({ id, hint, schema, value, choose }) {
  return h(
    "select",
    { id, "aria-describedby": hint, onchange: (/** @type {any} */ event) => choose(event.target.value) },
    ...schema.enum.map((/** @type {string} */ one) => h("option", { value: one, selected: one === value }, one)),
  );
}

/** @param {any} about */
function threeWay({ id, hint, value, choose }) {
  return h(
    "select",
    { id, "aria-describedby": hint, onchange: (/** @type {any} */ event) => choose(event.target.value) },
    ...[["", "automatic"], ["true", "yes"], ["false", "no"]].map(([one, text]) =>
      h("option", { value: one, selected: one === value }, text),
    ),
  );
}

/** @param {any} about */
function toggle({ id, hint, value, choose }) {
  const input = h("input", {
    id, type: "checkbox", class: "switch", checked: value === "true", "aria-describedby": hint,
    onchange: () => choose(String(input.checked)),
  });
  return input;
}

/** @param {any} about */
function colour({ id, hint, label, value, choose, optional }) {
  const text = h("input", {
    id, type: "text", value, spellcheck: "false", autocapitalize: "off", placeholder: optional ? "automatic" : "#rrggbb",
    "aria-describedby": hint,
    oninput: () => {
      if (/^#[0-9a-f]{6}/i.test(text.value)) well.value = text.value.slice(0, 7);
      choose(text.value);
    },
  });
  const well = h("input", {
    type: "color", value: /^#[0-9a-f]{6}/i.test(value) ? value.slice(0, 7) : "#000000", "aria-label": `${label}, picked`,
    oninput: () => {
      text.value = well.value;
      choose(well.value);
    },
  });
  return h("span", { class: "colour" }, well, text);
}

/** @param {any} about */
function words({ id, hint, schema, value, choose, optional }) {
  const input = h("input", {
    id, type: "text", value, maxlength: schema.maxLength, spellcheck: "false", "aria-describedby": hint,
    placeholder: optional ? "automatic" : (schema.examples?.[0] ?? ""), oninput: () => choose(input.value),
  });
  return input;
}

/** @param {any} about */
function smallFile({ id, hint, value, choose }) {
  const state = h("span", { class: "muted" }, value ? "a picture is chosen" : "none yet");
  const input = h("input", {
    id, type: "file", accept: "image/png,image/jpeg,image/webp", "aria-describedby": hint,
    onchange: async () => {
      const [file] = input.files;
      if (!file) return;
      const octets = new Uint8Array(await file.arrayBuffer());
      let binary = "";
      for (const octet of octets) binary += String.fromCharCode(octet);
      state.textContent = file.name;
      choose(btoa(binary));
    },
  });
  return h("span", { class: "small-file" }, input, state);
}

/** So bent that the default is not squeezed against an end. @param {Schema} schema @param {number} least @param {number} most */
function curveOf(schema, least, most) {
  const share = (Number(schema.default) - least) / (most - least);
  return share > 0 && share < DEFAULT_AT ? Math.min(4, Math.log(share) / Math.log(DEFAULT_AT)) : 1;
}

/** As few digits as tell it apart. @param {number} value @param {Schema} schema @param {number} least @param {number} most @param {number} [digits] */
function tidy(value, schema, least, most, digits = 3) {
  if (schema.type === "integer") return String(Math.round(value));
  const rounded = Number(value.toPrecision(digits));
  return String(Math.min(most, Math.max(least, rounded)));
}

/** @param {Schema} schema */
function low(schema) {
  return schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + 0.01);
}

/** @param {Schema} schema */
function high(schema) {
  return schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - 0.01);
}

/** @param {Schema} schema */
function unitOf(schema) {
  return UNITS[/** @type {keyof typeof UNITS} */ (schema.unit ?? "")] ?? schema.unit ?? "";
}

/** @param {Record<string, any>} object @param {string} name */
function without(object, name) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
