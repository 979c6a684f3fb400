// The cart as plain data, and what may happen to it. Every function answers a new cart; nothing here knows the page.
import { parseAmount, parseQuantity, quantityText } from "./money.js";
import { documentAmounts, lineAmounts } from "./tax.js";

/** The largest quantity of a line that the ledger can keep. */
export const MOST_QUANTITY = 99_999_999_999n;

/** An empty cart of one sale. `id` is the sale's, made once, before the first try. */
export function emptyCart(id) {
  return { id, lines: [] };
}

/** The article of a line: lines of one article differ by their lot or price label, and have ids of their own. */
export const variantOf = (line) => line.variant ?? line.id;

/** Whether every piece of a line has a number of its own. */
export const hasPieces = (line) => line.tracking === "serial";

/**
 * Add `quantity` (text) of an article `{ id, sku, title, unit_price, tax_rate, is_stocked, on_hand, tracking }`; of a lot,
 * or the piece with this serial number. The same article again, of the same lot, raises its line; a piece that is there
 * already changes nothing. With a `label` (the code of a price label, `unit_price` is what it says) the line counts labels,
 * each of so many `units`. `note` is said with the line.
 */
export function addArticle(cart, article, { quantity = "1", lot = "", serial = "", label = "", units, note } = {}) {
  const id = lineId(article, lot, label);
  const there = cart.lines.find((line) => line.id === id);
  const about = { ...there, ...facts(article), id, variant: article.id, ...(lot ? { lot } : {}), ...(label ? { label, units } : {}), ...(note ? { note } : {}) };
  const line = hasPieces(about) ? withPieces(about, [...(there?.serials ?? []), serial]) : { ...about, quantity: sumOf(there, quantity) };
  if (line.quantity === "0") return cart; // a piece without its number
  const lines = there ? cart.lines.map((other) => (other === there ? line : other)) : [...cart.lines, line];
  return { ...cart, lines };
}

/** The id of the line that takes an article (of a lot, with a price label). */
export const lineId = (article, lot = "", label = "") => `${article.id}${lot && `@${lot}`}${label && `#${label}`}`;

function sumOf(there, quantity) {
  const sum = parseQuantity(quantity) + (there ? parseQuantity(there.quantity) : 0n);
  return quantityText(sum > MOST_QUANTITY ? MOST_QUANTITY : sum);
}

function withPieces(line, numbers) {
  const serials = [...new Set(numbers.filter(Boolean))];
  return { ...line, serials, quantity: String(serials.length) };
}

/** Set a line's quantity (text); nothing or less takes the line out. Throws for what is no quantity. */
export function setQuantity(cart, id, quantity) {
  const value = parseQuantity(quantity);
  if (value > MOST_QUANTITY) throw new RangeError("This quantity is too large");
  if (value <= 0n) return removeLine(cart, id);
  const line = cart.lines.find((other) => other.id === id);
  if (line?.label && value % 1000n !== 0n) throw new RangeError("Labels are counted: a whole number");
  if (!line || !hasPieces(line)) return change(cart, id, { quantity: quantityText(value) });
  const pieces = Number(value / 1000n);
  if (value % 1000n !== 0n || pieces > line.serials.length) throw new RangeError("Each piece has its own number: add it by scanning it");
  return change(cart, id, withPieces(line, line.serials.slice(0, pieces)));
}

/** The same cart with a line's goods from another lot, or with "" from the one that expires first. */
export function setLot(cart, id, lot) {
  const line = cart.lines.find((other) => other.id === id);
  if (!line || (line.lot ?? "") === lot) return cart;
  const { lot: _, note: __, ...rest } = line;
  const moved = { ...rest, id: lineId({ id: variantOf(line) }, lot, line.label), ...(lot ? { lot } : {}) };
  const there = cart.lines.find((other) => other.id === moved.id);
  if (!there) return { ...cart, lines: cart.lines.map((other) => (other === line ? moved : other)) };
  const joined = { ...there, quantity: sumOf(there, line.quantity) };
  return { ...cart, lines: cart.lines.flatMap((other) => (other === line ? [] : other === there ? [joined] : [other])) };
}

/** Raise or lower a quantity by whole units. */
export function step(cart, id, units) {
  const line = cart.lines.find((other) => other.id === id);
  return line ? setQuantity(cart, id, quantityText(parseQuantity(line.quantity) + BigInt(units) * 1000n)) : cart;
}

export function removeLine(cart, id) {
  return { ...cart, lines: cart.lines.filter((line) => line.id !== id) };
}

/** The same cart for somebody (`{ id, name, number }`), or with null for nobody in particular. */
export function withCustomer(cart, customer) {
  const { customer: _, ...rest } = cart;
  return customer ? { ...rest, customer } : rest;
}

/** The same cart with goods that come back (as back.js keeps them), or with null without. */
export function withBack(cart, back) {
  const { back: _, ...rest } = cart;
  return back ? { ...rest, back } : rest;
}

/** What the gift cards (`cards`, see cards.js) of a cart come to, in ten-thousandths. */
export const worthOf = ({ cards = [] }) => cards.reduce((sum, { amount }) => sum + parseAmount(amount), 0n);

/** Whether something is taken off by hand. */
export const isReduced = (cart) => Boolean(cart.discount) || cart.lines.some((line) => line.given);

/** Take something off by hand, `{ kind, value, reason }` (or with null no more): of a line, or of all where `id` is null. */
export function giveDiscount(cart, id, given) {
  if (id !== null) return change(cart, id, { given: given ?? undefined });
  const { discount: _, ...rest } = cart;
  return given ? { ...rest, discount: given } : rest;
}

/** The amounts of a line, in ten-thousandths. */
export function amountsOf(line, terms) {
  return lineAmounts(
    {
      quantity: parseQuantity(line.quantity),
      unitPrice: parseAmount(line.unit_price),
      rate: parseAmount(line.tax_rate),
    },
    terms,
  );
}

/**
 * What the lines come to with what is taken off by hand: `[{ net, tax, total, discount }]`. Discounts that apply by
 * themselves are the server's to say. `prices`: of one unit, by article, where another than the listed one is known;
 * `evaluate` is that of discounts.js, which only a basket with a discount by hand needs.
 */
export function estimate(cart, terms, { prices = new Map(), evaluate = none } = {}) {
  const items = cart.lines.map((line) => ({
    quantity: parseQuantity(line.quantity),
    unitPrice: parseAmount((!line.label && prices.get(variantOf(line))) || line.unit_price),
    rate: parseAmount(line.tax_rate),
    manual: byHand(line.given),
  }));
  const { lines } = evaluate({ items, manual: byHand(cart.discount) }, [], terms);
  const goods = items.map((item, place) => ({ ...item, discount: lines[place].reduce((sum, { amount }) => sum + amount, 0n) }));
  return documentAmounts(goods, terms).map((amounts, place) => ({ ...amounts, discount: goods[place].discount }));
}

const none = ({ items }) => ({ lines: items.map(() => []) });
const byHand = (given) => given && { kind: given.kind, value: parseAmount(given.value) };

/** Sums of the cart: `{ net, tax, total, discount, units }`; `units` in thousandths, what is weighed is one. */
export function totals(cart, terms, known) {
  const sums = { net: 0n, tax: 0n, total: 0n, discount: 0n, units: 0n };
  for (const amounts of estimate(cart, terms, known)) {
    for (const name of ["net", "tax", "total", "discount"]) sums[name] += amounts[name];
  }
  for (const line of cart.lines) {
    const quantity = parseQuantity(line.quantity);
    sums.units += quantity % 1000n === 0n ? quantity : 1000n;
  }
  return sums;
}

/**
 * The sums of a basket with what comes back: `due` is to be paid or (negative) given back as money, `cashDue` where all
 * of it is cash. `back` is what comes back altogether, `byPoints` of it goes back as points by itself.
 */
export function settled(sums, back) {
  if (!back) return { ...sums, back: 0n, byPoints: 0n, due: sums.total, cashDue: sums.cashTotal };
  const [worth, cashWorth, byPoints] = [back.due, back.cash_due, back.by_points].map(parseAmount);
  return { ...sums, back: worth, byPoints, due: sums.total - worth + byPoints, cashDue: sums.cashTotal - cashWorth + byPoints };
}

/** A line as it is priced: article, quantity, what is taken off by hand. */
export const priced = (line) => ({ variant: variantOf(line), quantity: line.quantity, ...(line.label ? { label: line.label } : {}), ...(line.given ? { discount: line.given } : {}) });

/** A line as it is sold or parked: with its lot and its pieces, where they were named. */
export const toldApart = (line) => ({ ...priced(line), ...(line.lot ? { lot: line.lot } : {}), ...(line.serials?.length ? { serials: line.serials } : {}) });

function change(cart, id, values) {
  return { ...cart, lines: cart.lines.map((line) => (line.id === id ? { ...line, ...values } : line)) };
}

/** What a line keeps of its article. */
export function facts({ sku, title, unit_price, tax_rate, is_stocked, on_hand, tracking = "none" }) {
  return { sku, title, unit_price, tax_rate: tax_rate ?? "0", is_stocked: is_stocked !== false, on_hand, tracking };
}
