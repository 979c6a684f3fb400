// All names of a catalogue in memory, so that every key finds in fifty thousand articles at once. Pure.

import { normalise } from "../scan/gtin.js";

const MOST_WORDS = 6;
const order = new Intl.Collator("en", { sensitivity: "variant" });

/** Names, SKUs and codes by article; answers ids in the order of a list. */
export class Names {
  #lines = new Map();
  #sorted = null;

  constructor(rows = []) {
    for (const row of rows) this.put(row);
  }

  /** The names that `toText` wrote down. */
  static fromText(text) {
    const names = new Names();
    for (const [id, name, variant, sku, position, category, codes] of JSON.parse(text)) {
      names.put({ id, name, variant, sku, position, category, packs: codes.map((code) => [code]) });
    }
    return names;
  }

  /** All of it as one text: read again, it takes a part of the time that the articles themselves do. */
  toText() {
    return JSON.stringify([...this.#lines.values()].map(({ id, name, written, position, category, codes }) => [id, name, written.variant, written.sku, position, category, codes]));
  }

  get size() {
    return this.#lines.size;
  }

  put(row) {
    const before = this.#lines.get(row.id);
    const line = {
      id: row.id,
      name: row.name,
      position: row.position ?? 0,
      text: `${row.name}\n${row.variant ?? ""}`.toLowerCase(),
      sku: row.sku.toLowerCase(),
      written: { variant: row.variant ?? "", sku: row.sku },
      codes: (row.packs ?? []).map(([code]) => code),
      category: row.category ?? "",
    };
    if (before && before.name === line.name && before.position === line.position) {
      Object.assign(before, line); // it stays where it stands
      return;
    }
    this.#lines.set(row.id, line);
    this.#sorted = null;
  }

  remove(id) {
    if (this.#lines.delete(id)) this.#sorted = null;
  }

  /**
   * The ids of the first `limit` articles, by name, in which every word stands in the name, begins the SKU or is a code;
   * of `categories` (a set) if it is given.
   */
  find(words, { categories = null, limit = 60 } = {}) {
    const wanted = words.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS).map((word) => ({ text: word.toLowerCase(), code: normalise(word).slice(0, 80) }));
    const found = [];
    for (const line of this.#inOrder()) {
      if (categories && !categories.has(line.category)) continue;
      if (!wanted.every(({ text, code }) => line.text.includes(text) || line.sku.startsWith(text) || line.codes.includes(code))) continue;
      found.push(line.id);
      if (found.length === limit) break;
    }
    return found;
  }

  #inOrder() {
    this.#sorted ??= [...this.#lines.values()].sort((a, b) => order.compare(a.name, b.name) || a.position - b.position || (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }
}
