// The service worker: opens the app without a network. `/service-worker.js` calls `begin` with what this version keeps.
// A worker has no import map, so nothing here may be asked for by a package's name.
import { Copies } from "./copies.js";
import { Files } from "./files.js";
import { Leaving } from "./leaving.js";
import { belongTo, end, hearPush } from "./push.js";
import { howManyOpen, send } from "../lib/store/send.js";

const PATIENCE = 1200; // ms that the server may take before the page's copy is shown

/** `setup`: `{ version, files, statics, pages, offline, waiting, log_in, log_out, account, icon }`, addresses of this origin. */
export function begin(setup) {
  const shell = new Shell(setup);
  const hear = (type, act) => addEventListener(type, act);
  hear("install", (event) => event.waitUntil(shell.install()));
  hear("activate", (event) => event.waitUntil(clients.claim()));
  hear("fetch", (event) => shell.answer(event));
  hear("message", (event) => event.waitUntil(shell.hear(event.data)));
  hearPush(hear, { icon: setup.icon });
  hear("sync", (event) => event.tag === "leaving" && event.waitUntil(shell.leaving.finish()));
  hear("sync", (event) => event.tag === "queue" && event.waitUntil(send({ mustEnd: true })));
}

class Shell {
  constructor(setup) {
    Object.assign(this, setup);
    this.store = new Files(setup);
    this.copies = new Copies();
    this.leaving = new Leaving(setup);
  }

  install() {
    return this.store.fill();
  }

  /** Everything else goes to the server as if nobody stood in between: answers of the API are never kept. */
  answer(event) {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (origin !== location.origin) return;
    if (request.mode === "navigate") {
      if (request.method === "POST" && pathname === this.log_out) event.respondWith(this.leave(event));
      else if (request.method === "POST" && pathname === this.log_in) event.respondWith(this.enter(event));
      else if (request.method === "GET") event.respondWith(this.navigate(event, pathname));
    } else if (request.method === "GET" && pathname.startsWith(this.statics)) event.respondWith(this.store.answer(request, (work) => event.waitUntil(work)));
    else if (request.method === "GET" && request.destination === "image") event.respondWith(this.copies.picture(request, (work) => event.waitUntil(work)));
  }

  /** A page from the server; where it is away the copy, else the page that says so. */
  async navigate(event, path) {
    const isOurs = path === this.offline || path === this.waiting;
    if (!isOurs && !(await this.leaving.finish())) return Response.redirect(`${this.offline}#logged-out`, 302);
    const copy = this.pages.includes(path) ? await this.copies.get(path) : null;
    const asked = fetch(event.request).then(
      (answer) => (event.waitUntil(this.#learn(path, answer.clone())), answer),
      () => null,
    );
    event.waitUntil(asked);
    const answer = await (copy ? Promise.race([asked, rest(navigator.onLine ? PATIENCE : 300)]) : asked);
    if (answer && !(copy && answer.status >= 500)) return answer;
    if (path === this.log_in) return Response.redirect(`${this.offline}#log-in`, 302);
    return copy ?? this.store.page(path === this.waiting ? path : this.offline);
  }

  /** What an answer says of who is logged in: a copy of somebody else's page does not stay, a good page becomes the copy. */
  async #learn(path, answer) {
    if (answer.status >= 500) return;
    const isOurs = this.pages.includes(path);
    if (answer.type === "opaqueredirect" || !answer.ok) {
      if (isOurs) await this.copies.forget(); // to the log-in page, or not allowed any more
      return;
    }
    const person = await personOf(answer.clone());
    if (path !== this.offline && path !== this.waiting) await this.copies.belongTo(person);
    if (person) await belongTo(person).catch(() => {});
    if (!isOurs || !person) return;
    await this.copies.put(path, answer);
    await this.store.tidy();
  }

  /** Nobody logs out over sales that are neither sent nor sealed: a page says what can be done. Afterwards no copy is left. */
  async leave(event) {
    if ((await howManyOpen()) > 0) return Response.redirect(`${this.waiting}?leave`, 303);
    try {
      const answer = await fetch(event.request);
      if (answer.status >= 500) throw new Error(`The server answered ${answer.status}`);
      await this.leaving.done();
      event.waitUntil(send().catch(() => {})); // what was sealed; no page of theirs sends it any more
      await this.copies.forget();
      await Promise.race([end(), rest(PATIENCE)]).catch(() => {});
      return answer;
    } catch {
      return this.#leaveHere(event);
    }
  }

  /** The server is away, and somebody goes: nothing of theirs stays to be seen, in this tab or another. */
  async #leaveHere(event) {
    await this.leaving.begin();
    await this.copies.forget();
    await Promise.race([end(), rest(PATIENCE)]).catch(() => {});
    const gone = `${this.offline}#logged-out`;
    const tabs = await clients.matchAll({ type: "window" });
    event.waitUntil(Promise.all(tabs.filter(({ id }) => id !== event.clientId).map((tab) => tab.navigate(gone).catch(() => null))));
    return Response.redirect(gone, 303);
  }

  /** Somebody logs in: whoever left before them is gone first, also for the server. */
  async enter(event) {
    if (!(await this.leaving.finish())) return Response.redirect(`${this.offline}#logged-out`, 303);
    return fetch(event.request).catch(() => Response.redirect(`${this.offline}#log-in`, 303));
  }

  async hear({ act, path, pictures = [] }) {
    if (act === "take over") await skipWaiting();
    else if (act === "keep" && this.pages.includes(path)) await this.#keep(path, pictures);
  }

  /** A page and the pictures on it, which may have come before this worker stood in between. */
  async #keep(path, pictures) {
    if (!(await this.copies.get(path))) {
      const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "manual" }).catch(() => null);
      if (answer) await this.#learn(path, answer);
    }
    for (const picture of pictures) {
      const work = [];
      await this.copies.picture(new Request(picture), (more) => work.push(more));
      await Promise.all(work);
    }
  }
}

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms, null));

/** Who a page was drawn for, as its head says; "" for nobody. */
async function personOf(answer) {
  if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/html")) return "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let head = "";
  while (!head.includes("</head>") && head.length < 100_000) {
    const { done, value } = await reader.read();
    if (done) break;
    head += value;
  }
  reader.cancel().catch(() => {});
  return /<meta name="person" content="([^"]+)"/.exec(head)?.[1] ?? "";
}
