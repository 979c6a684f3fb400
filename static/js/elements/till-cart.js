import { h, icon } from "../lib/dom.js";
import { money, quantity } from "../lib/format.js";
import { variantOf } from "../lib/till/cart.js";
import { amountText, quantityText } from "../lib/till/money.js";
import { refusedCoupons, savingsOf } from "../lib/till/quotes.js";
import { toast } from "../lib/toast.js";

/** The basket: lines with steppers, sums, and the two ways to pay. Fires "pay" (detail: cash or card). */
class TillCart extends HTMLElement {
  #lines = new Map();

  set session(session) {
    this.state = session;
    this.list = this.querySelector(".cart__lines");
    this.addEventListener("click", this);
    this.addEventListener("change", this);
    this.addEventListener("keydown", this);
    session.addEventListener("change", (event) => this.draw(event.detail.touched));
    this.draw();
  }

  /** How many carts are parked here (`ParkedCarts`) stands on the button that shows them. */
  set parked(parked) {
    const badge = this.querySelector("[data-parked]");
    parked.addEventListener("change", () => {
      const count = parked.carts.length;
      badge.hidden = count === 0;
      badge.querySelector("[data-show]").textContent = String(count);
    });
  }

  handleEvent(event) {
    if (event.type === "click") return this.#click(event);
    if (!event.target.matches(".stepper__value")) return undefined;
    if (event.type === "change") return this.#type(event.target);
    if (event.key !== "Enter" && event.key !== "Escape") return undefined;
    event.preventDefault();
    if (event.key === "Escape") event.target.value = event.target.dataset.value;
    else this.#type(event.target);
    return this.dispatchEvent(new CustomEvent("done", { bubbles: true }));
  }

  /** Put the cursor into the quantity of the selected line. */
  editQuantity() {
    const field = this.#lines.get(this.state.selected)?.querySelector(".stepper__value");
    this.open(true);
    field?.focus();
    field?.select();
  }

  /** On a phone the basket is a sheet. */
  open(isOpen) {
    this.toggleAttribute("data-open", isOpen);
  }

  /** Show which articles (by id) are short. */
  markShort(ids) {
    for (const line of this.state.cart.lines) this.#lines.get(line.id)?.classList.toggle("is-short", ids.has(variantOf(line)));
  }

  draw(touched = null) {
    const { cart, selected } = this.state;
    const ids = new Set(cart.lines.map((line) => line.id));
    for (const [id, row] of this.#lines) {
      if (!ids.has(id)) {
        row.remove();
        this.#lines.delete(id);
      }
    }
    for (const line of cart.lines) {
      if (!this.#lines.has(line.id)) {
        this.#lines.set(line.id, this.#row(line));
        this.list.append(this.#lines.get(line.id));
      }
      this.#fill(this.#lines.get(line.id), line, line.id === selected);
    }
    if (touched) this.#glow(this.#lines.get(touched));
    this.#drawBeside(cart);
    this.#sum();
  }

  /** Goods that come back stand above the others, gift cards below: drawn by a part that few baskets need. */
  async #drawBeside({ back, cards }) {
    if (back === this.beside?.back && cards === this.beside?.cards) return;
    const beside = (this.beside = { back, cards });
    const [above, below] = ["back", "card"].map((name) => this.querySelector(`[data-${name}-lines]`));
    above.hidden = !back;
    below.hidden = !cards;
    for (const [list, rows] of [[above, back], [below, cards]]) if (!rows) list.replaceChildren();
    if (!back && !cards) return;
    try {
      const { backRow, cardRow } = await import("../lib/till/rows.js");
      if (this.beside !== beside) return;
      above.replaceChildren(...(back?.lines ?? []).map((line) => backRow(line, back)));
      below.replaceChildren(...(cards ?? []).map(cardRow));
    } catch {
      this.beside = null; // the next change tries again; the sums are right meanwhile
    }
  }

  #sum() {
    const { terms, cart } = this.state;
    const { net, tax, discount, units, back, byPoints, cards, due } = this.state.totals();
    const { length: cardCount } = cart.cards ?? [];
    const pieces = units + 1000n * BigInt(cardCount);
    const { isEmpty, hasGoods, hasCards } = this.state;
    const show = (name, text) => {
      for (const place of this.querySelectorAll(`[data-show="${name}"]`)) place.textContent = text;
    };
    const hide = (name, isHidden) => {
      for (const part of this.querySelectorAll(`[data-if="${name}"]`)) part.hidden = isHidden;
    };
    const written = (amount) => money(amountText(amount, terms.exponent));
    show("count", String(cart.lines.length + cardCount + (cart.back?.lines.length ?? 0)));
    show("units", hasGoods || hasCards || !cart.back ? `${quantity(quantityText(pieces))} ${pieces === 1000n ? "item" : "items"}` : "Return");
    show("net", written(net));
    show("tax", written(tax));
    show("discount", written(-discount));
    show("cards", written(cards));
    show("back", written(-back));
    show("by-points", written(byPoints));
    hide("discount", discount === 0n);
    hide("goods", !hasGoods && (hasCards || Boolean(cart.back)));
    hide("cards", !hasCards);
    hide("back", !cart.back);
    hide("by-points", byPoints === 0n);
    this.toggleAttribute("data-reckoned", !this.state.quote && hasGoods);
    this.#approval();
    show("tax-label", terms.inclusive ? "Tax in it" : "Tax");
    show("due-label", due < 0n ? "To give back" : "To pay");
    show("total", written(due < 0n ? -due : due));
    this.#buyer();
    this.querySelector(".till-empty").hidden = !isEmpty;
    this.list.hidden = !hasGoods;
    for (const button of this.querySelectorAll("[data-pay], [data-clear]")) button.disabled = isEmpty;
    this.querySelector("[data-reduce]").disabled = !hasGoods;
  }

  /** Coupons that do not hold, and who approved what was taken off. */
  #approval() {
    const { cart, quote } = this.state;
    const told = [
      ...refusedCoupons(quote).map(({ coupon, detail }) => `${coupon}: ${detail}`),
      ...(quote?.needs_approval && !cart.approval ? ["Somebody must approve what is taken off by hand."] : []),
      ...(cart.back?.needs_approval && !cart.back.approval ? ["Somebody must approve this return."] : []),
    ];
    const line = this.querySelector("[data-told]");
    line.textContent = told.join(" ") || [cart.approval, cart.back?.approval, cart.expired].filter((one) => one?.by).map(({ by }) => `Approved by ${by}`).join(" ");
    line.hidden = line.textContent === "";
    line.classList.toggle("is-bad", told.length > 0);
  }

  #buyer() {
    const { customer } = this.state.cart;
    const row = this.querySelector("[data-buyer]");
    if (!row.querySelector("[data-show='customer']")) return;
    row.classList.toggle("is-known", Boolean(customer));
    row.querySelector("[data-show='customer']").textContent = customer?.name ?? "Add a customer";
    row.querySelector("[data-show='customer-number']").textContent = customer && customer.number !== customer.name ? customer.number : "";
    row.querySelector("[data-no-customer]").hidden = !customer;
  }

  #row(line) {
    const button = (step, label, sign) =>
      h("button", { class: "stepper__button", type: "button", "data-step": step, "aria-label": `${label}: ${line.title}` }, icon(sign));
    return h(
      "li",
      { class: "cart__line", "data-line": line.id },
      h("span", { class: "cart__name" }, line.title),
      h("span", { class: "cart__total" }),
      h("span", { class: "cart__note" }),
      h("span", { class: "cart__saved", hidden: true }),
      h("span", { class: "cart__said", hidden: true }),
      h(
        "span",
        { class: "cart__quantity till-line-tools" },
        line.tracking === "lot" && h("button", { class: "button button--icon button--quiet", type: "button", "data-lot": true, title: "Another lot", "aria-label": `Another lot: ${line.title}` }, icon("calendar")),
        h("button", { class: "button button--icon button--quiet", type: "button", "data-why": true, title: "Price and discount (F1)", "aria-label": `Price and discount: ${line.title}` }, icon("tag")),
        h("button", { class: "button button--icon button--quiet", type: "button", "data-remove": true, "aria-label": `Remove: ${line.title}` }, icon("trash")),
        h(
          "span",
          { class: "stepper" },
          button(-1, "One less", "minus"),
          h("input", { class: "stepper__value", inputmode: "decimal", autocomplete: "off", "aria-label": `Quantity: ${line.title}` }),
          button(1, "One more", "plus"),
        ),
      ),
    );
  }

  #fill(row, line, isSelected) {
    const amount = this.state.amountsOf(line);
    const shown = amount[this.state.terms.inclusive ? "total" : "net"];
    row.querySelector(".cart__name").textContent = line.title;
    row.querySelector(".cart__total").textContent = money(amountText(shown, this.state.terms.exponent));
    row.querySelector(".cart__note").textContent = [`${quantity(line.quantity)} × ${money(this.state.priceOf(line))}`, line.lot && `lot ${line.lot}`, line.serials && `no. ${line.serials.join(", ")}`].filter(Boolean).join(", ");
    const said = row.querySelector(".cart__said");
    said.textContent = [line.label && "Price label", line.note].filter(Boolean).join(", ");
    said.hidden = said.textContent === "";
    said.classList.toggle("is-bad", Boolean(line.note));
    this.#saved(row.querySelector(".cart__saved"), line, amount);
    const field = row.querySelector(".stepper__value");
    // What somebody is typing stays when the server's word arrives meanwhile.
    const isBeingTyped = document.activeElement === field && field.dataset.value === line.quantity;
    if (!isBeingTyped) field.value = line.quantity;
    field.dataset.value = line.quantity;
    row.classList.toggle("is-selected", isSelected);
  }

  /** What was taken off and why, in a few words; all of it stands behind the tag. */
  #saved(place, line, { discount }) {
    const steps = savingsOf(this.state.quoted(line));
    place.hidden = discount === 0n;
    place.textContent = steps.length > 0 ? steps.map(({ name, amount }) => `${name} ${money(amount)}`).join(", ") : `${money(amountText(-discount, this.state.terms.exponent))}`;
  }

  #glow(row) {
    if (!row) return;
    row.classList.remove("is-new", "is-short");
    void row.offsetWidth; // begins the animation anew
    row.classList.add("is-new");
    row.scrollIntoView({ block: "nearest" });
  }

  #click(event) {
    const button = event.target.closest("button");
    const id = event.target.closest("[data-line]")?.dataset.line;
    if (!button) return id && this.state.select(id);
    if (button.hasAttribute("data-sheet")) return this.open(!this.hasAttribute("data-open"));
    if (button.dataset.pay) return this.dispatchEvent(new CustomEvent("pay", { bubbles: true, detail: button.dataset.pay }));
    if (button.dataset.ask) return this.dispatchEvent(new CustomEvent("ask", { bubbles: true, detail: button.dataset.ask }));
    if (this.state.isFrozen) return undefined;
    if (button.hasAttribute("data-why")) {
      this.state.select(id);
      return this.dispatchEvent(new CustomEvent("ask", { bubbles: true, detail: "discount:line" }));
    }
    if (button.hasAttribute("data-lot")) return this.dispatchEvent(new CustomEvent("ask", { bubbles: true, detail: `lot:${id}` }));
    if (button.hasAttribute("data-no-customer")) this.state.setCustomer(null);
    else if (button.dataset.step) this.state.step(id, Number(button.dataset.step));
    else if (button.dataset.card) import("../lib/till/cards.js").then(({ withoutCard }) => this.state.edit((cart) => withoutCard(cart, button.dataset.card)));
    else if (button.hasAttribute("data-remove")) this.state.remove(id);
    else if (button.hasAttribute("data-clear")) this.dispatchEvent(new CustomEvent("clear", { bubbles: true }));
    return undefined;
  }

  #type(field) {
    const id = field.closest("[data-line]").dataset.line;
    try {
      this.state.setQuantity(id, field.value.replace(",", ".").trim());
    } catch (problem) {
      field.value = field.dataset.value;
      toast(problem.message, { kind: "warning" });
    }
  }
}

customElements.define("till-cart", TillCart);
