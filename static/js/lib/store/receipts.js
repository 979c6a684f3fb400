// The sales that this device made lately, so that goods of them can come back while the server is away. What was bought
// and how it was paid, and nobody's name: a receipt is found by its number alone, and there is no list of them.
import { open } from "./open.js";

/** So long a sale is kept. */
export const DAYS = 30;
const DAY = 86_400_000;
const METHODS = ["cash", "card"];
const STRICT = { durability: "strict" };

/** What is scanned or typed for a receipt, as its number; null for what is none. */
export function numberOf(text) {
  return /^R-([0-9A-Z-]{3,40})$/.exec(text.trim().toUpperCase())?.[1] ?? null;
}

/** A sale with this number, or null. */
export async function find(number) {
  return (await (await open()).getFromIndex("receipts", "numbers", number)) ?? null;
}

/** A sale by its id, or null. */
export async function receipt(id) {
  return (await (await open()).get("receipts", id)) ?? null;
}

/** Keep a sale, unless it is kept already. */
export async function keep(row) {
  const transaction = (await open()).transaction("receipts", "readwrite", STRICT);
  if (!(await transaction.store.get(row.id))) transaction.store.put(row);
  await transaction.done;
}

/** Something of a sale came back (`back` as `backOf` makes it); a sale that is not kept does not matter. */
export async function noteBack(id, back) {
  const transaction = (await open()).transaction("receipts", "readwrite", STRICT);
  const row = await transaction.store.get(id);
  if (row) transaction.store.put(withBack(row, back));
  await transaction.done;
}

/** Forget a sale: from now on only the server can take it back. */
export async function drop(id) {
  await (await open()).delete("receipts", id);
}

/** Forget what was sold too long ago. */
export async function forget(now = Date.now()) {
  const store = (await open()).transaction("receipts", "readwrite").store;
  const before = new Date(now - DAYS * DAY).toISOString();
  for (const id of await store.index("sold_at").getAllKeys(IDBKeyRange.upperBound(before))) store.delete(id);
}

/** The same sale with a return more; one that it has already changes nothing. */
export const withBack = (row, back) => (row.back.some(({ id }) => id === back.id) ? row : { ...row, back: [...row.back, back] });

/** A return (the body of `POST …/returns/`) as a sale remembers it. */
export const backOf = ({ id, lines, expected_total: due, payments }) => ({
  id,
  due,
  lines: lines.map(({ position, quantity, serials = [] }) => ({ position, quantity, serials })),
  payments: payments.map(({ method, amount }) => ({ method, amount })),
});

/**
 * A sale that was completed here: `sold` as `asSold` says it, `units` of each line (texts). Null for what only the server
 * can take back.
 */
export function ofOwnSale({ order, as_sold: sold, receipt_number: number }, { at, units }) {
  const lines = sold.lines.map((line, place) => ({ ...line, quantity: units[place], serials: order.lines[place].serials }));
  return made({ id: order.id, numbers: [number], sold_at: at, lines, payments: order.payments, ...sums(sold) });
}

/** A sale that the server booked for this device: its answer, and the body that it answered. Null as `ofOwnSale`. */
export function ofBooked(order, { lines: stated = [] }) {
  if (order.kind !== "sale" || order.state !== "completed" || order.gift_cards?.length) return null;
  const lines = order.lines.map((line, place) => ({ ...line, title: line.name, serials: stated[place]?.serials }));
  const numbers = [order.receipt_number, order.number].filter(Boolean);
  return made({ id: order.id, numbers, sold_at: order.occurred_at, lines, payments: order.payments, ...sums(order) });
}

const sums = ({ total, cash_rounding }) => ({ total, cash_rounding });

function made({ numbers, lines, payments, ...row }) {
  if (lines.some(({ quantity }) => !quantity) || !payments.every(({ method }) => METHODS.includes(method))) return null;
  return {
    ...row,
    number: numbers[0],
    numbers,
    lines: lines.map(({ variant, sku, title, quantity, unit_price, tax_rate, discount, tax, total, serials }, place) => ({
      position: place + 1,
      variant,
      sku,
      name: title,
      quantity,
      unit_price,
      tax_rate,
      discount,
      tax,
      total,
      ...(serials?.length ? { serials } : {}),
    })),
    payments: payments.map(({ method, amount }) => ({ method, amount })),
    back: [],
  };
}
