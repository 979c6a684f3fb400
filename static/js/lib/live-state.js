// What a live connection remembers and how long it waits. Pure: `live.js` holds the socket.

/** How far a page has heard the shop's stream. Numbers count all events of the shop, also those it may not see. */
export class Cursor {
  #epoch = "";
  #seq = -1;

  /** The point to resume from, for the address of the socket; empty before the first greeting. */
  get since() {
    return this.#seq < 0 ? "" : `${this.#epoch}:${this.#seq}`;
  }

  get seq() {
    return this.#seq;
  }

  get epoch() {
    return this.#epoch;
  }

  /** A greeting. True when the page starts afresh: what it shows is as old as the page itself. */
  greet({ epoch, last_seq: head }) {
    if (this.#seq >= 0 && epoch === this.#epoch) return false;
    this.reset({ epoch, seq: head });
    return true;
  }

  reset({ epoch, seq }) {
    this.#epoch = epoch;
    this.#seq = seq;
  }

  /** Take an event; false when it was heard before. */
  take(seq) {
    if (seq <= this.#seq) return false;
    this.#seq = seq;
    return true;
  }

  /** Everything up to `seq` that this page may see has been told. */
  advance(seq) {
    if (Number.isSafeInteger(seq) && seq > this.#seq) this.#seq = seq;
  }
}

/** The newest version of each object: an event that tells of an older one is no news. */
export class Versions {
  #newest = new Map();
  #most;

  constructor(most = 5000) {
    this.#most = most;
  }

  /** Whether the event is at least as new as what was heard of its object (per location, where it has one). */
  isCurrent({ object, data }) {
    const key = `${object.type} ${object.id} ${data?.location_id ?? ""}`;
    const before = this.#newest.get(key) ?? -1;
    if (object.version < before) return false;
    this.#newest.delete(key);
    this.#newest.set(key, object.version);
    if (this.#newest.size > this.#most) this.#newest.delete(this.#newest.keys().next().value);
    return true;
  }

  clear() {
    this.#newest.clear();
  }
}

/** Whether a subscription such as `order.completed`, `stock.*`, `sale.*` or `*` covers an event type. */
export function covers(subscription, type) {
  const wanted = subscription.startsWith("sale.") ? `order.${subscription.slice(5)}` : subscription;
  if (wanted === "*") return true;
  return wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}

/** Milliseconds before try number `attempt` (0 first): 1 s growing to 30 s, half of it by chance. */
export function delayBefore(attempt, random = Math.random) {
  const full = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10));
  return Math.round(full / 2 + (full / 2) * random());
}

/** What to do when a socket closed: `stop` for good, `renew` at once with a new ticket, or `retry` after a while. */
export function afterClose(code) {
  if (code === 4400 || code === 4404) return "stop";
  return code === 4401 || code === 4408 ? "renew" : "retry";
}
