// What stands beside a sale (customer, parked carts): dialogs that are loaded when they are first asked for.
import { toast } from "../toast.js";

/** The dialogs of `counter`, one at a time. Each is a custom element `till-<name>` with `ask(counter)`, `isOpen`, `close`. */
export class Asides {
  #shown = null;
  #held = null;

  constructor(counter) {
    this.counter = counter;
  }

  get isOpen() {
    return this.#shown?.isOpen ?? false;
  }

  /** Whether one is on its way: what is typed meanwhile is meant for it. */
  get isLoading() {
    return this.#held !== null;
  }

  /** A key pressed meanwhile (`KeyboardEvent.key`). */
  hold(key) {
    this.#held.keys.push(key);
  }

  /** Open one, unless another is open or it cannot be loaded. */
  async open(name, ...more) {
    if (this.isOpen || this.isLoading) return;
    const held = (this.#held = { keys: [], codes: [] });
    try {
      await import(`../../elements/till-${name}.js`);
    } catch {
      toast("This part of the till could not be loaded. Try again when the server answers.", { kind: "error" });
      return;
    } finally {
      this.#held = null;
    }
    const tag = `till-${name}`;
    this.#shown = this.counter.querySelector(tag) ?? this.counter.appendChild(document.createElement(tag));
    this.#shown.ask(this.counter, ...more);
    for (const key of held.keys) press(key);
    for (const code of held.codes) this.counter.hear(code);
  }

  /** A scan (of so many held keys) while one is open: true when it took it. The others make way for the article. */
  hear(code, typed = 0) {
    if (this.isLoading) {
      if (typed) this.#held.keys.splice(-typed);
      this.#held.codes.push(code);
      return true;
    }
    if (!this.isOpen) return false;
    if (this.#shown.hear?.(code)) return true;
    this.#shown.close();
    return false;
  }
}

/** Do to the focused field what a key would have done. */
function press(key) {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement)) return;
  if (key === "Enter") field.form?.requestSubmit();
  else if ([...key].length === 1) {
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
