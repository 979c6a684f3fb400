import { getJson } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { Aside, field, message, words } from "../lib/till/aside.js";

const SHOWN = 50;

/** Which piece of an article that has serial numbers: scanned, typed, or chosen of those that are here. */
class TillSerial extends Aside {
  ask(counter, article) {
    Object.assign(this, { counter, article, pieces: [] });
    if (!this.dialog) this.#make();
    this.heading.textContent = article.title;
    this.number.field.value = "";
    this.number.say("");
    this.message.say("");
    this.list.replaceChildren();
    this.show();
    this.number.field.focus();
    this.reading = this.#read();
  }

  /** The number of the piece, or a code that says it; another article makes way for itself. */
  hear(code) {
    this.#scanned(code);
    return true;
  }

  #make() {
    this.message = message();
    this.number = field("Number of the piece", { maxlength: 60, autocapitalize: "characters", spellcheck: "false" }, { hint: "Scan it, type it, or choose it below." });
    this.list = h("ul", { class: "till-choices", role: "list", "aria-label": "Pieces that are here" });
    this.list.addEventListener("click", (event) => {
      const number = event.target.closest("[data-choice]")?.dataset.choice;
      if (number) this.#take(number);
    });
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Add this piece");
    this.build("Piece", [this.message.box, this.number.row, this.list], { foot: [this.save], submit: () => this.#typed(this.number.field.value.trim()) });
    this.dialog.dataset.scans = "";
  }

  /** The pieces of the article that are here, kept for no order and not in the basket. */
  async #read() {
    const { session } = this.counter;
    const taken = new Set(session.cart.lines.flatMap(({ serials = [] }) => serials));
    try {
      const query = new URLSearchParams({ q: this.article.sku, state: "in_stock", free: "true", limit: SHOWN });
      const { results } = await getJson(`${session.setup.urls.serials}?${query}`);
      this.pieces = results.filter((row) => row.variant === this.article.id && row.location === session.place.id && !taken.has(row.number));
    } catch {
      this.pieces = []; // it can be typed all the same
    }
    this.list.hidden = this.pieces.length === 0;
    this.list.replaceChildren(...this.pieces.map(({ number }) => h("li", {}, h("button", { class: "till-choice", type: "button", "data-choice": number }, number))));
  }

  async #scanned(code) {
    if (this.pieces.some(({ number }) => number === code)) return this.#take(code);
    try {
      const { article, serial, other } = await this.counter.server.scan(code);
      if (!this.isOpen) return undefined;
      if (article && (serial || article.id !== this.article.id)) {
        this.close();
        return this.counter.hear(code);
      }
      if (article) return this.message.say("This is the code of the article. Scan the number of the piece.");
      return this.message.say(`${other.name} is not the number of such a piece.`);
    } catch (problem) {
      if (problem.status === 404) return this.#typed(code);
      return this.message.say(words(problem));
    }
  }

  /** A number that was typed: the piece must be here, unless this place sells what the record does not know. */
  async #typed(number) {
    if (!number) {
      this.number.say("Enter the number.");
      return this.number.field.focus();
    }
    const { session } = this.counter;
    this.save.setAttribute("aria-busy", "true");
    try {
      await this.reading;
      const isHere = this.pieces.some((piece) => piece.number === number) || (await this.#isHere(number, session));
      if (isHere || session.place.sells_below_zero) return this.#take(number);
      this.number.field.value = number;
      this.number.say("This piece is not here: it was sold, never received, or is kept for an order.");
      return this.number.field.select();
    } catch (problem) {
      return this.message.say(`It cannot be looked up now: ${words(problem)}`);
    } finally {
      this.save.removeAttribute("aria-busy");
    }
  }

  async #isHere(number, { setup, place }) {
    const query = new URLSearchParams({ q: number, state: "in_stock", free: "true", limit: SHOWN });
    const { results } = await getJson(`${setup.urls.serials}?${query}`);
    return results.some((row) => row.number === number && row.variant === this.article.id && row.location === place.id);
  }

  #take(number) {
    this.close();
    this.counter.take(this.article, "1", { serial: number });
  }
}
customElements.define("till-serial", TillSerial);
