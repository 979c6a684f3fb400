import { h, icon } from "../lib/dom.js";
import { money, quantity } from "../lib/format.js";
import { mostBack, nextBack } from "../lib/till/back.js";
import { amountText } from "../lib/till/money.js";
import { toSettle } from "../lib/till/settle.js";
import { amountOf, clean, dueBy, pay, quickAmounts, typeKey } from "../lib/till/tender.js";

const NAMES = { cash: "Cash", card: "Card", giftcard: "Gift card", credit: "Store credit", points: "Points" };

const NOT_FOR_CARDS = ["giftcard", "points"];

/**
 * Taking the money: cash or card, or some of each; or giving it back where more comes back than is bought. Fires "take" (detail: the body of the sale) when all is paid,
 * "retry", "lower" (detail: the short lines) and "closed". What became of a sale is told by `refuse`, `busy` and `close`.
 */
class TillPayment extends HTMLElement {
  /** Once for a till; a repeat changes nothing. */
  begin(session) {
    if (this.state) return;
    this.state = session;
    this.dialog = this.querySelector("dialog");
    this.field = this.querySelector("[data-amount]");
    this.message = this.querySelector("[data-message]");
    this.actions = this.querySelector("[data-actions]");
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take();
    });
    this.field.addEventListener("input", () => this.#typed(clean(this.field.value, this.exponent)));
    this.addEventListener("click", (event) => this.#click(event));
    session.addEventListener("change", () => this.isOpen && this.#retotal());
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("closed", { bubbles: true })));
  }

  get isOpen() {
    return this.dialog?.open ?? false;
  }

  get exponent() {
    return this.state.terms.exponent;
  }

  /**
   * Begin to take money by `method` for the cart as it is. `seen` is what was to be paid when somebody said so: where it is
   * another sum now, that is told, and answered with false.
   */
  open(method, seen) {
    this.sums = this.state.totals();
    this.taken = [];
    this.change = 0n;
    this.refuse("");
    this.busy(false);
    if (!this.isOpen) this.dialog.showModal();
    this.choose(this.isBack && this.#back(method) === 0n ? this.#nextBack() : method);
    this.#offerPoints();
    return this.#isAsSeen(seen);
  }

  /** A customer who has points may pay with them; what they are worth stands on the way to pay. */
  async #offerPoints() {
    const tab = this.querySelector("[data-method='points']");
    const { customer } = this.state.cart;
    if (!tab) return;
    tab.hidden = true;
    if (!customer || this.isBack) return;
    try {
      const { balance } = await (await import("../lib/till/accounts.js")).pointsOf(customer, this.state.setup);
      if (this.state.cart.customer?.id !== customer.id) return;
      tab.hidden = balance <= 0n || this.#forGoods() === 0n;
      this.querySelector("[data-show='points']").textContent = `Points, ${this.#written(balance)}`;
    } catch {
      // Nobody is kept from paying in another way.
    }
  }

  /** Show that a sale is under way, also one that a reload interrupted. */
  resume() {
    this.sums = this.state.totals();
    this.taken = [];
    if (!this.isOpen) this.dialog.showModal();
    this.method = "cash";
    this.busy(true);
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  /** Whether money is given back instead of taken. */
  get isBack() {
    return this.sums.due < 0n;
  }

  /** What is due now by the chosen method, or is still to be given back. */
  get due() {
    const { due, cashDue } = this.sums;
    const sums = this.isBack ? { total: -due, cashTotal: -cashDue } : { total: due, cashTotal: cashDue };
    return dueBy(this.method, this.taken, sums);
  }

  /** The server has said what the basket comes to; nothing was taken yet for another sum. */
  #retotal() {
    if (this.taken.length > 0 || this.state.isFrozen) return;
    this.sums = this.state.totals();
    this.#draw();
  }

  /** Close, unless a sale is open that may have been booked. */
  leave() {
    if (!this.isBusy && !this.state.isFrozen) this.close();
  }

  choose(method) {
    if (this.isBusy || this.state.isFrozen) return;
    this.method = method;
    this.text = "";
    this.#account();
    for (const tab of this.querySelectorAll("[data-method]")) {
      tab.setAttribute("aria-pressed", String(tab.dataset.method === method));
    }
    this.#draw();
    if (method in NAMES && !this.panel?.focus()) this.field.focus();
  }

  /** A scan while a gift card is wanted is its code. */
  hear(code) {
    return this.isOpen && !this.isBusy && Boolean(this.panel?.hear(code));
  }

  /** A gift card or store credit is an account that has to be found first, with what is on it. */
  async #account() {
    const { method } = this;
    const place = this.querySelector("[data-account]");
    this.account = this.panel = null;
    place.hidden = method === "cash" || method === "card" || this.isBack;
    place.replaceChildren();
    if (place.hidden) return;
    try {
      (await import("../lib/till/accounts.js")).attach(this, method, place);
    } catch {
      place.replaceChildren("This cannot be looked up now.");
    }
  }

  /** The account was found, with what is left on it, or (null) is being looked up. */
  known(account) {
    this.account = account;
    this.#draw();
    if (account) this.field.focus();
  }

  /** What the method pays at most; an account that is not known yet pays nothing. */
  get most() {
    if (this.isBack) return this.method === "cash" ? this.due : this.#back(this.method);
    if (this.method === "cash" || this.method === "card") return this.due;
    const held = this.account?.balance ?? 0n;
    const left = NOT_FOR_CARDS.includes(this.method) ? this.#forGoods() : held;
    return held < left ? held : left;
  }

  /** What goes back by a way without asking anybody. */
  #back(method) {
    return mostBack(method, { back: this.state.cart.back, due: this.due, taken: this.taken });
  }

  #nextBack() {
    return nextBack({ back: this.state.cart.back, due: this.due, taken: this.taken });
  }

  /** What is left of the goods alone: neither gift cards nor points pay for gift cards. */
  #forGoods() {
    const paid = this.taken.filter(({ method }) => NOT_FOR_CARDS.includes(method)).reduce((sum, { amount }) => sum + amount, 0n);
    const left = this.sums.total - this.sums.cards - paid;
    return left > 0n ? left : 0n;
  }

  #next() {
    const given = this.#given();
    if (given === null) return null;
    if (given % (this.account?.step || 1n) !== 0n) return null;
    const next = pay(this.due, this.isBack ? "card" : this.method, given, this.most); // nobody gets change of what is given back
    return next && { ...next, payment: { ...next.payment, method: this.method } };
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    this.dialog.toggleAttribute("data-busy", isBusy);
    this.#draw();
  }

  /** Say why the sale was not booked, with buttons: `{ label, run, isPrimary }`. No text takes the message away. */
  refuse(text, { actions = [], rows = [] } = {}) {
    this.message.hidden = text === "";
    this.message.querySelector(".flash__body").replaceChildren(
      h("p", {}, text),
      ...(rows.length > 0 ? [h("ul", { class: "till-short", role: "list" }, rows.map(shortRow))] : []),
    );
    this.actions.replaceChildren(
      ...actions.map(({ label, run, href, isPrimary }) => {
        const look = `button${isPrimary ? " button--primary" : ""}`;
        return href ? h("a", { class: look, href }, label) : h("button", { class: look, type: "button", onclick: run }, label);
      }),
    );
    this.dialog.toggleAttribute("data-refused", actions.length > 0);
    if (actions.length > 0) this.#draw(); // nothing was taken: all of it is still to be paid
    this.actions.firstElementChild?.focus();
  }

  #written(amount) {
    return money(amountText(amount, this.exponent));
  }

  #draw() {
    const given = this.#given();
    const next = this.#next();
    const { isBack } = this;
    const show = (name, text) => (this.querySelector(`[data-show="${name}"]`).textContent = text);
    const isRefused = this.dialog.hasAttribute("data-refused");
    const isPartPaid = this.taken.length > 0 && this.due > 0n && !isRefused;
    const whole = isBack ? -this.sums.due : this.sums.due;
    show("due", this.#written(isRefused ? whole : this.due));
    show("due-label", isBack ? (isPartPaid ? "Left to give back" : "To give back") : isPartPaid ? "Left to pay" : "To pay");
    this.field.value = this.text ?? "";
    this.field.placeholder = amountText(this.#usual(), this.exponent);
    this.#drawMethods();
    const isCash = this.method === "cash";
    const isPart = next !== null && next.left > 0n;
    show("result-label", isPart ? "Still left" : "Change");
    show("result", next === null ? "–" : this.#written(isPart ? next.left : next.change));
    this.querySelector(".till-change").hidden = (!isCash || isBack) && !isPart;
    this.querySelector("[data-card-hint]").hidden = this.method !== "card" || isBack;
    const amount = next === null ? "" : this.#written(isCash && !isBack ? given : next.payment.amount);
    const button = this.querySelector("[data-take]");
    button.textContent = this.isBusy ? "Booking it" : `${this.#verb(isPart)} ${amount}`.trim();
    button.disabled = next === null || this.isBusy || this.state.isFrozen;
    button.setAttribute("aria-busy", String(Boolean(this.isBusy)));
    this.#drawTaken();
    this.#drawQuick(isCash && !isBack);
  }

  #verb(isPart) {
    if (this.isBack) return "Give back";
    if (this.method === "cash") return isPart ? "Add" : "Take";
    if (this.method !== "card") return "Take";
    return isPart ? "Add by card" : "Card payment done,";
  }

  /** Accounts need a customer; a gift card and a card terminal get back what they paid. */
  #drawMethods() {
    const { cart } = this.state;
    const isWay = (method) => (cart.back?.ways ?? []).some((way) => way.method === method);
    const isThere = { giftcard: this.isBack ? isWay("giftcard") : this.sums.total > this.sums.cards, credit: this.isBack ? Boolean(cart.back?.customer) : Boolean(cart.customer) };
    for (const [method, shown] of Object.entries(isThere)) {
      const tab = this.querySelector(`[data-method="${method}"]`);
      if (tab) tab.hidden = !shown;
    }
  }

  #drawTaken() {
    const list = this.querySelector("[data-taken]");
    list.hidden = this.taken.length === 0;
    list.replaceChildren(
      ...this.taken.map(({ method, amount }, place) =>
        h(
          "li",
          { class: "row-list__item" },
          h("span", { class: "row-list__main" }, NAMES[method]),
          h("span", { class: "row-list__end" }, this.#written(amount)),
          h("button", { class: "button button--icon button--quiet", type: "button", "data-untake": place, "aria-label": `Take back: ${NAMES[method]}` }, icon("close")),
        ),
      ),
    );
  }

  #drawQuick(isShown) {
    const bar = this.querySelector(".quick-cash");
    bar.hidden = !isShown;
    bar.replaceChildren(
      ...quickAmounts(this.due).map((amount, place) =>
        h("button", { class: place === 0 ? "button button--soft" : "button", type: "button", "data-quick": amountText(amount, this.exponent) }, place === 0 ? "Exact" : this.#written(amount)),
      ),
    );
  }

  #given() {
    try {
      return amountOf(this.text ?? "", this.#usual());
    } catch {
      return null;
    }
  }

  /** What is taken when nothing is typed. */
  #usual() {
    const { due } = this;
    const most = this.isBack ? this.#back(this.method) : this.most;
    const usual = most < due ? most : due;
    return usual - (usual % (this.account?.step || 1n));
  }

  #typed(text) {
    if (text !== null) this.text = text;
    this.#draw();
  }

  #click(event) {
    const button = event.target.closest("button");
    if (!button || this.isBusy) return;
    if (button.dataset.method) this.choose(button.dataset.method);
    else if (button.dataset.untake) {
      this.taken = this.taken.filter((_, place) => String(place) !== button.dataset.untake);
      this.choose(this.method);
    } else if (button.dataset.key) this.#typed(typeKey(this.text, button.dataset.key, this.exponent));
    else if (button.dataset.quick) {
      this.#typed(button.dataset.quick);
      this.field.focus();
    } else if (button.hasAttribute("data-close")) this.leave();
  }

  async #take() {
    if (this.isBusy || this.state.isFrozen || !(await this.#isSettled())) return undefined;
    const next = this.#next();
    if (next === null) return undefined;
    const { code } = this.account ?? {};
    this.taken = [...this.taken, { ...next.payment, ...(code ? { code } : {}) }];
    this.change += next.change;
    if (next.left > 0n) return this.choose(this.isBack ? this.#nextBack() : this.method === "cash" ? "card" : "cash");
    return this.dispatchEvent(new CustomEvent("take", { bubbles: true, detail: this.body() }));
  }

  /** Money is taken for a sum that the server has said and the cashier has seen; without an answer for the reckoned one. */
  async #isSettled() {
    if (this.state.quote || this.taken.length > 0 || !this.state.hasGoods) return true;
    const seen = this.sums.due;
    this.busy(true);
    await this.state.settled();
    this.busy(false);
    if (!this.isOpen) return false;
    this.#retotal();
    return this.#isAsSeen(seen);
  }

  #isAsSeen(seen) {
    const { due } = this.sums;
    if (due === seen) return true;
    this.refuse(`To pay is now ${this.#written(this.due)}: prices or discounts of this basket differ from what was shown.`);
    return false;
  }

  /** The body of what was settled, as it was paid. */
  body() {
    const { cart, place, terms, register } = this.state;
    return toSettle(cart, { location: place.id, taken: this.taken, terms, sums: this.sums, register });
  }
}

function shortRow(row) {
  return h("li", {}, h("strong", {}, row.name || row.sku), ` ${quantity(row.available)} there, ${quantity(row.wanted)} wanted`);
}
customElements.define("till-payment", TillPayment);
