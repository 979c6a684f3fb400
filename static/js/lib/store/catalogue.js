// The catalogue in the device's own database: filled page by page, kept up to date by changes, and asked.

import { Names } from "./names.js";
import { Tables } from "./goods.js";
import { carrierOf } from "./scan.js";
import { open } from "./open.js";

const AT_ONCE = 2_000;
const MOST_RENAMED = 2_000;
const NEWS = "counter-catalogue";
const RELAXED = { durability: "relaxed" }; // it can be had again from the server

/** The catalogue of one device. One object per page; the tabs of a device tell each other what changed. */
export class Catalogue extends EventTarget {
  #names = null;
  #tables = null;
  #channel = null;

  constructor() {
    super();
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(NEWS);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  close() {
    this.#channel?.close();
  }

  /** How far it is: `{ location, epoch, seq, at }` (`at`: the server's time it is true for), null before it is filled. */
  async state() {
    return (await this.#meta("catalogue")) ?? null;
  }

  /** A filling that is under way: `{ location, epoch, seq, at, cursor, done, articles }`, else null. */
  async filling() {
    return (await this.#meta("filling")) ?? null;
  }

  /** Since when what is kept here is true (a Date), null where nothing is kept. */
  async since() {
    const state = await this.state();
    return state && new Date(state.at);
  }

  /** The marks of the tables, as the server wants them. */
  async marks() {
    const tables = await (await open()).getAll("tables");
    return tables.map(({ name, mark }) => `${name}:${mark}`).join(",");
  }

  // Filling

  /**
   * Keep one page of a filling, in one transaction: the first (`page.seq` is there) begins it, the last ends it. What was
   * kept before stays to be asked until the end; of another `location` it is thrown away at once. Answers the filling
   * as it is now, or null when it is done.
   */
  async keepPage(page, location) {
    const database = await open();
    const change = database.transaction(["articles", "tables", "meta"], "readwrite", RELAXED);
    const [articles, tables, meta] = ["articles", "tables", "meta"].map((name) => change.objectStore(name));
    let filling = (await meta.get("filling")) ?? null;
    if (page.seq !== undefined) {
      const state = await meta.get("catalogue");
      if (state && state.location !== location) await Promise.all([articles.clear(), tables.clear(), meta.delete("catalogue")]);
      filling = { name: "filling", round: (filling?.round ?? state?.round ?? 0) + 1, location, epoch: page.epoch, seq: page.seq, at: page.at, articles: page.articles, done: 0 };
      putTables(tables, page.tables);
    }
    if (!filling) throw new Error("A page came without a beginning");
    for (const row of page.results) articles.put(kept(row, filling.round));
    filling = { ...filling, cursor: page.next, done: filling.done + page.results.length };
    meta.put(filling);
    await change.done;
    if (page.seq !== undefined) this.#tables = null;
    if (page.next !== null) return filling;
    await this.finish(filling);
    return null;
  }

  /** End a filling whose pages are all kept: what none of them named is gone. It may be done again. */
  async finish({ round, location, epoch, seq, at }) {
    const database = await open();
    let after;
    for (;;) {
      const range = after === undefined ? undefined : IDBKeyRange.lowerBound(after, true);
      const rows = await database.getAll("articles", range, AT_ONCE);
      if (rows.length === 0) break;
      after = rows.at(-1).id;
      const old = rows.filter((row) => row.round !== round);
      if (old.length === 0) continue;
      const change = database.transaction("articles", "readwrite", RELAXED);
      for (const { id } of old) change.store.delete(id);
      await change.done;
    }
    const change = database.transaction("meta", "readwrite", RELAXED);
    change.store.put({ name: "catalogue", round, location, epoch, seq, at });
    change.store.delete("filling");
    await change.done;
    this.#tell({ everything: true });
  }

  /** Do what an answer to "what changed?" says, in one transaction. Answers how many articles are different. */
  async apply(changes) {
    const database = await open();
    const change = database.transaction(["articles", "tables", "meta"], "readwrite", RELAXED);
    const [articles, tables, meta] = ["articles", "tables", "meta"].map((name) => change.objectStore(name));
    const state = await meta.get("catalogue");
    if (!state) throw new Error("There is no catalogue that could change");
    const gone = new Set(changes.gone);
    const ofProducts = await Promise.all(changes.products.map((product) => articles.index("product").getAllKeys(product)));
    for (const id of ofProducts.flat()) gone.add(id);
    for (const { id } of changes.results) gone.delete(id);
    for (const id of gone) articles.delete(id);
    for (const row of changes.results) articles.put(kept(row, state.round));
    putTables(tables, changes.tables);
    meta.put({ ...state, epoch: changes.epoch, seq: changes.seq, at: changes.at });
    const renamed = (await meta.get("renamed"))?.ids ?? [];
    meta.put({ name: "renamed", ids: [...new Set([...renamed, ...gone, ...changes.results.map(({ id }) => id)])] });
    await change.done;
    const news = { put: changes.results.map(({ id }) => id), gone: [...gone], tables: Object.keys(changes.tables).length > 0, at: changes.at };
    this.#tell(news);
    return news.put.length + news.gone.length;
  }

  /** Throw all of it away. What waits to be sent is not part of it. */
  async clear() {
    const change = (await open()).transaction(["articles", "tables", "meta"], "readwrite");
    await Promise.all([change.objectStore("articles").clear(), change.objectStore("tables").clear(), ...["catalogue", "filling", "names", "renamed"].map((name) => change.objectStore("meta").delete(name))]);
    await change.done;
    this.#tell({ everything: true });
  }

  // Asking

  async tables() {
    this.#tables ??= this.#readTables();
    return this.#tables;
  }

  /** The article that carries a code as the registry keeps it: `{ row, code, pack }`, or null. */
  async code(code) {
    return carrierOf(code, await this.#by(codeKey(code)));
  }

  /** The article with exactly this SKU, or null. */
  async sku(sku) {
    return (await this.#by(skuKey(sku)))[0] ?? null;
  }

  /** Articles by id, as a Map; what is not sold here is left out. */
  async rows(ids) {
    const { store } = (await open()).transaction("articles");
    const rows = await Promise.all([...new Set(ids)].map((id) => store.get(id)));
    return new Map(rows.filter(Boolean).map((row) => [row.id, row]));
  }

  /** Articles by words of their names, the beginning of their SKU or their codes, by name. */
  async search(words, { category = "", limit = 60 } = {}) {
    const categories = category ? (await this.tables()).below(category) : null;
    const ids = (await this.names()).find(words, { categories, limit });
    return [...(await this.rows(ids)).values()];
  }

  /** All names, read once: call it early, the first time takes a moment. */
  names() {
    this.#names ??= this.#readNames();
    return this.#names;
  }

  async #by(key) {
    return (await open()).getAllFromIndex("articles", "codes", key);
  }

  async #meta(name) {
    return (await open()).get("meta", name);
  }

  async #readTables() {
    const told = await (await open()).getAll("tables");
    return new Tables(Object.fromEntries(told.map(({ name, rows }) => [name, { rows }])));
  }

  /** From what was written down of them, with what changed since; else from the articles, and then they are written down. */
  async #readNames() {
    const [state, written, renamed] = await Promise.all(["catalogue", "names", "renamed"].map((name) => this.#meta(name)));
    const changed = renamed?.ids ?? [];
    if (!written || written.round !== state?.round || changed.length > MOST_RENAMED) return this.#readAllNames(state);
    const names = Names.fromText(written.text);
    const rows = await this.rows(changed);
    for (const id of changed) {
      if (rows.has(id)) names.put(rows.get(id));
      else names.remove(id);
    }
    return names;
  }

  async #readAllNames(state) {
    const database = await open();
    const before = (await this.#meta("renamed"))?.ids.length ?? 0;
    const names = new Names();
    let rows;
    let after;
    do {
      rows = await database.getAll("articles", after === undefined ? undefined : IDBKeyRange.lowerBound(after, true), AT_ONCE);
      for (const row of rows) names.put(row);
      after = rows.at(-1)?.id;
    } while (rows.length === AT_ONCE);
    if (state) this.#writeNames(names, state.round, before).catch(() => {}); // the next page reads them as this one did
    return names;
  }

  /** What changed while they were read stays noted. */
  async #writeNames(names, round, before) {
    const change = (await open()).transaction("meta", "readwrite", RELAXED);
    const noted = (await change.store.get("renamed"))?.ids.length ?? 0;
    if ((await change.store.get("catalogue"))?.round === round) change.store.put({ name: "names", round, text: names.toText() });
    if (noted === before) change.store.delete("renamed");
    await change.done;
  }

  #tell(news) {
    this.#channel?.postMessage(news);
    return this.#hear(news);
  }

  async #hear({ everything = false, put = [], gone = [], tables = false }) {
    if (everything || tables) this.#tables = null;
    if (everything) this.#names = null;
    const names = await this.#names;
    if (names && !everything) {
      for (const id of gone) names.remove(id);
      for (const row of (await this.rows(put)).values()) names.put(row);
    }
    this.dispatchEvent(new Event("change"));
  }
}

const codeKey = (code) => `c${code.toUpperCase()}`;
const skuKey = (sku) => `s${sku}`;

/** A row as it is kept: its codes as they are looked for beside those of the registry. */
function kept({ codes = [], ...row }, round) {
  return { ...row, packs: codes, codes: [skuKey(row.sku), ...new Set(codes.map(([code]) => codeKey(code)))], round };
}

function putTables(store, tables) {
  for (const [name, { mark, rows }] of Object.entries(tables)) store.put({ name, mark, rows });
}
