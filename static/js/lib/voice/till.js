// What was said at the till, done: each command presses what a finger would. Paying only opens the payment; a person confirms it.
import { bringBack, takeOut } from "../till/gone.js";

const CANNOT = "not now";

/** Do a command (`{ name, value }`) for `counter`, the `<till-counter>`; answers a few words where it could not. */
export async function act(counter, { name, value }) {
  const { payment, receipt, asides, session } = counter;
  if (name === "back") return close(counter);
  if (payment.isOpen) return "the payment is confirmed by hand";
  if (receipt.isOpen || asides.isOpen || asides.isLoading || session.isFrozen || document.querySelector("dialog:modal")) return CANNOT;
  if (name.startsWith("pay:")) return session.isEmpty ? "the basket is empty" : void counter.pay(name.slice(4));
  if (name.startsWith("ask:")) return void counter.ask(name.slice(4));
  const does = ACTS[name];
  return does ? does(counter, value) : CANNOT;
}

const ACTS = {
  price: (counter, words) => find(counter, words),
  search: (counter, words) => find(counter, words),
  camera: (counter) => void counter.querySelector("camera-scan").open(),
  "camera-off": (counter) => void counter.querySelector("camera-scan").view?.close(),
  next: ({ products }) => (products.clear(), void products.focusField({ always: true })),
  quantity: (counter, units) => ofLine(counter, ({ session }, id) => session.setQuantity(id, units)),
  more: (counter) => ofLine(counter, ({ session }, id) => session.step(id, 1)),
  less: (counter) => ofLine(counter, ({ session }, id) => session.step(id, -1)),
  remove: (counter) => ofLine(counter, ({ session }, id) => takeOut(session, id)),
  undo: ({ session }) => (bringBack(session) ? "" : "nothing to bring back"),
};

/** Shows what matches and adds nothing: a finger or a scan does. */
async function find({ products }, words) {
  const found = await products.show({ q: words });
  return found?.length === 0 ? "nothing like it" : "";
}

function ofLine(counter, change) {
  const { selected } = counter.session;
  if (!selected) return CANNOT;
  try {
    change(counter, selected);
    return "";
  } catch (problem) {
    return problem.message;
  }
}

function close({ payment, receipt, asides }) {
  const part = [receipt, payment].find(({ isOpen }) => isOpen);
  if (part) part.close();
  else if (asides.isOpen) asides.leave?.();
  else return CANNOT;
  return "";
}
