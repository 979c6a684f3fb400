// What something costs under the shop's price lists, as the server finds it (inventory.selectors.for_sale).
import { parseAmount, parseQuantity } from "./money.js";

/**
 * The price of `sale` `{ variant, quantity, place, channel, groups, at }` (`at` a Date): `{ price, list }` as decimal
 * text and the list's name, or null where no list says anything. Lists are
 * `{ name, place, channel, group, starts_at, ends_at, priority, is_active, items: [{ variant, from, price }] }`.
 *
 * Of the lists that hold, the highest priority decides, of equal ones the lower price; within a list the step of the
 * quantity.
 */
export function listedPrice(lists, sale) {
  const quantity = parseQuantity(sale.quantity);
  let best = null;
  for (const list of lists) {
    if (!holds(list, sale)) continue;
    const step = stepOf(list, sale.variant, quantity);
    if (step === null) continue;
    const offer = { price: step.price, amount: parseAmount(step.price), list: list.name, priority: list.priority };
    if (best === null || isBetter(offer, best)) best = offer;
  }
  return best && { price: best.price, list: best.list };
}

function holds(list, { place, channel, groups, at }) {
  return (
    list.is_active &&
    (list.place === null || list.place === place) &&
    (list.channel === "" || list.channel === channel) &&
    (list.group === null || groups.includes(list.group)) &&
    (list.starts_at === null || new Date(list.starts_at) <= at) &&
    (list.ends_at === null || new Date(list.ends_at) > at)
  );
}

function stepOf(list, variant, quantity) {
  let found = null;
  for (const item of list.items) {
    const from = parseQuantity(item.from);
    if (item.variant === variant && from <= quantity && (found === null || from > found.from)) {
      found = { from, price: item.price };
    }
  }
  return found;
}

function isBetter(offer, best) {
  if (offer.priority !== best.priority) return offer.priority > best.priority;
  if (offer.amount !== best.amount) return offer.amount < best.amount;
  return offer.list < best.list;
}
