/** The API's description for people, made from /openapi.json: what each request takes and gives, to try with curl. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { answers, body, fields } from "./schemas.js";
import { nextTheme, theme } from "./theme.js";

/** @typedef {import("./schemas.js").Document} Document */
/** @typedef {{method: string, path: string, told: any, id: string}} Operation */

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const THEMES = /** @type {const} */ ({ auto: ["auto", "as the system"], light: ["sun", "light"], dark: ["moon", "dark"] });

function top() {
  const button = h("button", { type: "button", class: "quiet", onclick: () => { nextTheme(); show(); } });
  const show = () => {
    const [name, word] = THEMES[theme()];
    fill(button, icon(name));
    button.setAttribute("aria-label", `Colours: ${word}. Change`);
  };
  show();
  return h("header", { class: "top" },
    h("a", { class: "brand", href: "/", "aria-label": "DPIP, the page" }, h("img", { src: "/assets/mark.svg", alt: "", width: 26, height: 26 }), h("span", {}, "DPIP")),
    h("div", { class: "row who" }, h("a", { class: "button", href: "/openapi.json" }, icon("download"), "openapi.json"), button));
}

/** @param {Document} told @returns {Operation[]} */
function operations(told) {
  return Object.entries(told.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ method, path, told: one, id: one.operationId })));
}

/** @param {any} told */
function who(told) {
  const [first] = told.security;
  if (!first) return "anybody";
  if (first.password) return "user and password";
  return first.token.includes("admin") ? "administrator" : `token: ${told.security.flatMap((/** @type {any} */ one) => one.token).join(" or ")}`;
}

/** @param {Operation} one */
function curl({ method, path, told }) {
  const words = ["curl"];
  if (method !== "get") words.push(`-X ${method.toUpperCase()}`);
  if (told.security[0]?.password) words.push("--user NAME");
  else if (told.security.length) words.push('-H "Authorization: Bearer $DPIP_TOKEN"');
  const content = told.requestBody?.content ?? {};
  const json = content["application/json"]?.example;
  if (json) words.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(json)}'`);
  else {
    const form = content["multipart/form-data"]?.schema;
    for (const name of form?.required ?? []) words.push(`--form ${name}=${name === "data" ? "@picture.jpg" : `$${name.toUpperCase()}`}`);
  }
  if (Object.keys(told.responses["200"]?.content ?? {}).some((media) => /^image|zip|csv/.test(media))) words.push("-OJ");
  words.push(`"${location.origin}${path.replace(/{(\w+)}/g, (_, name) => `$${name.toUpperCase()}`)}"`);
  return words.join(" \\\n  ");
}

/** @param {Document} document_ @param {Operation} one */
function card(document_, one) {
  const { method, path, told, id } = one;
  const inside = h("div", { class: "inside" });
  const open = () => {
    if (inside.childElementCount) return;
    fill(inside,
      told.description && h("p", {}, told.description),
      h("section", {}, h("h3", {}, "Try it"), h("pre", { tabindex: "0" }, curl(one))),
      told.parameters?.length && h("section", {}, h("h3", {}, "Path, query and headers"),
        h("ul", { class: "fields" }, fields(document_, told.parameters.map((/** @type {any} */ given) =>
          ({ name: given.name, required: given.required, schema: { description: given.description, ...given.schema } }))))),
      told.requestBody && h("section", {}, h("h3", {}, "Body"), body(document_, told.requestBody)),
      h("section", {}, h("h3", {}, "Answers"), answers(document_, told.responses)));
  };
  return h("details", { class: "operation", id, ontoggle: open },
    h("summary", {}, h("span", { class: `method ${method}` }, method.toUpperCase()),
      h("span", { class: "path" }, path.split(/({\w+})/).map((part) => (part.startsWith("{") ? h("i", {}, part) : part))),
      h("span", { class: "says" }, told.summary), h("span", { class: "who" }, who(told))),
    inside);
}

/** @param {Document} told */
function page(told) {
  const all = operations(told);
  const groups = told.tags.map((tag) => ({ tag, own: all.filter((one) => one.told.tags.includes(tag.name)) })).filter(({ own }) => own.length);
  const links = h("div", {}, groups.map(({ tag, own }) => [h("h2", {}, tag.name), ...own.map((one) =>
    h("a", { href: `#${one.id}`, "data-id": one.id }, h("span", { class: `method ${one.method}` }, one.method.toUpperCase()), one.path))]).flat());
  const main = h("main", { id: "main", tabindex: "-1" },
    h("h1", {}, "The API"), h("div", { class: "intro" }, told.info.description.split("\n\n").map((text) => h("p", {}, plain(text)))),
    groups.map(({ tag, own }) => [h("h2", {}, tag.name), h("p", { class: "muted" }, `${tag.description}.`), ...own.map((one) => card(told, one))]).flat());
  const find = h("input", { type: "search", placeholder: "Find a request", "aria-label": "Find a request", oninput: () => {
    const wanted = find.value.trim().toLowerCase();
    for (const one of all) {
      const fits = `${one.method} ${one.path} ${one.told.summary}`.toLowerCase().includes(wanted);
      /** @type {HTMLElement} */ (document.getElementById(one.id)).hidden = !fits;
      links.querySelector(`[data-id="${one.id}"]`).hidden = !fits;
    }
  } });
  fill(app, top(), h("div", { class: "docs" }, h("nav", { "aria-label": "Requests" }, find, links), main));
  const reveal = () => {
    const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (wanted instanceof HTMLDetailsElement) {
      wanted.open = true;
      wanted.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", reveal);
  reveal();
}

/** Words in backquotes are code. @param {string} text */
function plain(text) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(String(response.status));
  page(await response.json());
} catch {
  fill(app, top(), h("main", { class: "view" }, h("h1", {}, "The description could not be loaded"), h("p", { class: "muted" }, "The server is away. Load this page again in a moment.")));
}
