// A line that was taken out of the basket comes back with one press, or one word.
import { announce } from "../dom.js";
import { onSwipe, onSwipeUpDown } from "../swipe.js";
import { toast } from "../toast.js";

let last = null;

/** Take a line out of the basket; a notice brings it back. */
export function takeOut(session, id) {
  const place = session.cart.lines.findIndex((line) => line.id === id);
  if (place < 0 || session.isFrozen) return;
  const { lines, id: sale } = session.cart;
  const taken = (last = { line: lines[place], place, sale });
  session.remove(id);
  toast(`${taken.line.title} was taken out.`, { action: { label: "Bring it back", run: () => bringBack(session, taken) } });
}

/** Put what was taken out last (or `taken`) where it was, if it is the same sale; answers whether anything came back. */
export function bringBack(session, taken = last) {
  last = null;
  if (!taken || session.isFrozen || session.cart.id !== taken.sale) return false;
  if (session.cart.lines.some(({ id }) => id === taken.line.id)) return false;
  session.edit((cart) => ({ ...cart, lines: cart.lines.toSpliced(taken.place, 0, taken.line) }));
  announce(`${taken.line.title} is back`);
  return true;
}

/** Fingers on the basket: a line to the left takes it out, to the right is one more; the handle of the sheet goes up and down. */
export function hearFingers(counter) {
  const { cart, session } = counter;
  onSwipe(cart.list, ".cart__line", {
    left: (row) => takeOut(session, row.dataset.line),
    right: (row) => row.querySelector("[data-step='1']")?.click(),
  });
  const handle = cart.querySelector("[data-sheet]");
  if (handle) onSwipeUpDown(handle, (way) => cart.open(way === "up"));
}
