import { ApiProblem, getJson, postJson } from "../lib/api.js";
import { announce, h, icon } from "../lib/dom.js";
import { money, number, since } from "../lib/format.js";
import { Aside, field, message, words } from "../lib/till/aside.js";
import { refreshArticles } from "../lib/till/refresh.js";
import { contentsOf, titleOf, toParked, unpacked } from "../lib/till/carts.js";
import { variantOf } from "../lib/till/cart.js";
import { buyer } from "../lib/till/people.js";
import { toast } from "../lib/toast.js";
import "./confirm-button.js";

const MOST_SHOWN = 50;
const ANYWHERE = "Nothing is parked here. A basket that waits for its customer can be parked, and any till of this place takes it up.";
const HERE = "Nothing is parked on this device. What is parked now is taken up here, and by other tills when the server is back.";

/**
 * Carts put aside: park the one in the basket, take another one up, throw one away. Parking and taking up have ids made
 * before the first try: a lost answer parks nothing twice and loses no cart.
 */
class TillParked extends Aside {
  ask(counter) {
    this.counter = counter;
    if (!this.dialog) this.#make();
    this.name.field.value = this.find.field.value = "";
    this.message.say("");
    this.show();
    this.#draw();
    this.#read();
    if (this.session.parking) this.#park(this.session.parking);
    else if (this.session.taking) this.#take(this.session.taking);
    else this.#focus();
  }

  get session() {
    return this.counter.session;
  }

  /** While an answer is missing the cart may be parked: only the same request may be sent again. */
  leave() {
    if (!this.isBusy && !this.session.parking && !this.session.taking) this.close();
  }

  #make() {
    this.message = message();
    this.name = field("Name, if it helps to find it again", { maxlength: 80, placeholder: "Red coat, table 4" });
    this.parkButton = h("button", { class: "button button--large button--primary button--block", type: "submit" }, icon("clock"), " Park this basket");
    this.logIn = h("a", { class: "button button--large button--primary button--block", href: this.session.setup.urls.log_in, hidden: true }, "Log in again");
    this.hint = h("p", { class: "muted" }, "Park or pay what is in the basket before you take up another one.");
    this.form = h("div", { class: "stack stack--tight" }, this.name.row, this.parkButton);
    this.find = field("Find one", { maxlength: 80, type: "search", enterkeyhint: "search" });
    this.find.field.addEventListener("input", () => this.#draw());
    this.find.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // it parks nothing
      this.list.querySelector("[data-choice]")?.focus();
    });
    this.some = h("p", { class: "muted", role: "status", hidden: true });
    this.list = h("ul", { class: "till-carts", role: "list", "aria-label": "Parked baskets" });
    this.none = h("p", { class: "muted" }, ANYWHERE);
    this.build("Parked baskets", [this.message.box, this.logIn, this.form, this.hint, this.find.row, this.some, this.list, this.none], {
      submit: () => this.#park(this.session.parking ?? this.#body()),
    });
    this.counter.parked.addEventListener("change", () => this.isOpen && this.#draw());
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("keydown", (event) => {
      const row = event.key === "Delete" && event.target.closest("[data-cart]");
      if (row) row.querySelector("[data-discard]")?.click();
    });
  }

  #body() {
    return toParked(this.session.cart, { location: this.session.place.id, label: this.name.field.value });
  }

  #focus() {
    const first = this.list.querySelector("[data-choice]");
    if (!this.form.hidden) this.name.field.focus();
    else (first ?? this.dialog.querySelector("button")).focus();
  }

  async #read() {
    const wasEmpty = this.counter.parked.carts.length === 0;
    const problem = await this.counter.parked.read();
    if (!this.isOpen) return;
    if (problem) this.message.say(`The list cannot be read now: ${words(problem)}`);
    else if (wasEmpty && this.session.isEmpty) this.#focus();
  }

  #draw() {
    const { carts: all, isMore } = this.counter.parked;
    const carts = this.#found(all);
    const { isEmpty } = this.session;
    const cannotWait = Boolean(this.session.cart.back);
    const isCardAway = this.counter.parked.isAway && this.session.hasCards;
    const isOpen = !this.isBusy && Boolean(this.session.parking ?? this.session.taking); // only the same request may go out
    this.form.hidden = isEmpty || cannotWait || isCardAway || isOpen;
    this.hint.hidden = isOpen || isEmpty || (all.length === 0 && !cannotWait && !isCardAway);
    this.hint.textContent = isCardAway ? "A basket with gift cards is parked by the server alone, and it does not answer just now." : cannotWait ? "Goods that come back cannot be parked: settle this basket first, or leave them out." : "Park or pay what is in the basket before you take up another one.";
    this.none.hidden = isOpen || all.length > 0;
    this.none.textContent = this.counter.parked.isAway ? HERE : ANYWHERE;
    this.find.row.hidden = isOpen || all.length <= MOST_SHOWN;
    const told = [carts.length < all.length && `${number(carts.length)} of ${number(all.length)}, the newest first.`, isMore && "Older ones stand under Parked baskets in the menu."].filter(Boolean);
    this.some.hidden = isOpen || told.length === 0;
    this.some.textContent = told.join(" ");
    this.list.hidden = isOpen || carts.length === 0;
    this.heading.textContent = all.length > 0 || isEmpty ? "Parked baskets" : "Park this basket";
    this.#drawList(carts);
    this.busy(this.isBusy);
  }

  /** The newest of those that what was typed names; all of thousands would take the till a while to draw. */
  #found(all) {
    const wanted = this.find.row.hidden ? "" : this.find.field.value.trim().toLowerCase();
    const isMeant = (cart) => [titleOf(cart), ...cart.lines.map(({ name }) => name), cart.parked_by].some((text) => text?.toLowerCase().includes(wanted));
    return (wanted ? all.filter(isMeant) : all).slice(0, MOST_SHOWN);
  }

  /** Rows that stay are not touched: somebody may be asked in one of them whether to discard it. */
  #drawList(carts) {
    const held = this.list.contains(document.activeElement);
    const { isAway } = this.counter.parked;
    const states = new Map(carts.map((cart) => [cart.id, stateOf(cart, isAway)]));
    for (const there of [...this.list.children]) if (states.get(there.dataset.cart) !== there.dataset.state) there.remove();
    let next = this.list.firstElementChild;
    for (const cart of carts) {
      if (next?.dataset.cart === cart.id) next = next.nextElementSibling;
      else this.list.insertBefore(row(cart, stateOf(cart, isAway)), next);
    }
    if (held && !this.list.contains(document.activeElement)) (this.list.querySelector("[data-choice]") ?? this.dialog.querySelector("button")).focus();
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    this.parkButton.setAttribute("aria-busy", String(Boolean(isBusy)));
    for (const button of this.list.querySelectorAll("button")) button.disabled = Boolean(isBusy) || button.closest("[data-state='away']") !== null || (button.hasAttribute("data-choice") && !this.session.isEmpty);
  }

  #click(event) {
    const id = event.target.closest("[data-cart]")?.dataset.cart;
    const cart = this.counter.parked.carts.find((one) => one.id === id);
    if (!cart || this.isBusy) return;
    if (event.target.closest("[data-choice]")) this.#take({ id: cart.id, isHere: cart.isHere });
    else if (event.target.closest("[data-discard]")) this.#discard(cart);
  }

  async #park(body) {
    if (this.isBusy || (!this.session.parking && (this.session.isEmpty || this.session.cart.back))) return;
    this.busy(true);
    this.session.setParking(body);
    try {
      const cart = await this.counter.standing.park(body, () => postJson(this.session.setup.urls.parked, body, { seconds: 15 }));
      this.session.setParking(null);
      this.session.begin();
      this.busy(false);
      this.close();
      toast(`Parked: ${titleOf(cart)}`, { kind: "success" });
      announce(`${titleOf(cart)} is parked`);
      this.counter.parked.read();
    } catch (problem) {
      this.busy(false);
      this.#refused(problem, { again: "Try again: it is parked once.", settle: () => this.session.setParking(null) });
    }
    this.counter.release();
  }

  /** The cart's own id is what takes it up, so a repeat, also after a reload, gets the same parked cart. */
  async #take(taking) {
    if (this.isBusy || !this.session.isEmpty) return;
    this.session.setTaking(taking);
    this.busy(true);
    let isOurs = false;
    try {
      const here = taking.isHere ? await this.#here(taking.id) : null;
      isOurs = here !== null;
      if (here) await this.#refill(here);
      else {
        const { urls } = this.session.setup;
        const cart = await postJson(`${urls.parked}${taking.id}/resume/`, { id: this.session.cart.id }, { seconds: 15 });
        isOurs = true;
        await this.#fill(cart);
      }
      this.session.setTaking(null);
      this.busy(false);
      this.close();
      this.counter.parked.read();
    } catch (problem) {
      this.busy(false);
      const isTaken = problem.code === "already-taken" || problem.status === 404;
      if (isTaken) this.counter.parked.read();
      const who = problem.body?.by ? `${problem.body.by} has this cart already.` : "";
      this.#refused(problem, { text: isTaken ? who : "", again: "Try again: the cart is not lost.", isOpen: isOurs, settle: () => this.session.setTaking(null) });
    }
    this.counter.release();
  }

  /** A basket that waits on this device, which is ours from now on; null where it has gone to the server. */
  async #here(id, take = this.session.cart.id) {
    const offline = await this.counter.standing.bring();
    const isThere = (await offline?.parkedHere())?.some((cart) => cart.id === id);
    const cart = await offline?.unpark(id, take);
    if (!cart && isThere) throw new ApiProblem({ status: 404, title: "Another tab has this basket already." });
    return cart ?? null;
  }

  /** As it was put aside here, at the prices of now. */
  async #refill(cart) {
    const ids = [...new Set(cart.lines.map(variantOf))].join(",");
    const fresh = refreshArticles(cart, await this.counter.server.articles({ ids }));
    this.session.fill(({ id }) => ({ ...fresh.cart, id }));
    this.#sayGone(cart.lines.filter(({ id }) => fresh.gone.includes(id)).map(({ title }) => title));
    announce("The parked basket is taken up");
  }

  #sayGone(names) {
    if (names.length > 0) toast(`Not for sale any more, and left out: ${names.join(", ")}.`, { kind: "warning", seconds: 0 });
  }

  /** Today's articles and prices into the basket. */
  async #fill(cart) {
    const ids = [...new Set(cart.lines.map((line) => line.variant).filter(Boolean))].join(",");
    const articles = ids ? await this.counter.server.articles({ ids }) : [];
    const customer = cart.customer ? await this.#customer(cart.customer) : null;
    let names = [];
    this.session.fill((basket) => {
      const { cart: filled, gone } = unpacked(basket, cart, articles, customer);
      names = gone.map(({ name }) => name);
      return filled;
    });
    this.#sayGone(names);
    announce(`${titleOf(cart)} is in the basket`);
  }

  async #customer(id) {
    try {
      return buyer(await getJson(`${this.session.setup.urls.customers}${id}/`));
    } catch (problem) {
      if (problem.isTemporary) throw problem;
      return { id, name: "Customer", number: "" }; // known to the sale, not to be seen by this person
    }
  }

  async #discard(cart) {
    this.busy(true);
    try {
      if (cart.isHere) await this.#here(cart.id, null);
      else await postJson(`${this.session.setup.urls.parked}${cart.id}/discard/`, {}, { ifMatch: `"${cart.version}"`, idempotencyKey: `discard-${cart.id}` });
      announce(`${titleOf(cart)} is discarded`);
    } catch (problem) {
      this.message.say(problem.body?.by ? `${problem.body.by} was quicker: this cart is gone.` : words(problem));
    }
    this.busy(false);
    await this.counter.parked.read();
    if (this.isOpen) this.#focus();
  }

  /** `isOpen`: the server did it, so the same request must be sent until its answer is used. */
  #refused(problem, { text = "", again, isOpen = false, settle }) {
    const isOut = problem.status === 401;
    const isUnknown = problem.isTemporary || isOpen;
    if (!isUnknown && !isOut) settle();
    this.logIn.hidden = !isOut;
    if (isOut) this.message.say("Your session ended. The basket is kept; log in and go on.");
    else this.message.say(isUnknown ? `No answer: ${words(problem)} ${again}` : text || words(problem), "warning");
    this.#draw();
    if (isUnknown && !isOut) this.#retry();
  }

  /** One button that sends the same request again. */
  #retry() {
    const { parking, taking } = this.session;
    const again = h("button", { class: "button button--primary", type: "button" }, "Try again");
    again.addEventListener("click", () => {
      this.message.say("");
      if (parking) this.#park(parking);
      else this.#take(taking);
    });
    this.message.box.querySelector(".flash__body").append(h("p", {}, again));
    again.focus();
  }
}

/** Where a basket waits: "here" on this device, "away" at a server that does not answer, or "" there to be taken. */
const stateOf = ({ isHere }, isAway) => (isHere ? "here" : isAway ? "away" : "");

function row(cart, state) {
  const title = titleOf(cart);
  const told = [title, money(cart.total), contentsOf(cart), [cart.parked_by, since(cart.parked_at), state === "away" && "needs the server"].filter(Boolean).join(", ")];
  return h(
    "li",
    { "data-cart": cart.id, "data-state": state },
    h(
      "button",
      { class: "till-choice", type: "button", "data-choice": cart.id, "aria-label": `Take up ${told.join(", ")}` },
      h("span", { class: "till-choice__line" }, h("span", { class: "row-list__title" }, title), h("span", { class: "strong num" }, told[1])),
      h("span", { class: "row-list__note" }, told[2]),
      h("span", { class: "row-list__note" }, told[3]),
    ),
    h(
      "confirm-button",
      { "data-title": `Discard ${title}?`, "data-message": "The goods were never booked, so nothing else changes. It cannot be brought back.", "data-confirm": "Discard" },
      h("button", { class: "button button--icon button--quiet", type: "button", "data-discard": true, "aria-label": `Discard ${title}` }, icon("trash")),
    ),
  );
}
customElements.define("till-parked", TillParked);
