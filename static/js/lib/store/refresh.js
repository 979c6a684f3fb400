// Keeps the catalogue of this device up to date: filled once, then told what changed.

import { ApiProblem, getJson } from "../api.js";

const URL = "/api/v1/catalogue/";
const LOCK = "counter-catalogue";
const EVERY_SECONDS = 60;
const SOON = 1_000;
const STALE = 10 * 60_000;
const SPACING = 10_000; // between two times that the shop's own news make it ask
// What a price or a name depends on. Stock is asked for by the clock: every sale of every till changes it.
const NEWS = ["product.*", "price_list.changed", "discount.*", "coupon.*", "tax_class.*", "category.*", "code_rule.changed"];
const PAGE = 1_000;
const PAGE_SECONDS = 60;
const REFUSED = new Set([401, 403, 404]);

/**
 * Tells what happens by events: "progress" (`detail` and `progress` `{ done, articles }`) while it fills, "change" when
 * the state is another. `state`: "resting", "filling", "asking", "away" (no answer; it comes back by itself), "refused" (nobody is
 * logged in who may have it), "elsewhere" (another page of the device keeps the catalogue of its own place). `onEvent(types, fn)` is `lib/live.js`'s, if the page listens to the shop.
 */
export class Refresh extends EventTarget {
  #stopper = new AbortController();
  #running = null;
  #isWanted = false;
  #timer = null;
  #askedAt = 0;
  #placed = null;
  state = "resting";
  progress = null;

  constructor(catalogue, place, { onEvent = null, seconds = EVERY_SECONDS, limit = PAGE } = {}) {
    super();
    Object.assign(this, { catalogue, place, onEvent, seconds, limit });
  }

  /** Begin, and go on until `stop`: at once, when the network or the page comes back, when the shop says so, by the clock. */
  start() {
    const { signal } = this.#stopper;
    addEventListener("online", () => this.now(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#look(), { signal });
    const timer = setInterval(() => document.hidden || this.now(), this.seconds * 1000);
    const deaf = this.onEvent?.(NEWS, () => this.soon());
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      clearTimeout(this.#timer);
      deaf?.();
    });
    return this.now();
  }

  stop() {
    this.#stopper.abort();
  }

  /** The page is looked at: what is kept shall be that of its place, whatever another page of the device wanted. */
  #look() {
    this.#placed = null;
    return this.now();
  }

  /** Ask within a second, or some later where it was asked just now: what happens together is asked for together. */
  soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.now();
    }, Math.max(SOON, this.#askedAt + SPACING - Date.now()));
  }

  /** Ask now. While somebody asks, also in another tab, once more afterwards is enough. */
  now() {
    if (this.#running) {
      this.#isWanted = true;
      return this.#running;
    }
    this.#running = this.#alone(() => this.#run()).finally(() => {
      this.#running = null;
      if (!this.#isWanted || this.#stopper.signal.aborted) return;
      this.#isWanted = false;
      this.soon();
    });
    return this.#running;
  }

  /** How old what is kept is, in seconds; null where nothing is kept. */
  async age() {
    const since = await this.catalogue.since();
    return since && Math.max(0, Math.round((Date.now() - since.getTime()) / 1000));
  }

  async #alone(act) {
    if (!navigator.locks) return act();
    return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && act());
  }

  async #run() {
    this.#askedAt = Date.now();
    try {
      const state = await this.catalogue.state();
      const filling = await this.catalogue.filling();
      const place = this.place();
      const isAsked = this.#placed !== place;
      this.#placed = place;
      if (!isAsked && isOfAnother(state ?? filling, place)) return this.#become("elsewhere");
      if (filling?.location === place || state?.location !== place) await this.#fill(filling);
      await this.#follow();
      this.#become("resting");
    } catch (problem) {
      if (this.#stopper.signal.aborted) return;
      if (!(problem instanceof ApiProblem)) this.#become("broken", problem);
      else this.#become(REFUSED.has(problem.status) ? "refused" : "away", problem);
    }
  }

  /** All of it, or the rest of what a page before this one began. The next page is fetched while one is written down. */
  async #fill(begun) {
    this.progress = { done: begun?.done ?? 0, articles: begun?.articles ?? 0 };
    this.#become("filling");
    const location = this.place();
    let cursor = begun?.location === location ? begun.cursor : "";
    if (cursor === null) await this.catalogue.finish(begun); // all pages were there when the page was closed
    let page = cursor === null ? null : this.#page(location, cursor);
    while (page) {
      const told = await page;
      cursor = told.next;
      page = cursor === null ? null : this.#page(location, cursor);
      page?.catch(() => {}); // it is waited for in a moment
      const filling = await this.catalogue.keepPage(told, location);
      if (!filling) break;
      this.progress = { done: filling.done, articles: filling.articles };
      this.dispatchEvent(new CustomEvent("progress", { detail: this.progress }));
    }
  }

  #page(location, cursor) {
    return this.#ask(URL, { location, cursor, limit: String(this.limit) });
  }

  async #follow() {
    this.progress = null;
    this.#become("asking");
    for (;;) {
      const { location, epoch, seq } = await this.catalogue.state();
      const marks = await this.catalogue.marks();
      let changes;
      try {
        changes = await this.#ask(`${URL}changes/`, { location, after: String(seq), tables: marks, ...(epoch ? { epoch } : {}) });
      } catch (problem) {
        if (problem.code !== "reset") throw problem;
        await this.#fill(null);
        this.progress = null;
        this.#become("asking");
        continue;
      }
      await this.catalogue.apply(changes);
      if (!changes.has_more) return;
    }
  }

  #ask(url, query) {
    return getJson(`${url}?${new URLSearchParams(query)}`, { seconds: PAGE_SECONDS, signal: this.#stopper.signal });
  }

  #become(state, problem = null) {
    if (state === this.state && !problem) return;
    Object.assign(this, { state, problem });
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether somebody else keeps the catalogue of another place now; one that is old nobody keeps. */
function isOfAnother(kept, place) {
  return Boolean(kept) && kept.location !== place && Date.now() - Date.parse(kept.at) < STALE;
}
