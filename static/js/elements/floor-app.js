import { announce, h, icon, jsonScript, personHere } from "../lib/dom.js";
import { quoted, since } from "../lib/format.js";
import { hearKey, showHelp } from "../lib/floor/keys.js";
import { Source } from "../lib/floor/source.js";
import { Scans } from "../lib/till/scans.js";
import { Wedge } from "../lib/till/wedge.js";

/** The screens by their part of the address: title, the element that is loaded for it, and what may be done there at the place. */
const SCREENS = {
  price: { title: "Price check", tag: "floor-check" },
  stock: { title: "Stock check", tag: "floor-check", right: "stock" },
  count: { title: "Count", tag: "floor-lines", right: "count" },
  receive: { title: "Receive", tag: "floor-lines", right: "receive" },
  adjust: { title: "Adjust", tag: "floor-lines", right: "adjust" },
  send: { title: "Transfer out", tag: "floor-lines", right: "send" },
  arrive: { title: "Transfer in", tag: "floor-lines", right: "arrive" },
  customer: { title: "New customer", tag: "floor-customer", asks: "Scan their card", isOpen: ({ may }) => may.customer },
  link: { isOpen: ({ may }) => may.link, title: "Link a code", tag: "floor-link" },
  waiting: { title: "What waits", tag: "floor-waiting" },
};
const ASKS = "Scan, or type a name";
const PLACE = "floor:place";
const USED = "floor:used";
const AHEAD_MS = 1500;
const LONGEST_CODE = 80; // that an article or a card can carry

/** Remember a small thing; a browser without room for it costs the memory, not the work. */
function note(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // full, or closed
  }
}

/**
 * The shop floor: tiles, and behind each a screen that is loaded when it is opened. It hears every scanner (wedge, camera, field) and
 * hands what was found to the screen by `found({ article, pack, … }, text)`. A screen may have `leave()`.
 */
class FloorApp extends HTMLElement {
  connectedCallback() {
    this.setup = jsonScript(this.dataset.setup);
    this.person = personHere();
    this.leaving = new AbortController();
    this.parts = Object.fromEntries(["home", "scan", "told", "choices", "screen", "back", "title", "state"].map((name) => [name, this.querySelector(`[data-${name}]`)]));
    this.field = this.parts.scan.querySelector("input");
    this.chooser = this.querySelector("select[data-place]");
    this.#choosePlace();
    this.source = new Source({ urls: this.setup.urls, place: () => this.place?.id ?? "", shop: async () => (await this.bring()).shop() });
    this.source.addEventListener("change", () => this.#drawState());
    this.wedge = new Wedge();
    this.scans = new Scans({
      lookUp: (code) => this.source.find(code),
      onFound: (found, code) => this.#found(found, code),
      onRefused: (code, problem) => this.#refused(code, problem),
      onIdle: () => this.scans.forget(),
    });
    const { signal } = this.leaving;
    this.parts.scan.addEventListener("submit", (event) => this.#typed(event), { signal });
    this.addEventListener("scanned", (event) => this.#seen(event), { signal });
    document.addEventListener("keydown", (event) => this.#hear(event), { signal });
    addEventListener("hashchange", () => (this.routing = this.#route()), { signal });
    this.querySelector("[data-help]")?.addEventListener("click", showHelp, { signal });
    for (const type of ["online", "offline"]) addEventListener(type, () => this.#drawState(), { signal });
    this.chooser?.addEventListener("change", () => this.#changePlace(), { signal });
    this.routing = this.#route().then(() => this.#brought());
    this.#drawState();
    this.ahead = setTimeout(() => this.#later(), AHEAD_MS);
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.leaving.abort();
    clearTimeout(this.ahead);
  }

  /** The place somebody works at: `{ id, name, may }`; undefined where they have none. */
  get place() {
    return this.setup.locations.find(({ id }) => id === this.placeId);
  }

  /** What keeps the work on the device, loaded at the first call. */
  bring() {
    this.bringing ??= import("../lib/floor/keeping.js").then(async ({ Keeping }) => {
      const keeping = new Keeping({ person: this.person, place: () => this.placeId, isDevice: Boolean(this.setup.device_location), urls: this.setup.urls });
      keeping.addEventListener("change", () => this.#drawState());
      this.keeping = keeping;
      await keeping.begin();
      return keeping;
    });
    this.bringing.catch(() => (this.bringing = null));
    return this.bringing;
  }

  /** Say something above the screen; `kind` info, error or success. It stays until the next word. */
  say(text, kind = "info") {
    this.parts.told.textContent = text;
    this.parts.told.dataset.kind = kind;
    this.querySelector("camera-scan")?.tell?.(text, kind);
    if (text && kind === "error" && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([60, 40, 60]);
  }

  /** Let somebody choose which of several articles their words meant. */
  choose(words, articles) {
    const item = ({ sku, title }) =>
      h("li", {}, h("button", { class: "floor-choice", type: "button", onclick: () => this.take(sku) }, h("span", {}, title), h("span", { class: "mono small muted" }, sku)));
    const text = `${articles.length} articles match ${quoted(words)}. Which one?`;
    announce(text);
    this.parts.choices.replaceChildren(h("p", { class: "small muted" }, text), h("ul", { class: "floor-choices__list", role: "list" }, ...articles.map(item)));
    this.parts.choices.querySelector("button").focus();
  }

  /** Go to a screen, and wait until it is there. */
  async open(name) {
    if (location.hash.slice(1) !== name) {
      const gone = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
      location.hash = name;
      await gone;
    }
    await this.routing;
  }

  /** The cursor where codes are typed; under a finger that would open the keyboard, so not there. */
  focusField() {
    if (!matchMedia("(pointer: coarse)").matches) this.field.focus();
  }

  async #route() {
    const name = location.hash.slice(1);
    const wanted = SCREENS[name];
    const isAllowed = wanted && (!wanted.right || this.place?.may.includes(wanted.right)) && (!wanted.isOpen || wanted.isOpen(this.setup));
    this.screen?.leave?.();
    this.screen = null;
    this.parts.choices.replaceChildren();
    this.parts.screen.replaceChildren();
    this.say(wanted && !isAllowed ? "This cannot be done here. Choose another place, or ask who manages the shop." : "", "error");
    const title = isAllowed ? wanted.title : "Shop floor";
    this.parts.title.textContent = title;
    this.parts.home.hidden = Boolean(isAllowed);
    this.parts.back.hidden = !isAllowed;
    this.parts.scan.hidden = !isAllowed || name === "waiting";
    this.field.placeholder = (isAllowed && wanted.asks) || ASKS;
    this.#drawTiles();
    const wasHere = this.dataset.ready === "true";
    if (!isAllowed) {
      this.#orderTiles();
      if (wasHere) this.parts.title.focus();
      return;
    }
    this.#noteUse(name);
    this.parts.screen.setAttribute("aria-busy", "true");
    try {
      await import(`./${wanted.tag}.js`);
    } catch {
      this.say("This part could not be loaded. Check the network and try again.", "error");
      return;
    } finally {
      this.parts.screen.removeAttribute("aria-busy");
    }
    if (location.hash.slice(1) !== name) return; // somebody went on meanwhile
    const screen = document.createElement(wanted.tag);
    this.parts.screen.replaceChildren(screen);
    await screen.begin(this, name);
    this.screen = screen;
    if (matchMedia("(pointer: coarse)").matches || name === "waiting") this.parts.title.focus();
    else this.focusField();
    screen.dataset.ready = "true";
  }

  /** The till sends a code that it does not know here, to be linked. */
  #brought() {
    const code = new URLSearchParams(location.search).get("code");
    if (!code || location.hash !== "#link") return;
    history.replaceState(history.state, "", `${location.pathname}${location.hash}`);
    this.take(code);
  }

  #typed(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text) return;
    this.field.value = "";
    this.wedge.reset();
    this.take(text);
  }

  #seen(event) {
    if (this.parts.scan.hidden) return;
    event.preventDefault();
    this.take(event.detail.code);
  }

  /** A scanner that types while the cursor is elsewhere; in the code field its Enter sends the form. */
  #hear(event) {
    const { target } = event;
    if (event.key === "Escape" && !event.defaultPrevented && this.parts.choices.firstChild) {
      this.parts.choices.replaceChildren();
      this.focusField();
      return;
    }
    if (target === this.field || this.parts.scan.hidden) return void hearKey(this, event);
    const scanned = this.wedge.feed({ key: event.key, at: event.timeStamp, isModified: event.ctrlKey || event.altKey || event.metaKey, isControl: event.ctrlKey && !event.altKey });
    if (!scanned) return void hearKey(this, event);
    event.preventDefault();
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
      target.value = target.value.slice(0, -scanned.typed);
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (!this.screen?.takes?.(scanned.code)) this.scans.add(scanned.code, scanned.others);
  }

  /** What somebody typed, scanned or said. */
  take(text) {
    this.parts.choices.replaceChildren();
    if (this.screen?.takes?.(text)) return;
    this.scans.add(text);
  }

  #found(found, text) {
    this.#drawState();
    if (found.choices) return this.choose(text, found.choices);
    this.say("");
    return this.screen?.found(found, text);
  }

  #refused(code, problem) {
    const isCode = code.length <= LONGEST_CODE;
    if (isCode && this.screen?.unknown && problem.status === 404 && this.screen.unknown(code, problem)) return;
    const isUnknown = problem.code === "unknown-code";
    this.say(isUnknown ? `Nothing carries ${quoted(code)}.` : problem.detail || problem.message, "error");
    if (isUnknown && isCode && this.setup.may.link && this.screen?.localName !== "floor-link") this.#offer(code);
  }

  /** What may be done about a code that nothing carries, by who may. */
  #offer(code) {
    const link = h("button", { class: "button", type: "button", onclick: () => this.#link(code) }, icon("barcode"), " Link it to an article");
    const page = h("a", { class: "button", href: `${this.setup.urls.product_new}?${new URLSearchParams({ code })}` }, icon("plus"), " New product");
    this.parts.choices.replaceChildren(h("div", { class: "cluster" }, link, this.source.isThere && page));
  }

  async #link(code) {
    await this.open("link");
    this.take(code);
  }

  #choosePlace() {
    const ids = this.setup.locations.map(({ id }) => id);
    const kept = [localStorage.getItem(PLACE), this.setup.device_location].find((id) => ids.includes(id));
    this.placeId = kept ?? ids[0] ?? "";
    if (this.chooser) this.chooser.value = this.placeId;
  }

  #changePlace() {
    this.placeId = this.chooser.value;
    note(PLACE, this.placeId);
    this.#route();
    this.keeping?.keepCatalogue().catch(() => {});
  }

  get #used() {
    try {
      return JSON.parse(localStorage.getItem(`${USED}:${this.person}`) ?? "[]");
    } catch {
      return [];
    }
  }

  #noteUse(name) {
    if (!this.parts.home.querySelector(`[href="#${name}"]`)) return;
    note(`${USED}:${this.person}`, JSON.stringify([name, ...this.#used.filter((other) => other !== name)]));
  }

  /** What somebody used last stands first; what they never used stays in its order behind it. */
  #orderTiles() {
    const { home } = this.parts;
    home.prepend(...this.#used.map((name) => home.querySelector(`[href="#${name}"]`)).filter(Boolean));
  }

  #drawTiles() {
    for (const tile of this.parts.home.querySelectorAll("[data-at]")) tile.hidden = !this.place?.may.includes(tile.dataset.at);
  }

  #drawState() {
    const { waiting = 0, since: oldest, problem } = this.keeping ?? {};
    const isAway = !navigator.onLine || this.source.since !== null;
    const words = [];
    if (isAway) words.push(this.source.since ? `Offline since ${since(this.source.since)}` : "Offline");
    if (waiting > 0) words.push(`${waiting} ${waiting === 1 ? "waits" : "wait"} to be sent${oldest ? `, the oldest since ${since(oldest)}` : ""}`);
    if (waiting > 0 && problem === "refused") words.push("the server does not let this device in");
    const { state } = this.parts;
    state.hidden = words.length === 0;
    state.dataset.kind = isAway ? "away" : "waiting";
    const text = words.join(". ");
    const shown = state.querySelector("[data-words]");
    if (shown.textContent !== text) shown.textContent = text;
  }

  /** When the page has time: the other screens, the device's store, and the worker that opens all of it without a network. */
  #later() {
    const load = async () => {
      const keeping = await this.bring();
      const tags = new Set(Object.values(SCREENS).map(({ tag }) => tag));
      for (const tag of tags) await import(`./${tag}.js`).catch(() => {});
      const { install } = await import("../lib/app/install.js");
      await install().catch(() => {}); // it is tried again; what the device keeps stands by itself
      await keeping.keepCatalogue();
    };
    const quietly = () => load().catch(() => {}); // the next page tries again
    if (window.requestIdleCallback) requestIdleCallback(quietly);
    else quietly();
  }
}
customElements.define("floor-app", FloorApp);
