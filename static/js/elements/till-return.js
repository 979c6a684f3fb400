import { announce, h, icon } from "../lib/dom.js";
import { date, money, quantity } from "../lib/format.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { returnable, stated, toBack } from "../lib/till/back.js";
import { parseQuantity, quantityText } from "../lib/till/money.js";
import { uuid7 } from "../lib/till/uuid.js";

const PLACES = { restock: "To the shelf", damaged: "Damaged", vendor: "To the supplier", none: "Stays with the customer" };
const REASONS = ["Does not fit", "Changed their mind", "Faulty"];

/** Goods of a sale come back: its receipt is scanned or typed, lines are ticked, and the basket goes on with them. */
class TillReturn extends Aside {
  #scans = Promise.resolve();

  /** `order` is the id of the sale, where it is known already. */
  ask(counter, order = counter.session.cart.back?.order) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    this.order = null;
    this.number.field.value = "";
    this.reason.field.value = counter.session.cart.back?.reason ?? "";
    for (const part of [this.number, this.reason]) part.say("");
    this.message.say("");
    this.#draw();
    this.show();
    this.number.field.focus();
    if (order) this.#read(order);
  }

  get session() {
    return this.counter.session;
  }

  /** A receipt is the one that was meant; an article of the receipt at hand comes back once more. */
  hear(code) {
    this.#scans = this.#scans.then(() => this.#scanned(code)); // in their order
    return true;
  }

  #make() {
    this.message = message();
    this.number = field("Number on the receipt", { maxlength: 40, autocapitalize: "characters", spellcheck: "false", enterkeyhint: "search" }, { hint: "Scan the receipt, or type its number." });
    this.list = h("ul", { class: "till-carts till-back", role: "list", "aria-label": "What comes back" });
    this.list.addEventListener("click", (event) => this.#step(event.target.closest("[data-step]")));
    this.list.addEventListener("change", (event) => {
      if (event.target.matches(".stepper__value")) this.#typed(event.target);
      else if (event.target.matches("[data-piece]")) this.#tick(event.target);
      else this.#lineOf(event.target).disposition = event.target.value;
    });
    this.all = h("button", { class: "button button--block", type: "button", onclick: () => this.#takeAll() }, "All of it");
    this.reason = field("Why it comes back", { maxlength: 200 });
    const known = REASONS.map((text) => h("button", { class: "button", type: "button", onclick: () => this.#because(text) }, text));
    this.reasons = h("div", { class: "cluster till-reasons", role: "group", "aria-label": "Usual reasons" }, known);
    this.form = h("div", { class: "stack stack--tight" }, this.list, this.all, this.reason.row, this.reasons);
    this.drop = h("button", { class: "button button--large", type: "button", onclick: () => this.#leaveOut() }, "Nothing comes back");
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Find it");
    this.build("Take goods back", [this.message.box, this.number.row, this.form], {
      foot: [this.drop, this.save],
      submit: () => (this.order ? this.#take() : this.#find()),
    });
  }

  #draw() {
    const { order } = this;
    this.heading.textContent = order ? `Sale #${order.number}, ${date(order.business_date)}` : "Take goods back";
    this.number.row.hidden = Boolean(order);
    this.form.hidden = !order;
    this.drop.hidden = !this.session.cart.back;
    this.save.textContent = order ? "Into the basket" : "Find it";
  }

  async #find() {
    const typed = this.number.field.value.trim().toUpperCase();
    if (!typed) {
      this.number.say("Enter the number.");
      return this.number.field.focus();
    }
    return this.#scanned(typed.startsWith("R-") ? typed : `R-${typed}`);
  }

  async #scanned(code) {
    try {
      const { other, article, serial } = await this.counter.server.scan(code);
      if (!this.isOpen) return undefined;
      if (other?.kind === "order") return await this.#read(other.id);
      const line = article && this.order && this.lines.find(({ variant }) => variant === article.id);
      if (line?.pieces.length > 0) return this.#piece(line, serial);
      if (line) return this.#change(line, 1);
      return this.message.say(this.order ? "This was not bought with this receipt." : `${other?.name ?? article.title} is no receipt.`);
    } catch (problem) {
      const isHere = problem.code === "away"; // it says itself what is missing
      return this.message.say(problem.status === 404 ? "No sale carries this number." : isHere ? words(problem) : `It cannot be looked up now: ${words(problem)}`);
    }
  }

  /** A sale with what is left of it to come back. */
  async #read(id) {
    this.save.setAttribute("aria-busy", "true");
    try {
      const { order, left } = await this.counter.server.returnable(id);
      if (!this.isOpen) return;
      this.order = order;
      this.lines = returnable(order, left, this.session.cart.back);
      const [only, ...others] = this.lines;
      if (others.length === 0 && only.quantity === "0" && only.left === "1") this.#all(only);
      this.list.replaceChildren(...this.lines.map(row));
      this.message.say(this.lines.some(({ left }) => left !== "0") ? "" : "All of this sale came back before.");
      this.#draw();
      this.#count();
      const first = this.list.querySelector("input:not(:disabled)") ?? this.drop;
      first.focus();
      if (first.matches(".stepper__value")) first.select();
    } catch (problem) {
      this.message.say(words(problem));
      this.number.field.focus();
    } finally {
      this.save.removeAttribute("aria-busy");
    }
  }

  #step(button) {
    if (button) this.#change(this.#lineOf(button), Number(button.dataset.step));
  }

  #lineOf(element) {
    return this.lines.find(({ position }) => String(position) === element.closest("[data-position]").dataset.position);
  }

  /** So many whole units more, within what can come back. */
  #change(line, units) {
    const [left, now] = [line.left, line.quantity].map(parseQuantity);
    const wanted = now + BigInt(units) * 1000n;
    this.#set(line, wanted < 0n ? 0n : wanted > left ? left : wanted);
  }

  #typed(input) {
    const line = this.#lineOf(input);
    try {
      const wanted = parseQuantity(input.value.replace(",", ".").trim() || "0");
      if (wanted < 0n || wanted > parseQuantity(line.left)) throw new RangeError(`Between 0 and ${quantity(line.left)} can come back.`);
      this.#set(line, wanted);
    } catch (problem) {
      input.value = line.quantity;
      this.message.say(problem.message);
    }
  }

  #set(line, wanted) {
    line.quantity = quantityText(wanted);
    this.message.say("");
    this.#count();
  }

  /** A piece that was scanned or ticked comes back, by its number. */
  #piece(line, number) {
    if (!line.pieces.includes(number)) return this.message.say(number ? `${number} is not a piece of this sale.` : "Scan the number of the piece.");
    return this.#pieces(line, [...new Set([...line.serials, number])]);
  }

  #tick(box) {
    const line = this.#lineOf(box);
    const { piece } = box.dataset;
    this.#pieces(line, box.checked ? [...line.serials, piece] : line.serials.filter((number) => number !== piece));
  }

  #pieces(line, serials) {
    line.serials = serials;
    this.#set(line, BigInt(serials.length) * 1000n);
  }

  #all(line) {
    line.serials = line.pieces;
    line.quantity = line.pieces.length > 0 ? String(line.pieces.length) : line.left;
  }

  #takeAll() {
    for (const line of this.lines) this.#all(line);
    this.#count();
    this.reason.field.focus();
  }

  #count() {
    for (const line of this.lines) {
      const place = this.list.querySelector(`[data-position="${line.position}"]`);
      const field = place.querySelector(".stepper__value");
      if (field) field.value = line.quantity;
      for (const box of place.querySelectorAll("[data-piece]")) box.checked = line.serials.includes(box.dataset.piece);
      place.classList.toggle("is-chosen", line.quantity !== "0");
    }
  }

  #because(text) {
    this.reason.field.value = text;
    this.reason.say("");
    this.save.focus();
  }

  /** What was chosen, priced by the server as its sale was, into the basket. */
  async #take() {
    const chosen = this.lines.filter((line) => line.quantity !== "0").map(stated);
    const reason = this.reason.field.value.trim();
    if (chosen.length === 0) return this.message.say("Say how many of which line come back.");
    this.reason.say(reason ? "" : "Say why it comes back.");
    if (!reason) return this.reason.field.focus();
    this.save.setAttribute("aria-busy", "true");
    try {
      const quote = await this.counter.server.quoteReturn(this.order.id, chosen);
      const back = toBack(this.order, quote, { chosen, reason, ids: { refund: uuid7(), ticket: uuid7() } });
      this.session.setBack(back);
      this.close();
      announce(`${money(back.due)} comes back`);
    } catch (problem) {
      this.message.say(problem.isTemporary ? `No answer: ${words(problem)} Try again.` : words(problem));
    } finally {
      this.save.removeAttribute("aria-busy");
    }
    return undefined;
  }

  #leaveOut() {
    this.session.setBack(null);
    this.close();
    announce("Nothing comes back");
  }
}

function row(line) {
  const { position, name, left, unit_price: price, pieces, disposition } = line;
  const isGone = left === "0";
  const places = Object.entries(PLACES).map(([value, label]) => h("option", { value, selected: value === disposition }, label));
  return h(
    "li",
    { class: "till-back__line", "data-position": position },
    h("span", { class: "till-back__name" }, h("span", { class: "row-list__title" }, name), h("span", { class: "row-list__note" }, isGone ? "Came back before" : `${quantity(left)} × ${money(price)}`)),
    pieces.length > 0 ? choiceOfPieces(line) : stepper(line, isGone),
    h("select", { class: "input till-back__place", disabled: isGone, "aria-label": `Where it goes: ${name}` }, places),
  );
}

function stepper({ position, name, quantity: units }, isGone) {
  const step = (by, label, sign) =>
    h("button", { class: "stepper__button", type: "button", tabindex: -1, "data-step": by, disabled: isGone, "aria-label": `${label}: ${name}` }, icon(sign));
  const field = h("input", { class: "stepper__value", inputmode: "decimal", autocomplete: "off", disabled: isGone, value: units, "data-choice": position, "aria-label": `How many come back: ${name}` });
  return h("span", { class: "stepper" }, step(-1, "One less", "minus"), field, step(1, "One more", "plus"));
}

/** Goods with serial numbers come back by them. */
function choiceOfPieces({ name, pieces }) {
  const box = (number) => h("label", { class: "till-back__piece" }, h("input", { type: "checkbox", "data-piece": number }), h("span", {}, number));
  return h("span", { class: "till-back__pieces", role: "group", "aria-label": `Which pieces come back: ${name}` }, pieces.map(box));
}
customElements.define("till-return", TillReturn);
