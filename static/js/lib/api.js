// The one door to the server. JSON in, JSON out; what the server refuses arrives as an `ApiProblem`.

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A refusal as RFC 9457 words it, or a failure to reach the server (`status` 0, `code` "network" or "timeout"). */
export class ApiProblem extends Error {
  constructor({ status, code = "", title = "", detail = "", errors = [], requestId = "", retryAfter = 0, body = null }) {
    super(detail || title || `The server answered ${status}`);
    this.name = "ApiProblem";
    Object.assign(this, { status, code, title, detail, errors, requestId, retryAfter, body });
  }

  /** Whether the same request may succeed later without a change. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** The complaints about one field: by name (`email`) or pointer (`/lines/0/quantity`). */
  about(field) {
    const pointer = field.startsWith("/") ? field : `/${field}`;
    return this.errors
      .filter((error) => error.pointer === pointer || error.pointer === `#${pointer}`)
      .map((error) => error.detail);
  }
}

/** Read a refusal: any status, any body, headers by a `get`. Never throws. */
export function parseProblem(status, text, headers = new Map()) {
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // An HTML error page of something between us and the server.
  }
  const told = body !== null && typeof body === "object" && !Array.isArray(body) ? body : {};
  const errors = Array.isArray(told.errors) ? told.errors : [];
  return new ApiProblem({
    status,
    code: String(told.code ?? codeOfType(told.type) ?? ""),
    title: String(told.title ?? DEFAULT_TITLES[status] ?? "The server could not do this"),
    detail: String(told.detail ?? ""),
    errors: errors
      .filter((error) => error !== null && typeof error === "object")
      .map((error) => ({ ...error, pointer: String(error.pointer ?? ""), detail: String(error.detail ?? error.message ?? "") })),
    requestId: String(told.request_id ?? headers.get("x-request-id") ?? ""),
    retryAfter: Number(headers.get("retry-after")) || 0,
    body,
  });
}

const DEFAULT_TITLES = {
  401: "You are logged out",
  403: "You may not do this",
  404: "There is nothing here",
  409: "Someone was quicker",
  412: "This was changed in the meantime",
  413: "This is too large",
  429: "Too many requests",
  502: "The server is starting",
  503: "The server is starting",
  504: "The server took too long",
};

function codeOfType(type) {
  return typeof type === "string" && type !== "about:blank" ? type.split(/[/:#]/).at(-1) : undefined;
}

/**
 * Ask the server. `body` is sent as JSON unless it is FormData. Gives the parsed JSON, or null for an empty answer.
 * @throws {ApiProblem}
 */
export async function request(url, options = {}) {
  const { answer } = await requestWithHeaders(url, options);
  return answer;
}

/** As `request`, with the answer's headers: `{ answer, headers, status }`. */
export async function requestWithHeaders(
  url,
  { method = "GET", body, headers = {}, signal, seconds = 20, idempotencyKey, ifMatch } = {},
) {
  const timeout = AbortSignal.timeout(seconds * 1000);
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      headers: { ...standardHeaders(method, body, { idempotencyKey, ifMatch }), ...headers },
      body: encode(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      credentials: "same-origin",
      redirect: "follow",
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw timeout.aborted
      ? new ApiProblem({ status: 0, code: "timeout", title: "No answer", detail: `No answer within ${seconds} seconds.` })
      : new ApiProblem({ status: 0, code: "network", title: "No connection", detail: "The server cannot be reached." });
  }
  if (!response.ok) throw parseProblem(response.status, text, response.headers);
  if (isLogIn(response)) throw new ApiProblem({ status: 401, code: "not-authenticated", title: DEFAULT_TITLES[401], detail: "Your session ended. Log in again." });
  try {
    return { answer: text === "" ? null : JSON.parse(text), headers: response.headers, status: response.status };
  } catch {
    throw new ApiProblem({ status: response.status, code: "not_json", title: "An answer we cannot read" });
  }
}

export const getJson = (url, options) => request(url, options);
export const postJson = (url, body, options) => request(url, { ...options, method: "POST", body });
export const putJson = (url, body, options) => request(url, { ...options, method: "PUT", body });
export const patchJson = (url, body, options) => request(url, { ...options, method: "PATCH", body });
export const deleteJson = (url, options) => request(url, { ...options, method: "DELETE" });

function standardHeaders(method, body, { idempotencyKey, ifMatch }) {
  const headers = { Accept: "application/json" };
  if (body !== undefined && !isForm(body)) headers["Content-Type"] = "application/json";
  if (!SAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  if (ifMatch) headers["If-Match"] = ifMatch;
  return headers;
}

/** Pages answer who is logged out by leading to the log-in. */
const isLogIn = ({ redirected, url }) => redirected && new URL(url).pathname === "/login/";

function encode(body) {
  return body === undefined || isForm(body) ? body : JSON.stringify(body);
}

function isForm(body) {
  return typeof FormData !== "undefined" && body instanceof FormData;
}

/** The token against forged requests: from the cookie, which follows a log-in in another tab, else from the page. */
export function csrfToken(cookies = document.cookie, page = () => document.querySelector('meta[name="csrf-token"]')?.content) {
  const cookie = /(?:^|;\s*)(?:__Host-csrf|csrftoken)=([^;]+)/.exec(cookies);
  return cookie ? decodeURIComponent(cookie[1]) : (page() ?? "");
}
