import { announce, h } from "../lib/dom.js";
import { money } from "../lib/format.js";
import { Aside, field, message } from "../lib/till/aside.js";
import { MOST_CARDS, cardsOf, codeOf, newCode, usualAmounts, withCard } from "../lib/till/cards.js";
import { parseAmount } from "../lib/till/money.js";
import { clean } from "../lib/till/tender.js";
import { uuid7 } from "../lib/till/uuid.js";

const NO_CODE = "This is no code of a gift card: 16 to 32 digits and letters.";

/** A gift card to sell: how much is on it, and the code of a blank card where the customer takes one. */
class TillGiftcard extends Aside {
  ask(counter) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    for (const part of [this.amount, this.code]) {
      part.field.value = "";
      part.say("");
    }
    this.message.say("");
    this.show();
    this.amount.field.focus();
  }

  /** The code of a blank card that was scanned; an article makes way for itself. */
  hear(code) {
    if (!codeOf(code)) return false;
    this.code.field.value = code;
    this.code.say("");
    this.amount.field.focus();
    return true;
  }

  #make() {
    const { terms } = this.counter.session;
    this.message = message();
    this.amount = field(`Amount, in ${terms.currency}`, { inputmode: "decimal", maxlength: 12 });
    this.amount.field.addEventListener("input", () => this.amount.say(""));
    const quick = h("div", { class: "quick-cash", role: "group", "aria-label": "Usual amounts" }, usualAmounts(terms).map((amount) => h("button", { class: "button", type: "button", "data-amount": amount }, money(amount))));
    quick.addEventListener("click", (event) => {
      const amount = event.target.closest("[data-amount]")?.dataset.amount;
      if (!amount) return;
      this.amount.field.value = amount;
      this.amount.say("");
      this.save.focus();
    });
    this.code = field("Code of a blank card", { maxlength: 80, autocapitalize: "characters", spellcheck: "false" }, { hint: "Scan it. Left empty, the till makes a code and prints it with the receipt." });
    this.save = h("button", { class: "button button--large button--primary", type: "submit" }, "Add the gift card");
    this.build("Sell a gift card", [this.message.box, this.amount.row, quick, this.code.row], { foot: [this.save], submit: () => this.#add() });
  }

  #add() {
    const { session } = this.counter;
    const typed = clean(this.amount.field.value.trim(), session.terms.exponent)?.replace(/\.$/, "");
    const amount = typed?.startsWith(".") ? `0${typed}` : typed;
    this.amount.say("");
    this.code.say("");
    if (!amount || parseAmount(amount) <= 0n) {
      this.amount.say("An amount above zero.");
      return this.amount.field.focus();
    }
    const printed = this.code.field.value.trim();
    const code = printed ? codeOf(printed) : newCode();
    if (!code || cardsOf(session.cart).some((card) => card.code === code)) {
      this.code.say(code ? "This card is in the basket already." : NO_CODE);
      return this.code.field.focus();
    }
    if (cardsOf(session.cart).length >= MOST_CARDS) return this.message.say(`A sale has at most ${MOST_CARDS} gift cards.`);
    session.edit((cart) => withCard(cart, { id: uuid7(), amount, code, isPrinted: Boolean(printed) }));
    this.close();
    return announce(`Gift card of ${money(amount)} added`);
  }
}
customElements.define("till-giftcard", TillGiftcard);
