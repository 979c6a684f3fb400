// What a device knows of its goods, in the words of the server's answers. Pure: rows and tables in, answers out.

import { listedPrice } from "../till/prices.js";
import { parseAmount, parseQuantity, text } from "../till/money.js";

const PRICE_PLACES = 4;
const QUANTITY_PLACES = 3;

/** The tables of a catalogue `{ name: { rows } }`, ready to be asked. What is not there is empty. */
export class Tables {
  constructor(told = {}) {
    const rows = (name) => told[name]?.rows ?? [];
    this.terms = rows("terms")[0] ?? {};
    this.taxes = new Map(rows("taxes").map((tax) => [tax.id, taxOf(tax)]));
    this.lists = new Map(rows("lists").map((list) => [list.id, { ...list, place: null }]));
    this.rules = rows("rules");
    this.discounts = rows("discounts").map(discountOf);
    this.coupons = new Map(rows("coupons").map((coupon) => [coupon.code, { ...coupon, expires_at: instant(coupon.expires_at) }]));
    this.members = new Map(rows("members").map(({ id, groups }) => [id, groups]));
    this.favourites = rows("favourites").map(({ id }) => id);
    this.words = new Map(rows("words").map(({ code, text: said }) => [code, said]));
    this.parents = new Map(rows("categories").map(({ id, parent }) => [id, parent]));
    this.categories = rows("categories");
    this.arrivals = rows("arrivals");
  }

  /** A category and all it stands below. */
  above(category) {
    const found = [];
    for (let here = category; here && !found.includes(here); here = this.parents.get(here)) found.push(here);
    return found;
  }

  /** A category and all that stand below it. */
  below(category) {
    return new Set([category, ...[...this.parents.keys()].filter((id) => this.above(id).includes(category))]);
  }

  taxOf(row) {
    return this.taxes.get(row.tax) ?? NO_TAX;
  }

  /** A sentence of ours, with its numbers and names filled in. */
  say(code, filled = {}) {
    return (this.words.get(code) ?? "").replace(/\{(\w+)\}/g, (_, name) => filled[name] ?? "");
  }
}

const NO_TAX = { rate: 0n, parts: [], text: "0" };

function taxOf({ rate, parts }) {
  return {
    rate: parseAmount(rate),
    text: rate,
    parts: parts.map((part) => ({ name: String(part.name), rate: parseAmount(String(part.rate)), onTop: Boolean(part.on_top) })),
  };
}

function discountOf({ value, buy, get, starts_at, ends_at, conditions, ...rest }) {
  const { least_total, least_quantity, ...named } = conditions;
  return {
    ...named,
    ...rest,
    value: parseAmount(value),
    buy: buy === null ? 0n : parseQuantity(buy),
    get: get === null ? 0n : parseQuantity(get),
    least_total: least_total ? parseAmount(least_total) : 0n,
    least_quantity: least_quantity ? parseQuantity(least_quantity) : 0n,
    starts_at: instant(starts_at),
    ends_at: instant(ends_at),
  };
}

/** A time as milliseconds, null for none. */
export const instant = (written) => (written === null || written === undefined ? null : Date.parse(written));

export const titleOf = ({ name, variant }) => (variant ? `${name}, ${variant}` : name);

/**
 * What a unit of an article costs: `{ price, list }` (decimal text; the name of the price list, or null for its own
 * price). `terms`: `{ at (Date), quantity, channel, groups }`.
 */
export function priceOf(row, tables, { at, quantity = "1", channel = "", groups = [] }) {
  const lists = new Map();
  for (const [id, from, price] of row.lists ?? []) {
    const list = tables.lists.get(id);
    if (!list) continue;
    if (!lists.has(id)) lists.set(id, { ...list, items: [] });
    lists.get(id).items.push({ variant: row.id, from, price });
  }
  const listed = listedPrice([...lists.values()], { variant: row.id, quantity, place: null, channel, groups, at });
  return listed ?? { price: row.price, list: null };
}

/** An amount as a price of one unit is written. */
export const priceText = (written) => text(parseAmount(written), PRICE_PLACES, PRICE_PLACES);

/** An article as the till shows it in a list. */
export function articleOf(row, tables, { at, channel = "counter", groups = [] }) {
  const onHand = row.on_hand ?? null;
  return {
    id: row.id,
    sku: row.sku,
    title: titleOf(row),
    unit_price: priceText(priceOf(row, tables, { at, channel, groups }).price),
    tax_rate: tables.taxOf(row).text,
    is_stocked: !row.is_service,
    on_hand: onHand === null ? null : text(parseQuantity(onHand), QUANTITY_PLACES, QUANTITY_PLACES),
    is_low: onHand !== null && row.low !== undefined && parseQuantity(onHand) <= parseQuantity(row.low),
    tracking: row.tracking ?? "none",
    picture: row.picture ?? "",
  };
}

/** An article as a scan answers it. */
export function scannedArticle(row, tables, { at }) {
  const { is_low: _, picture: __, ...article } = articleOf(row, tables, { at, channel: "" });
  return { ...article, on_hand: row.on_hand ?? (row.is_service ? "0" : null) };
}
