// Goods that come back, as a basket keeps them beside what is bought: pure.
import { parseAmount, parseQuantity, quantityText } from "./money.js";

/**
 * What of a sale can still come back, with what a basket says of it already (`back`, or null): `[{ position, variant, name,
 * unit_price, left, pieces, quantity, serials, disposition }]`, quantities as text.
 */
export function returnable(order, left, back) {
  const rests = new Map(left.map((line) => [line.position, line]));
  const chosen = new Map(back?.order === order.id ? back.lines.map((line) => [line.position, line]) : []);
  return order.lines.map(({ position, variant, sku, name, unit_price }) => {
    const { quantity = "0", serials = [], disposition = "restock" } = chosen.get(position) ?? {};
    const { left: rest, pieces } = rests.get(position);
    return { position, variant, name: name || sku, unit_price, left: quantityText(parseQuantity(rest)), pieces, quantity, serials, disposition };
  });
}

/**
 * What a basket keeps of goods that come back. `order` and `quote` as the API tells them, `chosen` is
 * `[{ position, quantity, disposition, serials }]`, `ids` (`{ refund, ticket }`) were made before the first try.
 */
export function toBack(order, quote, { chosen, reason, ids }) {
  const { due, cash_due, by_points, needs_approval, ways = [] } = quote;
  return {
    ...ids,
    order: order.id,
    number: order.number,
    customer: order.customer,
    reason,
    due,
    cash_due,
    by_points,
    needs_approval,
    ways,
    lines: chosen.map((line, place) => ({ ...line, name: quote.lines[place].name || quote.lines[place].sku, unit_price: quote.lines[place].unit_price, total: quote.lines[place].total })),
  };
}

const ON_ACCOUNT = ["giftcard", "credit"];

/**
 * What goes back at most by `method`, of `due` that is left to give back after what was `taken`: a gift card or a card
 * gets no more than it paid, and cash is for what no gift card or store credit paid. In ten-thousandths.
 */
export function mostBack(method, { back, due, taken }) {
  const ways = back?.ways ?? [];
  const of = (methods) => ways.filter((way) => methods.includes(way.method)).reduce((sum, { amount }) => sum + parseAmount(amount), 0n);
  const given = (methods) => taken.filter((one) => methods.includes(one.method)).reduce((sum, { amount }) => sum + amount, 0n);
  const least = (one, other) => (one < other ? one : other);
  const some = (amount) => (amount > 0n ? amount : 0n);
  if (method === "credit" || ways.length === 0) return due;
  if (method !== "cash") return least(due, some(of([method]) - given([method])));
  const stored = least(of(ON_ACCOUNT), due + given(["cash", "card", ...ON_ACCOUNT]));
  return some(due - some(stored - given(ON_ACCOUNT)));
}

/** The way that gets its part back next: gift cards and store credit first, cash last. */
export function nextBack(sums) {
  const first = (sums.back?.ways ?? []).find(({ method }) => mostBack(method, sums) > 0n && (method !== "credit" || sums.back.customer));
  return first?.method ?? "cash";
}

const PLACES = { restock: "to the shelf", damaged: "damaged", vendor: "to the supplier", none: "stays with the customer" };

/** A line that comes back as the API wants it. */
export const stated = ({ position, quantity, disposition, serials = [] }) => ({ position, quantity, disposition, ...(serials.length > 0 ? { serials } : {}) });

/** Where a line that comes back goes, in words. */
export const placeOf = ({ disposition }) => PLACES[disposition] ?? disposition;
