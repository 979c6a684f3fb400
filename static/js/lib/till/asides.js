// The dialogs of the till (payment, receipt, customer, parked carts): loaded when they are first asked for.
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

  /** A key pressed meanwhile (`{ key, shiftKey }` of the event). */
  hold(pressed) {
    this.#held.keys.push(pressed);
  }

  /** Open one, unless another is open or it cannot be loaded. */
  async open(name, ...more) {
    if (this.isOpen || this.isLoading) return;
    await this.bring(name, (element) => {
      this.#shown = element;
      element.ask(this.counter, ...more);
    });
  }

  /**
   * Make sure that `till-<name>` is there and `show(element)` it, at once where it was loaded before. What is typed and
   * scanned while it is loading is meant for it, unless `show` answers false: it is not what was expected. Answers whether
   * it could be had.
   */
  async bring(name, show) {
    const tag = `till-${name}`;
    if (customElements.get(tag)) {
      show(this.#element(tag));
      return true;
    }
    const held = (this.#held = { keys: [], codes: [] });
    try {
      await import(`../../elements/${tag}.js`);
    } catch {
      toast("This part of the till could not be loaded. Try again when the server answers.", { kind: "error" });
      return false;
    } finally {
      this.#held = null;
    }
    const isExpected = show(this.#element(tag)) !== false;
    if (isExpected) for (const pressed of held.keys) this.#again(pressed);
    for (const code of held.codes) this.counter.hear(code);
    return true;
  }

  /** What was pressed may have closed this one and asked for another. */
  #again(pressed) {
    if (this.isLoading) this.hold(pressed);
    else if (!this.counter.keys.again(pressed)) press(pressed.key);
  }

  /** The element, made when it is first wanted: by its template in the page, or by itself. */
  #element(tag) {
    const there = this.counter.querySelector(tag);
    if (there) return there;
    const drawn = this.counter.querySelector(`template[data-for="${tag}"]`);
    this.counter.append(drawn ? document.importNode(drawn.content, true) : document.createElement(tag));
    return this.counter.querySelector(tag);
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
  if (key === "Enter" && field instanceof HTMLButtonElement) field.click();
  if (!(field instanceof HTMLInputElement)) return;
  if (key === "Enter") field.form?.requestSubmit();
  else if ([...key].length === 1 && field.selectionStart !== null) {
    field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
