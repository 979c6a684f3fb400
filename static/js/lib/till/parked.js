// Carts that were put aside: what is shown of them, and the ones of this till's place, kept up by what the server tells.
import { getJson } from "../api.js";
import { debounce } from "../dom.js";
import { onEvent, onReset } from "../live.js";
import { parseQuantity, quantityText } from "./money.js";

const PAGE = 100;
const MOST_PAGES = 5;

/** What to call a cart: its name, or the first thing in it. */
export const titleOf = (cart) => cart.label || cart.lines[0]?.name || cart.number;

/** What lies in a cart, in a few words. */
export function contentsOf(cart, { most = 2 } = {}) {
  const names = cart.lines.slice(0, most).map((line) => `${quantityText(parseQuantity(line.quantity))} × ${line.name}`);
  const more = cart.lines.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

/** The lines of a parked cart as `[{ id, quantity }]`, several of one article together, in their order. */
export function wantedOf(cart) {
  const wanted = new Map();
  for (const line of cart.lines) {
    wanted.set(line.variant, (wanted.get(line.variant) ?? 0n) + parseQuantity(line.quantity));
  }
  return [...wanted].map(([id, quantity]) => ({ id, quantity: quantityText(quantity) }));
}

/** The body of `POST /orders/parked/`: its id is the cart's, made before the first try. */
export function toParked(cart, { location, label }) {
  return {
    id: cart.id,
    location,
    lines: cart.lines.map((line) => ({ variant: line.id, quantity: line.quantity })),
    label: label.trim(),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
  };
}

/** The parked carts of the till's place (`carts`, newest first). Fires "change" when they were read afresh. */
export class ParkedCarts extends EventTarget {
  carts = [];
  #asked = 0;

  constructor(url, place) {
    super();
    Object.assign(this, { url, place });
    const soon = debounce(150, () => this.read());
    this.stops = [
      onEvent(["order.parked", "order.resumed", "order.discarded"], ({ data }) => data.location_id === place() && soon()),
      onReset(soon),
    ];
  }

  stop() {
    for (const stop of this.stops) stop();
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
