// The carts put aside at this till's place: those that wait on this device, and what the server tells of the others.
import { getJson } from "../api.js";
import { debounce, on } from "../dom.js";
import { onEvent, onReset } from "../live.js";

const PAGE = 100;
const MOST_PAGES = 5;

/**
 * The parked carts of the till's place (`carts`, newest first; `isHere`: on this device alone). Fires "change" when they
 * were read afresh. `standing` says whether the server answers; while it does not, its carts stay as they were told last.
 */
export class ParkedCarts extends EventTarget {
  carts = [];
  /** Whether the server has older ones than it was asked for. */
  isMore = false;
  #asked = 0;

  #told = [];

  constructor(url, place, standing = { line: {}, offline: null }) {
    super();
    Object.assign(this, { url, place, standing });
    const soon = (this.soon = debounce(150, () => this.read()));
    this.stops = [
      onEvent(["order.parked", "order.resumed", "order.discarded"], ({ data }) => data.location_id === place() && soon()),
      onReset(soon),
      on(document, "till:standing", () => this.#look()),
    ];
  }

  /** Follow no longer; what was asked for already is not shown any more. */
  stop() {
    for (const stop of this.stops) stop();
    this.soon.cancel();
    this.#asked += 1;
  }

  /** Read them; answers the problem when the server did not tell. */
  async read() {
    const asked = ++this.#asked;
    try {
      const told = this.isAway ? this.#told : await this.#all();
      if (asked !== this.#asked) return null;
      this.#told = told;
      await this.#put();
      return null;
    } catch (problem) {
      await this.#put();
      return problem;
    }
  }

  /** Whether only what waits on this device can be taken up. */
  get isAway() {
    return Boolean(this.standing.line.isAway);
  }

  async #put() {
    const here = (await this.standing.offline?.parkedHere()) ?? [];
    const ids = new Set(here.map(({ id }) => id));
    this.carts = [...here, ...this.#told.filter(({ id }) => !ids.has(id))];
    this.dispatchEvent(new Event("change"));
  }

  /** The till stands otherwise with the server: what waits here may be sent by now. */
  async #look() {
    const before = this.carts.filter(({ isHere }) => isHere).length;
    const here = (await this.standing.offline?.parkedHere()) ?? [];
    if (here.length === before && this.wasAway === this.isAway) return;
    this.wasAway = this.isAway;
    if (here.length < before && !this.isAway) await this.read();
    else await this.#put();
  }

  async #all() {
    const carts = [];
    let cursor = "";
    for (let page = 0; page < MOST_PAGES && cursor !== null; page += 1) {
      const query = new URLSearchParams({ location: this.place(), limit: PAGE, ...(cursor ? { cursor } : {}) });
      const { results, next } = await getJson(`${this.url}?${query}`);
      carts.push(...results);
      cursor = next;
    }
    this.isMore = cursor !== null;
    return carts;
  }
}
