/** JSON Schemas as lists of fields. */

import { h } from "./dom.js";

/** @typedef {{info: {description: string}, tags: {name: string, description: string}[], paths: Record<string, Record<string, any>>, components: any}} Document */
/** @typedef {{name: string, required?: boolean, schema: any}} Field */

const DEEPEST = 6;

/** What a reference leads to. @param {Document} told @param {any} schema */
function resolved(told, schema) {
  if (!schema?.$ref) return schema ?? {};
  const found = schema.$ref.slice(2).split("/").reduce((/** @type {any} */ at, /** @type {string} */ key) => at?.[key], told);
  return { ...found, ...(schema.description && { description: schema.description }) };
}

/** @param {any} schema */
const called = (schema) => schema?.$ref?.split("/").pop() ?? "";

/** What a value is, in a few words. @param {Document} told @param {any} schema @returns {string} */
function kind(told, schema) {
  const any = schema.oneOf ?? schema.anyOf;
  if (any) return [...new Set(any.map((/** @type {any} */ one) => kind(told, one)))].slice(0, 4).join(" or ");
  if (schema.$ref) {
    const found = resolved(told, schema);
    return found.enum ? kind(told, found) : called(schema);
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.length > 8 ? `one of ${schema.enum.length} words` : schema.enum.map((/** @type {any} */ one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") return `list of ${kind(told, schema.items ?? {})}`;
  const type = [schema.type ?? "anything"].flat().join(" or ");
  const range = [schema.minimum !== undefined && `from ${schema.minimum}`, schema.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`, schema.maximum !== undefined && `to ${schema.maximum}`].filter(Boolean).join(" ");
  return [schema.format === "binary" ? "file" : (schema.format ?? type), range, schema.unit].filter(Boolean).join(", ");
}

/** The object in a schema that has fields of its own, if any. @param {Document} told @param {any} schema */
function inner(told, schema) {
  const options = [schema, ...(schema.oneOf ?? schema.anyOf ?? [])].map((one) => (one.type === "array" ? (one.items ?? {}) : one));
  return options.map((one) => resolved(told, one)).filter((one) => one.properties || one.oneOf?.some((/** @type {any} */ part) => part.$ref));
}

/** @param {Document} told @param {any} schema @param {number} depth @returns {any[]} */
function parts(told, schema, depth) {
  if (schema.properties) return fields(told, Object.entries(schema.properties).map(([name, one]) => ({ name, schema: one, required: schema.required?.includes(name) })), depth);
  return (schema.oneOf ?? []).filter((/** @type {any} */ one) => one.$ref).map((/** @type {any} */ one) => {
    const found = resolved(told, one);
    return h("li", {}, h("span", { class: "name" }, found.title ?? called(one)), h("p", {}, found.description ?? ""), more(told, found, depth));
  });
}

/** Drawn when it is opened: schemas may be deep. @param {Document} told @param {any} schema @param {number} depth */
function more(told, schema, depth) {
  if (depth >= DEEPEST) return null;
  const list = h("ul", { class: "fields" });
  return h("details", { ontoggle: () => list.childElementCount || list.append(...parts(told, schema, depth + 1)) }, h("summary", {}, "fields"), list);
}

/** @param {Document} told @param {Field[]} given @param {number} [depth] @returns {any[]} */
export function fields(told, given, depth = 0) {
  return given.map(({ name, required, schema }) => {
    const notes = [schema.description ?? resolved(told, schema).description, "default" in schema && schema.default !== null && `Left out: ${JSON.stringify(schema.default)}.`];
    return h("li", {},
      h("span", { class: "name" }, name, required && h("b", { title: "needed" }, " *"), " "),
      h("div", {}, h("span", { class: "kind" }, kind(told, schema)), h("p", {}, notes.filter(Boolean).join(". ").replace("..", "."))),
      inner(told, schema).map((one) => more(told, one, depth)));
  });
}

/** @param {Document} told @param {any} given */
export function body(told, given) {
  const medias = Object.entries(given.content);
  const shown = medias.filter(([media, { schema }], index) => Object.keys(schema).length && medias.findIndex(([, one]) => JSON.stringify(one.schema) === JSON.stringify(schema)) === index);
  const bare = medias.filter(([, { schema }]) => !Object.keys(schema).length).map(([media]) => media);
  return h("div", {},
    shown.map(([media, { schema }]) => {
      const alike = medias.filter(([, one]) => JSON.stringify(one.schema) === JSON.stringify(schema)).map(([name]) => name);
      return [h("p", { class: "hint" }, alike.join(", ")), h("ul", { class: "fields" }, parts(told, resolved(told, schema), 0))];
    }).flat(),
    bare.length > 0 && h("p", { class: "hint" }, `${shown.length ? "Or the" : "The"} bytes themselves: ${bare.join(", ")}`));
}

/** @param {Document} told @param {Record<string, any>} responses */
export function answers(told, responses) {
  return h("ul", { class: "answers" }, Object.entries(responses).map(([status, given]) => {
    const found = resolved(told, given);
    const good = Number(status) < 400;
    const [media, content] = /** @type {[string, any]} */ (Object.entries(found.content ?? {})[0] ?? ["", {}]);
    const schema = resolved(told, content.schema);
    return h("li", {}, h("span", { class: `status ${good ? "good" : ""}` }, status),
      h("span", {}, good ? (called(content.schema) || Object.keys(found.content ?? {}).join(", ") || found.description) : found.description),
      good && content.example !== undefined && h("details", { open: true }, h("summary", {}, media), h("pre", { tabindex: "0" }, JSON.stringify(content.example, null, 2))),
      good && schema.properties && h("details", {}, h("summary", {}, "fields"), h("ul", { class: "fields" }, parts(told, schema, 0))));
  }));
}
