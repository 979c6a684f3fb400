// What a parked cart is called and holds, and how a basket becomes one and back: pure.
import { parseQuantity, quantityText } from "./money.js";

/** What to call a cart: its name, or the first thing in it. */
export const titleOf = (cart) => cart.label || cart.lines[0]?.name || cart.number;

/** What lies in a cart, in a few words. */
export function contentsOf(cart, { most = 2 } = {}) {
  const names = cart.lines.slice(0, most).map((line) => `${quantityText(parseQuantity(line.quantity))} × ${line.name}`);
  const more = cart.lines.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

/** The lines of a parked cart as `[{ id, quantity }]`, several of one article together, in their order. */
export function wantedOf(cart) {
  const wanted = new Map();
  for (const line of cart.lines) {
    wanted.set(line.variant, (wanted.get(line.variant) ?? 0n) + parseQuantity(line.quantity));
  }
  return [...wanted].map(([id, quantity]) => ({ id, quantity: quantityText(quantity) }));
}

/** The body of `POST /orders/parked/`: its id is the cart's, made before the first try. */
export function toParked(cart, { location, label }) {
  return {
    id: cart.id,
    location,
    lines: cart.lines.map((line) => ({ variant: line.id, quantity: line.quantity })),
    label: label.trim(),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
  };
}
