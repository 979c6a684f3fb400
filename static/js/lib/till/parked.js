// The carts put aside at this till's place, kept up by what the server tells.
import { getJson } from "../api.js";
import { debounce } from "../dom.js";
import { onEvent, onReset } from "../live.js";

const PAGE = 100;
const MOST_PAGES = 5;

/** The parked carts of the till's place (`carts`, newest first). Fires "change" when they were read afresh. */
export class ParkedCarts extends EventTarget {
  carts = [];
  #asked = 0;

  constructor(url, place) {
    super();
    Object.assign(this, { url, place });
    const soon = (this.soon = debounce(150, () => this.read()));
    this.stops = [
      onEvent(["order.parked", "order.resumed", "order.discarded"], ({ data }) => data.location_id === place() && soon()),
      onReset(soon),
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
      const carts = await this.#all();
      if (asked !== this.#asked) return null;
      this.carts = carts;
      this.dispatchEvent(new Event("change"));
      return null;
    } catch (problem) {
      return problem;
    }
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
    return carts;
  }
}
