// What the server says a basket comes to: prices for this customer, discounts, coupons, taxes, and why.

import { priced } from "./cart.js";

/** What a quote is asked for: the basket without its id and payments. Null where there is nothing in it. */
export function toQuote(cart, location) {
  const { discount, coupons = [], customer } = cart;
  if (cart.lines.length === 0) return null;
  return {
    location,
    channel: "counter",
    lines: cart.lines.map(priced),
    ...(customer ? { customer: customer.id } : {}),
    ...(coupons.length > 0 ? { coupons } : {}),
    ...(discount ? { discount } : {}),
  };
}

/** The steps of a price that took something off, in words: `[{ name, amount }]`. */
export function savingsOf(line) {
  return (line?.trace ?? [])
    .filter(({ step }) => step === "discount")
    .map(({ name, amount, coupon, reason }) => ({ name: [name, coupon && `(${coupon})`, reason && `(${reason})`].filter(Boolean).join(" "), amount }));
}

/** Coupons of the cart that reduce nothing, with the reason: `[{ coupon, name, detail }]`. */
export function refusedCoupons(quote) {
  return (quote?.why_not ?? []).filter(({ coupon }) => coupon);
}

/**
 * Keeps the quote of a basket that changes: `ask(body, { signal })` is the door to the server. One request at a time is
 * believed, the newest. `current(body)` is the quote of exactly this basket, or null while there is none.
 */
export class Quotes extends EventTarget {
  #key = "";
  #underWay = null;
  quote = null;
  problem = null;

  constructor({ ask, wait = 120 }) {
    super();
    Object.assign(this, { ask, wait });
  }

  current(body) {
    return body && this.quote && this.#key === JSON.stringify(body) ? this.quote : null;
  }

  /** Ask for a quote of `body` soon; nothing to do when it is the one at hand. Null: the basket is empty. */
  want(body) {
    const key = body && JSON.stringify(body);
    if (key === this.#underWay?.key || (key && key === this.#key && this.quote && !this.#underWay)) return;
    this.#stop();
    this.problem = null;
    if (!body) return;
    const underWay = { key, stopper: new AbortController() };
    underWay.done = new Promise((resolve) => {
      underWay.timer = setTimeout(() => this.#fetch(body, underWay).then(resolve), this.wait);
      underWay.stopper.signal.addEventListener("abort", () => resolve(null));
    });
    this.#underWay = underWay;
  }

  /** The quote of `body` as soon as it is there; null when it could not be had (`problem` says why). */
  async settle(body) {
    this.want(body);
    if (this.#underWay) await this.#underWay.done;
    return this.current(body);
  }

  /** Forget what is known: prices changed. */
  forget() {
    this.#stop();
    this.quote = null;
    this.#key = "";
  }

  #stop() {
    if (!this.#underWay) return;
    clearTimeout(this.#underWay.timer);
    this.#underWay.stopper.abort();
    this.#underWay = null;
  }

  async #fetch(body, underWay) {
    let quote = null;
    let problem = null;
    try {
      quote = await this.ask(body, { signal: underWay.stopper.signal });
    } catch (failed) {
      problem = failed;
    }
    if (this.#underWay !== underWay) return null;
    this.#underWay = null;
    this.problem = problem;
    if (quote) Object.assign(this, { quote });
    if (quote) this.#key = underWay.key;
    this.dispatchEvent(new Event("change"));
    return quote;
  }
}
