// The cart as plain data, and what may happen to it. Every function answers a new cart; nothing here knows the page.
import { amountText, parseAmount, parseQuantity, quantityText } from "./money.js";
import { lineAmounts } from "./tax.js";

/** The largest quantity of a line that the ledger can keep. */
export const MOST_QUANTITY = 99_999_999_999n;

/** An empty cart of one sale. `id` is the sale's, made once, before the first try. */
export function emptyCart(id) {
  return { id, lines: [] };
}

/**
 * Add `quantity` (text) of an article `{ id, sku, title, unit_price, tax_rate, is_stocked, on_hand }`.
 * The same article again raises its line.
 */
export function addArticle(cart, article, { quantity = "1" } = {}) {
  const there = cart.lines.find((line) => line.id === article.id);
  const sum = parseQuantity(quantity) + (there ? parseQuantity(there.quantity) : 0n);
  const line = { ...facts(article), quantity: quantityText(sum > MOST_QUANTITY ? MOST_QUANTITY : sum) };
  const lines = there ? cart.lines.map((other) => (other === there ? line : other)) : [...cart.lines, line];
  return { ...cart, lines };
}

/** Set a line's quantity (text); nothing or less takes the line out. Throws for what is no quantity. */
export function setQuantity(cart, id, quantity) {
  const value = parseQuantity(quantity);
  if (value > MOST_QUANTITY) throw new RangeError("This quantity is too large");
  if (value <= 0n) return removeLine(cart, id);
  return change(cart, id, { quantity: quantityText(value) });
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

/** Take over today's prices, taxes and stock. Answers `{ cart, changed, gone }`: ids of both. */
export function refreshArticles(cart, articles) {
  const now = new Map(articles.map((article) => [article.id, article]));
  const changed = [];
  const gone = [];
  const lines = cart.lines.flatMap((line) => {
    const article = now.get(line.id);
    if (!article) {
      gone.push(line.id);
      return [];
    }
    const fresh = facts(article);
    const differs = (name) => parseAmount(fresh[name]) !== parseAmount(line[name]);
    if (differs("unit_price") || differs("tax_rate")) changed.push(line.id);
    return [{ ...line, ...fresh }];
  });
  return { cart: { ...cart, lines }, changed, gone };
}

/** Lower every short line to what is there: `short` as the server lists it (`variant_id`, `available`). */
export function lowerToStock(cart, short) {
  return short.reduce((lowered, row) => setQuantity(lowered, row.variant_id, row.available), cart);
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

/** Sums of the cart: `{ net, tax, total, units }`; `units` in thousandths. */
export function totals(cart, terms) {
  const sums = { net: 0n, tax: 0n, total: 0n, units: 0n };
  for (const line of cart.lines) {
    const amounts = amountsOf(line, terms);
    for (const name of ["net", "tax", "total"]) sums[name] += amounts[name];
    sums.units += parseQuantity(line.quantity);
  }
  return sums;
}

/** The body of `POST /api/v1/orders/`. `payments`: `{ method, amount, tendered }` in ten-thousandths. */
export function toBody(cart, { location, payments, terms, acceptShortage = false }) {
  const least = terms.exponent;
  return {
    id: cart.id,
    location,
    channel: "counter",
    lines: cart.lines.map((line) => ({ variant: line.id, quantity: line.quantity })),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
    payments: payments.map(({ method, amount, tendered }) => ({
      method,
      amount: amountText(amount, least),
      ...(tendered === undefined ? {} : { tendered: amountText(tendered, least) }),
    })),
    expected_total: amountText(totals(cart, terms).total, least),
    ...(acceptShortage ? { accept_shortage: true } : {}),
  };
}

function change(cart, id, values) {
  return { ...cart, lines: cart.lines.map((line) => (line.id === id ? { ...line, ...values } : line)) };
}

function facts({ id, sku, title, unit_price, tax_rate, is_stocked, on_hand }) {
  return { id, sku, title, unit_price, tax_rate: tax_rate ?? "0", is_stocked: is_stocked !== false, on_hand };
}
