// What a live connection remembers and how long it waits. Pure.

/** How far a page has heard; numbers count all events of the shop. */
export class Cursor {
  #epoch = "";
  #seq = -1;

  /** Where to resume; empty before the first greeting. */
  get since() {
    return this.#seq < 0 ? "" : `${this.#epoch}:${this.#seq}`;
  }

  get seq() {
    return this.#seq;
  }

  get epoch() {
    return this.#epoch;
  }

  /** True when the page starts afresh. */
  greet({ epoch, last_seq: head }) {
    if (this.#seq >= 0 && epoch === this.#epoch) return false;
    return this.reset({ epoch, seq: head });
  }

  /** Go on from there; false when the page stands there already and has missed nothing. */
  reset({ epoch, seq }) {
    if (epoch === this.#epoch && seq === this.#seq) return false;
    this.#epoch = epoch;
    this.#seq = seq;
    return true;
  }

  /** False when it was heard before. */
  take(seq) {
    if (seq <= this.#seq) return false;
    this.#seq = seq;
    return true;
  }

  advance(seq) {
    if (Number.isSafeInteger(seq) && seq > this.#seq) this.#seq = seq;
  }
}

/** The newest version of each object. */
export class Versions {
  #newest = new Map();
  #most;

  constructor(most = 5000) {
    this.#most = most;
  }

  /** Whether the event is no older than what was heard of its object, per location. */
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

/** As `matches` in core/events.py. */
export function covers(subscription, type) {
  const wanted = subscription.startsWith("sale.") ? `order.${subscription.slice(5)}` : subscription;
  if (wanted === "*") return true;
  return wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type;
}

/** Milliseconds before try `attempt`: 1 s growing to 30 s, half of it by chance. */
export function delayBefore(attempt, random = Math.random) {
  const full = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10));
  return Math.round(full / 2 + (full / 2) * random());
}

/** When a socket closed: `stop`, `renew` at once, or `retry` later (docs/events.md). */
export function afterClose(code) {
  if (code === 4400 || code === 4404) return "stop";
  return code === 4401 || code === 4408 ? "renew" : "retry";
}
