// Baskets that were put aside on this device and have not reached the server: they stand in the queue, and taking one up is
// one more item behind it. Nothing in the queue is taken away: its numbers have no gaps.
import { add, everything } from "./queue.js";

/** Put a basket aside: `body` as for `POST /orders/parked/`, `local` (`{ cart, lines, total }`) what the till needs to show it. */
export const park = (body, { by, local }) => add("park", { about: body.id, by, make: () => body, local });

/** The baskets of a place that wait here, newest first, as the server tells parked carts. Sealed ones are nobody's to read. */
export async function parkedAt(place) {
  const items = await everything();
  const gone = new Set(items.filter(({ kind }) => kind === "unpark").map(({ body }) => body.cart));
  return items
    .filter(({ kind, body, local }) => kind === "park" && local && body.location === place && !gone.has(body.id))
    .map(shown)
    .reverse();
}

const shown = ({ body, local, occurred_at: at }) => ({
  id: body.id,
  isHere: true,
  label: body.label,
  lines: local.lines,
  total: local.total,
  number: "",
  parked_by: "On this device",
  parked_at: at,
});

/**
 * Take a basket up with the id `take` that the till made, or (null) throw it away. Answers the cart as it was put aside;
 * null where another tab has it, or where it is here no more. A repeat with the same id answers the same.
 */
export async function unpark(id, take, by) {
  const parked = (await everything()).find(({ kind, about, local }) => kind === "park" && about === id && local);
  if (!parked) return null;
  const item = await add("unpark", { about: id, by, make: () => ({ cart: id, take }) });
  return item.body?.take === take ? parked.local.cart : null;
}
