// Goods that come back, as a basket keeps them beside what is bought: pure.
import { parseQuantity, quantityText } from "./money.js";

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
  const { due, cash_due, by_points, needs_approval } = quote;
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
    lines: chosen.map((line, place) => ({ ...line, name: quote.lines[place].name || quote.lines[place].sku, unit_price: quote.lines[place].unit_price, total: quote.lines[place].total })),
  };
}

const PLACES = { restock: "to the shelf", damaged: "damaged", vendor: "to the supplier", none: "stays with the customer" };

/** A line that comes back as the API wants it. */
export const stated = ({ position, quantity, disposition, serials = [] }) => ({ position, quantity, disposition, ...(serials.length > 0 ? { serials } : {}) });

/** Where a line that comes back goes, in words. */
export const placeOf = ({ disposition }) => PLACES[disposition] ?? disposition;
