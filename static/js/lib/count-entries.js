// What was counted and not yet answered by the server, kept in the browser's store so that a reload loses nothing.

/** How many entries go in one request; the server takes no more. */
export const MOST_AT_ONCE = 500;

/** A queue in `store` (of the shape of `localStorage`) under `name`. */
export class Entries {
  constructor(store, name) {
    this.store = store;
    this.name = name;
    this.isKept = true;
    this.waiting = this.#read();
  }

  /** Keep an entry; answers it. */
  add(entry) {
    this.waiting.push(entry);
    this.#write();
    return entry;
  }

  /** The oldest entries that fit in one request. */
  batch() {
    return this.waiting.slice(0, MOST_AT_ONCE);
  }

  /** The server has answered these. */
  drop(ids) {
    const gone = new Set(ids);
    this.waiting = this.waiting.filter((entry) => !gone.has(entry.id));
    this.#write();
  }

  #read() {
    try {
      const kept = JSON.parse(this.store.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  /** Where the browser has no room they are there as long as the page is open (`isKept`). */
  #write() {
    try {
      if (this.waiting.length > 0) this.store.setItem(this.name, JSON.stringify(this.waiting));
      else this.store.removeItem(this.name);
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }
}
