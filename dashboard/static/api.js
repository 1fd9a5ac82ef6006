/**
 * The one way to the API. The token goes with every request as a header and is nowhere a browser would send it by
 * itself, so no other site can make a request in the user's name.
 */

const KEY = "dpip.session";

/** What the server answered instead of what was asked for. */
export class Problem extends Error {
  /** @param {number} status @param {string} detail @param {number} [retryAfterS] */
  constructor(status, detail, retryAfterS) {
    super(detail);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
  /** The same request may succeed later. */
  get passing() {
    return [408, 429, 502, 503, 504, 507].includes(this.status);
  }
}

/** No answer at all: the server or the network is away. */
export class Away extends Error {
  constructor() {
    super("The server does not answer.");
  }
}

/** @typedef {{user: string, token: string, role?: string}} Session */

/** Says `away`, `back` and `ended`. */
export const connection = new EventTarget();
let away = false;
/** @type {Session | null} */
let session = null;
try {
  session = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
} catch {
  session = null;
}

/** @returns {Session | null} */
export function current() {
  return session;
}

/** @param {Session} started */
export function begin(started) {
  session = started;
  sessionStorage.setItem(KEY, JSON.stringify(started));
}

/** Forget the token. @param {string} [why] shown where one signs in */
export function end(why = "") {
  session = null;
  sessionStorage.removeItem(KEY);
  connection.dispatchEvent(new CustomEvent("ended", { detail: why }));
}

export function isAway() {
  return away;
}

/** @param {boolean} now */
export function note(now) {
  if (now === away) return;
  away = now;
  connection.dispatchEvent(new Event(now ? "away" : "back"));
}

/** @returns {Record<string, string>} */
export function authorization() {
  return session ? { Authorization: `Bearer ${session.token}` } : {};
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{json?: unknown, body?: BodyInit, headers?: Record<string, string>, signal?: AbortSignal}} [more]
 * @returns {Promise<Response>} only what succeeded
 * @throws {Problem | Away}
 */
export async function request(method, path, more = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...authorization(), ...more.headers };
  let body = more.body;
  if (more.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(more.json);
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal: more.signal, credentials: "omit" });
  } catch (error) {
    if (more.signal?.aborted) throw error;
    note(true);
    throw new Away();
  }
  note(false);
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && headers.Authorization?.startsWith("Bearer") && session) {
    end("Your sign-in has run out. Sign in again to go on.");
  }
  throw problem;
}

/** @param {Response} response */
async function problemOf(response) {
  const wait = Number(response.headers.get("Retry-After"));
  const text = await response.text().catch(() => "");
  return problemFrom(response.status, text, wait);
}

/** @param {number} status @param {string} text @param {number} wait seconds, 0 when not said */
export function problemFrom(status, text, wait) {
  let detail = `The server answered ${status}.`;
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    /* something between us and the API answered */
  }
  return new Problem(status, detail, wait || undefined);
}

/** @param {string} method @param {string} path @param {Parameters<typeof request>[2]} [more] */
export async function ask(method, path, more) {
  const response = await request(method, path, more);
  return response.json();
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @param {(bytes: number) => void} [came] told how much is there, as it comes
 * @returns {Promise<Blob>}
 */
export async function bytes(path, signal, came) {
  const response = await request("GET", path, { signal, headers: { Accept: "*/*" } });
  if (!came || !response.body) return response.blob();
  let sum = 0;
  const counted = response.body.pipeThrough(new TransformStream({
    transform(piece, controller) {
      sum += piece.byteLength;
      came(sum);
      controller.enqueue(piece);
    },
  }));
  return new Response(counted, { headers: { "Content-Type": response.headers.get("Content-Type") ?? "" } }).blob();
}

/**
 * Send something large. By XMLHttpRequest, because it tells how much went out.
 * @param {string} path
 * @param {FormData | Blob} body
 * @param {{signal: AbortSignal, sent: (part: number) => void, headers?: Record<string, string>}} how `part`: of the whole, 0 to 1
 * @returns {Promise<any>} the answer's JSON
 * @throws {Problem | Away}
 */
export function send(path, body, how) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    for (const [name, value] of Object.entries({ ...authorization(), ...how.headers })) sending.setRequestHeader(name, value);
    sending.upload.onprogress = (event) => how.sent(event.loaded / Math.max(1, event.total));
    sending.onload = () => {
      note(false);
      if (sending.status < 300) return resolve(JSON.parse(sending.responseText));
      const wait = Number(sending.getResponseHeader("Retry-After"));
      if (sending.status === 401 && session) end("Your sign-in has run out. Sign in again to go on.");
      return reject(problemFrom(sending.status, sending.responseText, wait));
    };
    sending.onerror = () => {
      note(true);
      reject(new Away());
    };
    sending.onabort = () => reject(new DOMException("stopped", "AbortError"));
    how.signal.addEventListener("abort", () => sending.abort(), { once: true });
    sending.send(body);
  });
}

/** @param {string} name @param {string} password @returns {Promise<Session>} */
export async function signIn(name, password) {
  const words = new TextEncoder().encode(`${name}:${password}`);
  const basic = btoa(String.fromCharCode(...words));
  const answer = await ask("POST", "/login", { headers: { Authorization: `Basic ${basic}` } });
  begin({ user: answer.user, token: answer.token });
  const { role } = await ask("GET", `/users/${encodeURIComponent(answer.user)}`);
  begin({ user: answer.user, token: answer.token, role });
  return /** @type {Session} */ (session);
}

export async function signOut() {
  try {
    await request("DELETE", "/logout");
  } catch {
    /* the token runs out by itself */
  }
  end();
}
