/** Signing in. */

import { Away, Problem, signIn } from "./api.js";
import { fill, h } from "./dom.js";
import { duration } from "./format.js";
import { sentence } from "./toast.js";

/** @param {HTMLElement} place @param {string} why @param {() => void} done */
export function login(place, why, done) {
  const name = h("input", { id: "user", name: "username", autocomplete: "username", required: true, autocapitalize: "off", spellcheck: "false" });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const trouble = h("p", { class: "trouble", role: "alert", hidden: !why }, why);
  const go = h("button", { type: "submit", class: "primary large" }, "Sign in");
  const tell = (/** @type {string} */ text) => {
    trouble.hidden = false;
    trouble.textContent = text;
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!name.value || !password.value) {
      tell(name.value ? "Say your password, too." : "Say who you are.");
      (name.value ? password : name).focus();
      return;
    }
    go.disabled = true;
    try {
      await signIn(name.value, password.value);
      done();
    } catch (error) {
      tell(words(error));
      password.select();
      password.focus();
    } finally {
      go.disabled = false;
    }
  };
  fill(
    place,
    h("main", { class: "login", id: "main", tabindex: "-1" },
      h("form", { class: "login-card", novalidate: true, onsubmit: submit },
        h("img", { src: "/assets/mark.svg", alt: "", width: 44, height: 44 }),
        h("h1", {}, "DPIP"),
        h("p", { class: "muted" }, "Many pictures, many machines, one filter after another."),
        trouble,
        h("div", { class: "field" }, h("label", { for: "user" }, "User"), name),
        h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password),
        go,
        h("p", { class: "hint" }, "The first user’s password was shown at the first start; it lies in ", h("code", {}, "secrets/first_password"), ".")),
      h("div", { class: "login-art", "aria-hidden": "true" })),
  );
  name.focus();
}

/** @param {unknown} error */
function words(error) {
  if (error instanceof Away) return "The server does not answer. Is it running?";
  if (error instanceof Problem && error.status === 401) return "Wrong user name or password.";
  if (error instanceof Problem && error.status === 429) return `Too many wrong passwords. Try again in ${duration(error.retryAfterS ?? 60)}.`;
  return sentence(error);
}
