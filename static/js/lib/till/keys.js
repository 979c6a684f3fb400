// The keyboard of the till: scanners first, then shortcuts. No shortcut is a key that a scanner types.
import { Wedge } from "./wedge.js";

const HELP_WAIT_MS = 90;
/** Keys that open a dialog beside the sale; the browser's own meaning (help, find, caret) is taken from them on this page. */
const ASKS = { F1: "discount", F3: "customer", F7: "parked" };

/** Listens on the whole page for `counter` (a till-counter) until `stop`. */
export class Keys {
  #wedge = new Wedge();
  #before = null;

  constructor(counter) {
    this.counter = counter;
    this.listener = (event) => this.#hear(event);
    document.addEventListener("keydown", this.listener, { capture: true });
  }

  stop() {
    document.removeEventListener("keydown", this.listener, { capture: true });
    clearTimeout(this.timer);
  }

  /** Hear the scans that were made before the page was ready; what fingers typed meanwhile stays in its field. */
  catchUp() {
    const take = (early) => this.#replay(early);
    document.dispatchEvent(new CustomEvent("till:ready", { detail: { take } }));
  }

  #replay(early) {
    const { field } = this.counter.products;
    for (const { key, timeStamp, ctrlKey, altKey, metaKey, target } of early) {
      const isModified = ctrlKey || altKey || metaKey;
      const scan = this.#wedge.feed({ key, at: timeStamp, isModified, isControl: ctrlKey && !altKey });
      // A key that no field took goes where it was meant to go: the rest of a scan may still come.
      if (!isModified && [...key].length === 1 && !isField(target)) field.value += key;
      if (!scan) continue;
      field.value = field.value.replace(scan.code, "");
      this.counter.hear(scan.code, 0, scan.others);
    }
  }

  #hear(event) {
    if (event.isComposing) return;
    const isModified = event.ctrlKey || event.altKey || event.metaKey;
    const isAltGraph = event.getModifierState("AltGraph");
    const scan = this.#wedge.feed({ key: event.key, at: event.timeStamp, isModified: isModified && !isAltGraph, isControl: event.ctrlKey && !isAltGraph });
    if (scan) {
      stop(event);
      clearTimeout(this.timer);
      const others = [...(scan.others ?? []), ...this.#whole(scan.code)];
      this.#restore();
      this.counter.hear(scan.code, scan.typed, others);
      return;
    }
    if (this.counter.asides.isLoading && !isModified) {
      if (event.key !== "Shift") this.counter.asides.hold({ key: event.key, shiftKey: event.shiftKey });
      stop(event);
      return;
    }
    if (this.#wedge.isBeginning && event.key !== "Shift") this.#remember();
    if (isModified && !isAltGraph) return;
    if (event.key === " " && this.#wedge.isBursting(event.timeStamp) && !isField(event.target)) stop(event);
    else if (event.key === "?") this.#question(event);
    else this.#shortcut(event);
  }

  /** A shortcut that was held back while a dialog was loading does now what it does. Answers whether it was one. */
  again({ key, shiftKey }) {
    let isOne = false;
    this.#shortcut({ key, shiftKey, target: document.activeElement, preventDefault: () => (isOne = true), stopImmediatePropagation() {} });
    return isOne;
  }

  /** What the focused field held before the burst: a scan there must not stay in it. */
  #remember() {
    const field = document.activeElement;
    this.#before = isField(field) ? { field, value: field.value } : null;
  }

  /** The whole text of the field: where a scan was held up for long, its beginning stands there. */
  #whole(code) {
    const isThere = this.#before?.field === this.counter.products.field && this.#before.value.trim() !== "";
    return isThere ? [`${this.#before.value}${code}`.trim()] : [];
  }

  #restore() {
    if (this.#before === null) return;
    const { field, value } = this.#before;
    if (field.value !== value) {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.#before = null;
  }

  /** A question mark alone asks for help; in a burst it belongs to a code, among words to the words. */
  #question(event) {
    const { counter } = this;
    const isFree = !isField(event.target) || event.target.value === "";
    if (!isFree || this.#wedge.length > 1 || counter.payment.isOpen || counter.receipt.isOpen || counter.asides.isOpen || counter.help.open) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.#wedge.length > 1) return;
      this.#wedge.reset();
      this.#restore();
      counter.help.showModal();
    }, HELP_WAIT_MS);
  }

  #shortcut(event) {
    const { counter } = this;
    const { session, payment, receipt, products, cart } = counter;
    if (receipt.isOpen) return event.key === "F10" ? act(event, () => window.print()) : undefined;
    if (counter.help.open || counter.asides.isOpen) return ASKS[event.key] ? stop(event) : undefined;
    if (event.key === "F8" && event.shiftKey && !payment.isOpen) return act(event, () => counter.ask("giftcard"));
    if (event.key === "F8") return act(event, () => counter.pay("cash"));
    if (event.key === "F9" && !event.shiftKey) return act(event, () => counter.pay("card"));
    if (payment.isOpen) return undefined;
    if (ASKS[event.key]) return act(event, () => counter.ask(ASKS[event.key]));
    if (event.key === "F9" && event.shiftKey) return act(event, () => counter.ask("register"));
    if (event.key === "F2" && event.shiftKey && session.setup.may.refund) return act(event, () => counter.ask("return"));
    if (event.key === "F2") return act(event, () => products.focusField({ always: true }));
    if (event.key === "F4") return act(event, () => cart.editQuantity());
    if (event.key === "F6") return act(event, () => counter.clear());
    if (event.key === "Escape") return this.#escape(event);
    const isInField = event.target === products.field && products.field.value === "";
    if (event.target === products.field && !isInField && event.key === "ArrowDown") return act(event, () => products.focusFirst());
    if (event.target !== document.body && !isInField) return undefined;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in moves && !session.isEmpty) return act(event, () => this.#select(moves[event.key]));
    if (session.selected && !session.isFrozen) {
      if (event.key in steps) return act(event, () => session.step(session.selected, steps[event.key]));
      if (event.key === "Delete") return act(event, () => session.remove(session.selected));
    }
    if (event.target === document.body && [...event.key].length === 1) products.focusField();
    return undefined;
  }

  #escape(event) {
    const { products, cart } = this.counter;
    if (event.target.matches?.(".stepper__value")) return;
    cart.open(false);
    products.clear();
    products.say("");
    products.focusField();
  }

  #select(way) {
    const { session } = this.counter;
    const ids = session.cart.lines.map((line) => line.id);
    const place = ids.indexOf(session.selected) + way;
    session.select(ids[Math.min(Math.max(place, 0), ids.length - 1)]);
  }
}

function isField(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function act(event, action) {
  stop(event);
  action();
}
