import { getJson } from "../lib/api.js";
import { announce, h } from "../lib/dom.js";
import { date, quantity } from "../lib/format.js";
import { Aside, message, words } from "../lib/till/aside.js";
import { variantOf } from "../lib/till/cart.js";

/** Another lot than the one that expires first, for a line of the basket. */
class TillLot extends Aside {
  ask(counter, id) {
    this.counter = counter;
    this.line = counter.session.cart.lines.find((line) => line.id === id);
    if (!this.dialog) this.#make();
    this.heading.textContent = this.line.title;
    this.message.say("");
    this.lots = [];
    this.list.replaceChildren(choice({ code: "", note: "No need to choose" }, !this.line.lot));
    this.show();
    this.list.querySelector("button").focus();
    this.#read();
  }

  /** The code of a lot that is here chooses it. */
  hear(code) {
    const lot = this.lots?.find((one) => one.code === code && one.state !== "blocked");
    if (lot) this.#choose(lot.code);
    return Boolean(lot);
  }

  #make() {
    this.message = message();
    this.list = h("ul", { class: "till-choices", role: "list", "aria-label": "Lots that are here" });
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-choice]");
      if (button) this.#choose(button.dataset.choice);
    });
    this.build("Lot", [this.message.box, this.list]);
    this.dialog.dataset.scans = "";
  }

  async #read() {
    const { setup } = this.counter.session;
    try {
      const { results } = await getJson(`${setup.urls.lots}?${new URLSearchParams({ q: this.line.sku, limit: 100 })}`);
      const ours = (this.lots = results.filter((lot) => lot.variant === variantOf(this.line)));
      this.list.append(...ours.map((lot) => choice({ code: lot.code, note: noteOf(lot), isBlocked: lot.state === "blocked" }, lot.code === this.line.lot)));
    } catch (problem) {
      this.message.say(`The lots cannot be read now: ${words(problem)}`);
    }
  }

  #choose(code) {
    this.counter.session.setLot(this.line.id, code);
    this.close();
    announce(code ? `From lot ${code}` : "From the lot that expires first");
  }
}

function noteOf({ expires_on: until, on_hand: onHand, state }) {
  const isOver = until && new Date(`${until}T23:59:59`) < new Date();
  return [until && `${isOver ? "expired on" : "until"} ${date(until)}`, `${quantity(onHand)} in stock`, state === "blocked" && "blocked"].filter(Boolean).join(", ");
}

function choice({ code, note, isBlocked = false }, isChosen) {
  return h(
    "li",
    {},
    h(
      "button",
      { class: "till-choice", type: "button", "data-choice": code, "aria-pressed": String(isChosen), disabled: isBlocked },
      h("span", { class: "row-list__title" }, code || "What expires first"),
      h("span", { class: "row-list__note" }, note),
    ),
  );
}
customElements.define("till-lot", TillLot);
