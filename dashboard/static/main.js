/** The page around its views: who is signed in, where one is, and whether the server is there. */

import { account } from "./account.js";
import { connection, current, isAway, request, signOut } from "./api.js";
import { fill, h } from "./dom.js";
import { uploadingFilms } from "./films.js";
import { icon } from "./icons.js";
import { login } from "./login.js";
import { sending } from "./sending.js";
import { studio } from "./studio.js";
import { nextTheme, theme } from "./theme.js";
import { uploading } from "./uploads.js";
import { workers } from "./workers.js";
import { workload } from "./workload.js";
import { workloads } from "./workloads.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const THEMES = /** @type {const} */ ({ auto: ["auto", "as the system"], light: ["sun", "light"], dark: ["moon", "dark"] });
/** @type {{path: string, word: string, icon: any}[]} */
const PLACES = [
  { path: "new", word: "New", icon: "plus" },
  { path: "workloads", word: "Workloads", icon: "stack" },
  { path: "workers", word: "Workers", icon: "machine" },
  { path: "account", word: "Account", icon: "key" },
];
let leaving = new AbortController();

function start() {
  if (!current()) {
    signedOut("");
    return;
  }
  frame();
  go();
}

/** @param {string} why */
function signedOut(why) {
  leaving.abort();
  document.title = "Sign in · DPIP";
  login(app, why, start);
}

function frame() {
  const themeButton = h("button", { type: "button", class: "quiet", onclick: () => { nextTheme(); showTheme(); } });
  const showTheme = () => {
    const [name, word] = THEMES[theme()];
    fill(themeButton, icon(name));
    themeButton.setAttribute("aria-label", `Colours: ${word}. Change`);
    themeButton.title = `Colours: ${word}`;
  };
  showTheme();
  fill(
    app,
    h("header", { class: "top" },
      h("a", { class: "brand", href: "#/new", "aria-label": "DPIP" }, h("img", { src: "/assets/mark.svg", alt: "", width: 26, height: 26 }), h("span", {}, "DPIP")),
      h("nav", { class: "places", "aria-label": "Main" }, PLACES.map((place) => h("a", { href: `#/${place.path}`, "data-place": place.path }, icon(place.icon), h("span", {}, place.word)))),
      h("div", { class: "row who" }, themeButton, h("span", { class: "muted user" }, current()?.user ?? ""), h("button", { type: "button", class: "quiet", "aria-label": "Sign out", title: "Sign out", onclick: () => signOut() }, icon("leave")))),
    h("div", { class: "away", role: "status", hidden: !isAway() }, h("span", { class: "dot" }), h("span", {}, "The server is away. This page goes on by itself when it is back.")),
    h("main", { id: "main", tabindex: "-1" }),
  );
}

function go() {
  if (!current()) return;
  leaving.abort();
  leaving = new AbortController();
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const [, place = "new", id, tab] = location.hash.split("/");
  for (const link of document.querySelectorAll(".places a")) {
    if (/** @type {HTMLElement} */ (link).dataset.place === (place === "videos" ? "workloads" : place)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${PLACES.find((one) => one.path === place)?.word ?? "DPIP"} · DPIP`;
  const view = h("div", { class: "view" });
  fill(main, view);
  const { signal } = leaving;
  if (place === "workloads" && id) workload(view, signal, id, tab);
  else if (place === "workloads") workloads(view, signal);
  else if (place === "videos") sending(view, signal);
  else if (place === "workers") workers(view, signal);
  else if (place === "account") account(view, signal, id);
  else studio(view, signal);
}

let before = location.hash;
window.addEventListener("hashchange", () => {
  const depth = before.startsWith("#/account") ? 2 : 3;
  const samePlace = before.split("/").slice(0, depth).join("/") === location.hash.split("/").slice(0, depth).join("/");
  before = location.hash;
  const wasAt = scrollY;
  go();
  if (samePlace) scrollTo(0, wasAt);
  else {
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
});
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main")?.focus();
});
window.addEventListener("beforeunload", (event) => (uploading() || uploadingFilms()) && event.preventDefault());
// A drop beside the place for it must not make the browser leave the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

connection.addEventListener("ended", (event) => signedOut(/** @type {CustomEvent} */ (event).detail));
for (const name of ["away", "back"]) connection.addEventListener(name, () => showAway());
let asking = 0;
function showAway() {
  const banner = /** @type {HTMLElement | null} */ (document.querySelector(".away"));
  if (banner) banner.hidden = !isAway();
  clearInterval(asking);
  if (isAway()) asking = window.setInterval(() => request("GET", "/health/live").catch(() => undefined), 2000);
}

start();
