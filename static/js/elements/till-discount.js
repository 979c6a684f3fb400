import { announce, h, icon } from "../lib/dom.js";
import { money, percent, quantity } from "../lib/format.js";
import { Aside, field, message } from "../lib/till/aside.js";
import { refusedCoupons } from "../lib/till/quotes.js";
import { clean } from "../lib/till/tender.js";

const TABS = { line: "This line", order: "Basket", coupon: "Coupon" };

/** Why a price is what it is, and what is taken off: of the chosen line, of the basket, by a coupon. */
class TillDiscount extends Aside {
  ask(counter, tab) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    this.show();
    this.#turn(tab ?? (this.session.selected ? "line" : "order"));
  }

  get session() {
    return this.counter.session;
  }

  /** A coupon's code that was scanned. */
  hear(code) {
    if (this.tab !== "coupon") this.#turn("coupon");
    this.code.field.value = code;
    this.#addCoupon();
    return true;
  }

  #make() {
    const tab = ([name, label]) => h("button", { class: "segmented__item", type: "button", "data-tab": name, onclick: () => this.#turn(name) }, label);
    this.tabs = h("div", { class: "segmented till-methods till-tabs", role: "group", "aria-label": "What is reduced" }, Object.entries(TABS).map(tab));
    this.message = message();
    this.why = h("dl", { class: "till-why" });
    this.kind = h(
      "div",
      { class: "segmented till-methods", role: "group", "aria-label": "Per cent or amount" },
      h("button", { class: "segmented__item", type: "button", "data-kind": "percent" }, "Per cent"),
      h("button", { class: "segmented__item", type: "button", "data-kind": "amount" }, "Amount"),
    );
    this.kind.addEventListener("click", (event) => {
      const kind = event.target.closest("[data-kind]")?.dataset.kind;
      if (kind) this.#choose(kind);
    });
    this.value = field("Take off", { inputmode: "decimal", maxlength: 12 });
    this.reason = field("Reason, shown on the receipt", { maxlength: 200 });
    this.given = h("div", { class: "stack stack--tight" }, h("h3", { class: "till-aside__title" }, "By hand"), this.kind, this.value.row, this.reason.row);
    this.code = field("Code of the coupon", { maxlength: 40, autocapitalize: "characters", spellcheck: "false" }, { hint: "Type it, or scan it here." });
    this.coupons = h("ul", { class: "till-carts", role: "list", "aria-label": "Coupons of this basket" });
    this.coupons.addEventListener("click", (event) => {
      const code = event.target.closest("[data-coupon]")?.dataset.coupon;
      if (code) this.session.edit((cart) => ({ ...cart, coupons: cart.coupons.filter((other) => other !== code) }));
    });
    this.coupon = h("div", { class: "stack stack--tight" }, this.code.row, this.coupons);
    this.remove = h("button", { class: "button button--large", type: "button", onclick: () => this.#give(null) }, "Take it back");
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Apply");
    this.build("Price and discounts", [this.tabs, this.message.box, this.why, this.given, this.coupon], {
      foot: [this.remove, this.save],
      submit: () => (this.tab === "coupon" ? this.#addCoupon() : this.#apply()),
    });
    this.session.addEventListener("change", () => this.isOpen && this.#draw());
  }

  #turn(tab) {
    const line = this.#line();
    this.tab = tab === "line" && !line ? "order" : tab;
    const present = this.tab === "line" ? line.given : this.session.cart.discount;
    this.message.say("");
    this.value.say("");
    this.code.say("");
    this.code.field.value = "";
    this.value.field.value = present?.value ?? "";
    this.reason.field.value = present?.reason ?? "";
    this.#choose(present?.kind ?? this.chosen ?? "percent");
    this.#draw();
    const input = this.tab === "coupon" ? this.code.field : this.value.field;
    input.focus();
    input.select();
  }

  #choose(kind) {
    this.chosen = kind;
    for (const button of this.kind.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    this.value.row.querySelector("label").textContent = kind === "percent" ? "Per cent off" : `Amount off, in ${this.session.terms.currency}`;
  }

  #line() {
    return this.session.cart.lines.find((line) => line.id === this.session.selected);
  }

  #draw() {
    const line = this.#line();
    const isCoupon = this.tab === "coupon";
    for (const button of this.tabs.children) {
      button.setAttribute("aria-pressed", String(button.dataset.tab === this.tab));
      button.disabled = button.dataset.tab === "line" && !line;
    }
    this.given.hidden = isCoupon;
    this.coupon.hidden = !isCoupon;
    this.why.hidden = this.tab !== "line";
    this.save.textContent = isCoupon ? "Add the coupon" : "Apply";
    this.remove.hidden = isCoupon || !(this.tab === "line" ? line?.given : this.session.cart.discount);
    if (this.tab === "line" && line) this.#explain(line);
    this.#drawCoupons();
  }

  /** Each step of the price, as the server computed it. */
  #explain(line) {
    const quoted = this.session.quoted(line);
    const steps = quoted ? stepsOf(quoted, this.session.terms) : [["Being computed", ""]];
    this.why.replaceChildren(
      h("dt", { class: "till-why__title" }, line.title),
      h("dd", {}, `${quantity(line.quantity)} × ${money(quoted?.unit_price ?? line.unit_price)}`),
      ...steps.flatMap(([label, amount, look]) => [h("dt", { class: look }, label), h("dd", { class: look }, amount)]),
    );
  }

  #drawCoupons() {
    const { coupons = [] } = this.session.cart;
    const refused = new Map(refusedCoupons(this.session.quote).map((row) => [row.coupon, row.detail]));
    this.coupons.hidden = coupons.length === 0;
    this.coupons.replaceChildren(
      ...coupons.map((code) =>
        h(
          "li",
          { class: "till-coupon" },
          h("span", { class: "grow" }, h("span", { class: "row-list__title" }, code), h("span", { class: refused.has(code) ? "till-coupon__no" : "row-list__note" }, refused.get(code) ?? (this.session.quote ? "It holds." : "Being looked at"))),
          h("button", { class: "button button--icon button--quiet", type: "button", "data-coupon": code, "aria-label": `Remove ${code}` }, icon("close")),
        ),
      ),
    );
  }

  #apply() {
    const typed = clean(this.value.field.value.trim(), this.chosen === "percent" ? 4 : this.session.terms.exponent);
    const number = Number(typed);
    if (typed === null || !(number > 0) || (this.chosen === "percent" && number > 100)) {
      this.value.say(this.chosen === "percent" ? "Between 0 and 100 per cent." : "An amount above zero.");
      return this.value.field.focus();
    }
    const reason = this.reason.field.value.trim();
    return this.#give({ kind: this.chosen, value: typed.replace(/\.$/, ""), ...(reason ? { reason } : {}) });
  }

  #give(discount) {
    if (this.tab === "line") this.session.give(this.session.selected, discount);
    else this.session.give(null, discount);
    this.close();
    announce(discount ? "The discount is in the basket" : "The discount was taken back");
  }

  #addCoupon() {
    const code = this.code.field.value.trim().toUpperCase();
    const { coupons = [] } = this.session.cart;
    this.code.say(code ? "" : "Enter the code.");
    if (code && !coupons.includes(code)) this.session.edit((cart) => ({ ...cart, coupons: [...coupons, code] }));
    this.code.field.value = "";
    this.code.field.focus();
  }
}

/** The trace of a line as `[label, amount, look]`. */
function stepsOf(line, { inclusive }) {
  const steps = line.trace.map((step) => {
    if (step.step === "listed") return ["Price in the catalogue", money(step.amount)];
    if (step.step === "price-list") return [`Price list ${step.name}`, money(step.amount)];
    if (step.step === "label") return ["Price on its label", money(step.amount)];
    if (step.step === "by-hand") return ["Price by hand", money(step.amount)];
    const name = [step.name, step.coupon, step.reason].filter(Boolean).join(" · ");
    return [name, money(step.amount), "till-why__off"];
  });
  const parts = line.tax_parts.length ? line.tax_parts : [{ name: "Tax", rate: line.tax_rate, amount: line.tax }];
  const taxes = parts.map(({ name, rate, amount }) => [`${name || "Tax"} ${percent(Number(rate) / 100)}${inclusive ? " in it" : ""}`, money(amount)]);
  return [...steps, ...taxes, ["Comes to", money(line.total), "strong"]];
}
customElements.define("till-discount", TillDiscount);
