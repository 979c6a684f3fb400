// The questions that a till asks, answered from what the device keeps: as `lib/till/server.js` answers them.

import { ApiProblem } from "../api.js";
import { articleOf, priceText, scannedArticle } from "./goods.js";
import { labelOf } from "./labels.js";
import { quoteOf } from "./reckon.js";
import { away, meaningOf, measureOf } from "./scan.js";
import { leftOf, quoteReturn } from "../till/giving.js";

const MOST_FOUND = 60;
const FAVOURITES = 24;
const NONE = { find: () => null, receipt: () => null };
const SOON = 1_000; // ms after the first answer, when nobody waits for the names yet

/**
 * The shop as a device knows it. Its answers have the form of the server's and, beside it, `as_of`: since when what
 * they say of stock and prices is true (ISO text). What only the server knows is refused with the code "away".
 * @param catalogue a `Catalogue`
 * @param place `() => the location's id`; `now` the clock; `mayDiscount` `() => whether larger discounts by hand are free`;
 * `receipts` (`find(code)`, `receipt(id)`) the sales kept here, `mayGiveBack` `() => whether late and large returns are free`
 */
export class Shop {
  #readAhead = null;

  constructor(catalogue, place, { now = () => new Date(), mayDiscount = () => false, receipts = NONE, mayGiveBack = () => false } = {}) {
    Object.assign(this, { catalogue, place, now, mayDiscount, receipts, mayGiveBack });
  }

  /** As `Server.scan`. */
  async scan(code) {
    const { tables, asOf } = await this.#kept();
    const sale = await this.receipts.find(code);
    if (sale) return { other: { kind: "order", id: sale.id, name: sale.number, url: "" }, as_of: asOf };
    const at = this.now();
    const meaning = await meaningOf(code, tables, this.catalogue, { year: at.getUTCFullYear() });
    const { quantity, price, charges } = measureOf(meaning, tables, { at });
    const { row, reading } = meaning;
    const lot = reading?.lot && row.tracking === "lot" ? reading.lot : "";
    const found = { article: scannedArticle(row, tables, { at }), pack: quantity, price: price && priceText(price), isCharged: charges, lot, serial: reading?.serial ?? "" };
    return { ...found, as_of: asOf };
  }

  /** As `Server.articles`: by `q`, `category` or `ids`; by none of them what is rung up here most. */
  async articles({ q = "", category = "", ids = "" } = {}) {
    const { tables, asOf } = await this.#kept();
    const at = this.now();
    const rows = await this.#rows(tables, { q, category, ids });
    return rows.map((row) => ({ ...articleOf(row, tables, { at }), as_of: asOf }));
  }

  /** As `Server.quote`. */
  async quote(body) {
    const { tables, asOf } = await this.#kept(body.location);
    const at = body.occurred_at ? new Date(body.occurred_at) : this.now();
    if (body.gift_cards?.length) throw away("Gift cards can be sold when the server is there again.");
    const rows = await this.catalogue.rows(body.lines.map(({ variant }) => variant));
    const labels = new Map();
    for (const [place, line] of body.lines.entries()) {
      if (line.label) labels.set(place, await labelOf(line, tables, this.catalogue, { at, year: at.getUTCFullYear() }));
    }
    const quote = quoteOf(body, { rows, labels, tables, at, mayDiscount: this.mayDiscount() });
    return { ...quote, as_of: asOf };
  }

  /** As `Server.returnable`, of a sale that is kept here. */
  async returnable(id) {
    const sale = await this.#sale(id);
    return { order: { id, number: sale.number, customer: null, business_date: sale.sold_at, lines: sale.lines }, left: leftOf(sale) };
  }

  /** As `Server.quoteReturn`. */
  async quoteReturn(id, lines) {
    const { tables } = await this.#kept();
    const sale = await this.#sale(id);
    try {
      return quoteReturn(sale, lines, tables.terms, { limits: tables.terms, isFree: this.mayGiveBack(), now: this.now() });
    } catch (problem) {
      if (!(problem instanceof RangeError)) throw problem;
      throw new ApiProblem({ status: 422, code: "invalid", title: "More comes back than is left", detail: "Some of these goods came back in the meantime." });
    }
  }

  async #sale(id) {
    const sale = await this.receipts.receipt(id);
    if (!sale) throw away("This receipt is not kept on this device: goods of it can be taken back when the server is there again.");
    return sale;
  }

  async #rows(tables, { q, category, ids }) {
    if (ids) return this.#byIds(ids.split(","));
    if (q.trim() || category) return this.catalogue.search(q, { category, limit: MOST_FOUND });
    const best = await this.#byIds(tables.favourites);
    if (best.length >= FAVOURITES) return best.slice(0, FAVOURITES);
    const there = new Set(best.map(({ id }) => id));
    const rest = await this.catalogue.search("", { limit: FAVOURITES + best.length });
    return [...best, ...rest.filter(({ id }) => !there.has(id))].slice(0, FAVOURITES);
  }

  async #byIds(ids) {
    const rows = await this.catalogue.rows(ids);
    return [...new Set(ids)].flatMap((id) => rows.get(id) ?? []);
  }

  async #kept(location = this.place()) {
    const state = await this.catalogue.state();
    if (!state) throw away("This device has not fetched the catalogue yet.");
    if (state.location !== location) throw away("This device keeps the catalogue of another place.");
    this.#readAhead ??= setTimeout(() => this.catalogue.names(), SOON);
    return { tables: await this.catalogue.tables(), asOf: state.at };
  }
}
