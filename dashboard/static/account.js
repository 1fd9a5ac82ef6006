/** One's own tokens and password; for an administrator, users and the audit trail too. */

import { ask, current } from "./api.js";
import { fill, h } from "./dom.js";
import { ago, count, plural, size } from "./format.js";
import { icon } from "./icons.js";
import { confirmed, dialog, failed, sentence, toast } from "./toast.js";

const TABS = { tokens: "Tokens", password: "Password", users: "Users", audit: "Audit" };
const FOR_ADMINS = ["users", "audit"];

/** @param {HTMLElement} place @param {AbortSignal} ended @param {string} [tab] */
export function account(place, ended, tab) {
  const admin = current()?.role === "admin";
  const shown = tab ?? (admin ? "users" : "tokens");
  const tabs = Object.entries(TABS).filter(([key]) => admin || !FOR_ADMINS.includes(key));
  if (admin) tabs.sort(([one], [other]) => Number(FOR_ADMINS.includes(other)) - Number(FOR_ADMINS.includes(one)));
  const body = h("div", { class: "tab-body" });
  fill(
    place,
    h("h1", {}, admin ? "Administration" : "Your account"),
    h("nav", { class: "tabs", "aria-label": "Parts" }, tabs.map(([key, word]) => h("a", { href: `#/account/${key}`, "aria-current": key === shown && "page" }, word))),
    body,
  );
  const part = { tokens, password, users, audit }[shown] ?? tokens;
  const load = () => part(body, ended, load).catch((/** @type {unknown} */ error) => {
    if (!ended.aborted) fill(body, h("p", { class: "trouble" }, sentence(error)));
  });
  load();
}

/** @param {HTMLElement} place @param {AbortSignal} signal @param {() => void} again */
async function tokens(place, signal, again) {
  const found = (await ask("GET", "/tokens?limit=1000", { signal })).tokens;
  const name = h("input", { id: "token-name", type: "text", required: true, maxlength: 100, autocomplete: "off", placeholder: "nightly script" });
  const hours = h("select", { id: "token-life" }, [[24, "a day"], [24 * 7, "a week"], [24 * 30, "30 days"], [24 * 365, "a year"]].map(([value, word]) => h("option", { value }, word)));
  const writes = h("input", { id: "token-writes", type: "checkbox", class: "switch", checked: true });
  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const made = await ask("POST", "/tokens", { json: { name: name.value, scopes: writes.checked ? ["read", "write"] : ["read"], expires_in_hours: Number(hours.value) } });
      await secret(`The token “${made.name}”`, made.token);
      again();
    } catch (error) {
      failed(error);
    }
  };
  const revoke = async (/** @type {any} */ token) => {
    if (!(await confirmed(`Revoke “${token.name}”?`, "Whatever uses it is refused from then on.", "Revoke it"))) return;
    await ask("DELETE", `/tokens/${token.token_id}`).catch(failed);
    again();
  };
  fill(
    place,
    h("form", { class: "card line-form", onsubmit: make },
      h("div", { class: "field grow" }, h("label", { for: "token-name" }, "New token, for"), name),
      h("div", { class: "field" }, h("label", { for: "token-life" }, "Good for"), hours),
      h("div", { class: "field check" }, h("label", { for: "token-writes" }, "May change things"), writes),
      h("button", { type: "submit", class: "primary" }, icon("key"), "Make it")),
    table("Tokens", ["Name", "May", "Made", "Last used", "Ends", ""], found.map((/** @type {any} */ token) => [
      h("b", {}, token.name, token.current && h("span", { class: "muted" }, " (this page)")), token.scopes.join(", "), ago(token.created_at), ago(token.last_used_at), day(token.expires_at),
      !token.current && h("button", { type: "button", class: "quiet small danger-text", "aria-label": `Revoke ${token.name}`, onclick: () => revoke(token) }, "Revoke"),
    ])),
  );
}

/** @param {HTMLElement} place */
async function password(place) {
  const old = h("input", { id: "old-password", type: "password", autocomplete: "current-password", required: true });
  const fresh = h("input", { id: "new-password", type: "password", autocomplete: "new-password", required: true });
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const change = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await ask("PATCH", `/users/${encodeURIComponent(current()?.user ?? "")}`, { json: { current_password: old.value, password: fresh.value } });
      trouble.hidden = true;
      old.value = fresh.value = "";
      toast("The password is changed.");
    } catch (error) {
      trouble.hidden = false;
      trouble.textContent = sentence(error);
    }
  };
  fill(place, h("form", { class: "card narrow", onsubmit: change }, trouble,
    h("div", { class: "field" }, h("label", { for: "old-password" }, "Present password"), old),
    h("div", { class: "field" }, h("label", { for: "new-password" }, "New password"), fresh),
    h("button", { type: "submit", class: "primary" }, "Change it")));
}

/** @param {HTMLElement} place @param {AbortSignal} signal @param {() => void} again */
async function users(place, signal, again) {
  const found = (await ask("GET", "/users?limit=1000", { signal })).users;
  const name = h("input", { id: "user-name", type: "text", required: true, autocomplete: "off", autocapitalize: "off" });
  const role = h("select", { id: "user-role" }, h("option", { value: "user" }, "user"), h("option", { value: "admin" }, "admin"));
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const made = await ask("POST", "/users", { json: { name: name.value, role: role.value } });
      await secret(`${made.name}’s password`, made.password);
      again();
    } catch (error) {
      failed(error);
    }
  };
  const change = async (/** @type {any} */ user, /** @type {object} */ what) => {
    await ask("PATCH", `/users/${encodeURIComponent(user.name)}`, { json: what }).catch(failed);
    again();
  };
  const remove = async (/** @type {any} */ user) => {
    if (!(await confirmed(`Delete ${user.name}?`, "Somebody who still has workloads is not deleted; delete those first, or disable the user.", "Delete"))) return;
    await ask("DELETE", `/users/${encodeURIComponent(user.name)}`).catch(failed);
    again();
  };
  const me = current()?.user;
  fill(
    place,
    h("form", { class: "card line-form", onsubmit: add },
      h("div", { class: "field grow" }, h("label", { for: "user-name" }, "New user"), name),
      h("div", { class: "field" }, h("label", { for: "user-role" }, "Role"), role),
      h("button", { type: "submit", class: "primary" }, icon("plus"), "Add")),
    table("Users", ["Name", "Role", "State", "Uses", "Since", ""], found.map((/** @type {any} */ user) => [
      h("b", {}, user.name, user.name === me && h("span", { class: "muted" }, " (you)")), user.role,
      h("span", { class: `pill ${user.disabled ? "failed" : "active"}` }, user.disabled ? "disabled" : "active"),
      `${plural(user.used_images, "image")}, ${size(user.used_bytes)}${user.quota_bytes === null ? "" : ` of ${size(user.quota_bytes)}`}`, day(user.created_at),
      user.name !== me && h("div", { class: "row end" },
        h("button", { type: "button", class: "quiet small", "aria-label": `${user.disabled ? "Enable" : "Disable"} ${user.name}`, onclick: () => change(user, { disabled: !user.disabled }) }, user.disabled ? "Enable" : "Disable"),
        h("button", { type: "button", class: "quiet small danger-text", "aria-label": `Delete ${user.name}`, onclick: () => remove(user) }, "Delete")),
    ])),
  );
}

const ACTIONS = ["", "login", "login-refused", "logout", "refused", "token-made", "token-revoked", "user-added", "user-changed", "user-deleted", "password-changed", "workload-changed", "workload-deleted", "image-deleted", "webhook-made", "webhook-deleted"];
let wantedAction = "";

/** @param {HTMLElement} place @param {AbortSignal} signal @param {() => void} again */
async function audit(place, signal, again) {
  const answer = await ask("GET", `/audit?limit=200${wantedAction && `&action=${wantedAction}`}`, { signal });
  const choose = h("select", { id: "audit-action", onchange: () => { wantedAction = choose.value; again(); } }, ACTIONS.map((one) => h("option", { value: one, selected: one === wantedAction }, one || "everything")));
  fill(
    place,
    h("div", { class: "line-form" }, h("div", { class: "field" }, h("label", { for: "audit-action" }, "What happened"), choose)),
    answer.entries.length
      ? table("Audit trail", ["When", "What", "Who", "From", "To what", "Detail"], answer.entries.map((/** @type {any} */ one) => [
          h("time", { datetime: one.at, class: "number nowrap" }, new Date(one.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" })),
          h("code", {}, one.action, one.count > 1 && ` × ${count(one.count)}`), one.who ?? "–", one.address ?? "–", one.target ?? "–", h("span", { class: "muted" }, one.detail ?? ""),
        ]))
      : h("div", { class: "empty-state" }, icon("shield"), h("h2", {}, "Nothing of this kind"), h("p", {}, "Sign-ins, refusals and changes of users stand here.")),
  );
}

/** @param {string} name @param {string[]} heads @param {any[][]} rows */
function table(name, heads, rows) {
  return h("div", { class: "table", tabindex: 0, role: "region", "aria-label": name }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((one) => (one ? h("th", { scope: "col" }, one) : h("td", {}))))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))));
}

/** Shown once, to be copied. @param {string} title @param {string} text */
function secret(title, text) {
  return dialog(title, (close) => [
    h("p", { class: "muted" }, "It is shown this once only. Copy it now."),
    h("code", { class: "block secret" }, text),
    h("div", { class: "row end" },
      navigator.clipboard && h("button", { type: "button", onclick: () => navigator.clipboard.writeText(text).then(() => toast("Copied."), failed) }, "Copy"),
      h("button", { type: "button", class: "primary", onclick: () => close() }, "Done")),
  ]);
}

/** @param {string | null} iso */
function day(iso) {
  return iso ? new Date(iso).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" }) : "–";
}
