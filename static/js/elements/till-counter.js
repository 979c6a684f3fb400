import { announce, jsonScript } from "../lib/dom.js";
import { money, quoted } from "../lib/format.js";
import { Asides } from "../lib/till/asides.js";
import { hasPieces, isReduced, lineId } from "../lib/till/cart.js";
import { Checkout } from "../lib/till/checkout.js";
import { Scans } from "../lib/till/scans.js";
import { Quotes, refusedCoupons } from "../lib/till/quotes.js";
import { Server } from "../lib/till/server.js";
import { Session } from "../lib/till/session.js";
import { Standing } from "../lib/till/standing.js";
import { Keys } from "../lib/till/keys.js";
import { ParkedCarts } from "../lib/till/parked.js";
import { toast } from "../lib/toast.js";
import "./till-cart.js";
import "./till-products.js";

/** How long the page has to itself before the parts that open on demand are loaded. */
const AHEAD_MS = 2500;
const LONGEST_CODE = 80; // that an article can carry
/** A part that was not loaded yet. */
const CLOSED = { isOpen: false, hear: () => false, close() {} };

/** The till: joins scanner, products, basket, payment and receipt. The parts tell it what happened by events. */
class TillCounter extends HTMLElement {
  connectedCallback() {
    const setup = jsonScript(this.dataset.setup);
    if (setup.locations.length === 0) return;
    this.session = new Session(setup);
    this.standing = new Standing(this);
    this.server = new Server(setup, () => this.session.place.id, this.standing);
    this.session.follow(new Quotes({ ask: (body, options) => this.server.quote(body, options) }));
    this.checkout = new Checkout({ post: (body) => this.server.sell(body), find: (id) => this.server.order(id) });
    this.scans = new Scans({
      lookUp: (code) => this.server.scan(code),
      onFound: (found, code) => this.#found(found, code),
      onRefused: (code, problem, isTyped) => (isTyped && problem.status === 404 ? this.#search(code) : this.#unknown(code, problem, isTyped)),
    });
    this.held = [];
    this.asides = new Asides(this);
    this.parked = new ParkedCarts(setup.urls.parked, () => this.session.place.id, this.standing);
    for (const name of ["products", "cart"]) this[name] = this.querySelector(`till-${name}`);
    this.help = this.querySelector("[data-help-dialog]");
    this.#listen();
    this.cart.session = this.session;
    this.standing.begin();
    this.products.begin(this.session, this.server);
    this.cart.parked = this.parked;
    this.parked.read();
    this.#places();
    this.dataset.ready = "true";
    this.products.focusField();
    if (this.session.pending) this.#resume();
    else if (this.session.isFrozen) this.ask("parked");
    this.keys.catchUp();
    this.ahead = setTimeout(() => this.#loadAhead(), AHEAD_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.ahead);
    this.keys?.stop();
    this.parked?.stop();
  }

  get payment() {
    return this.querySelector("till-payment") ?? CLOSED;
  }

  get receipt() {
    return this.querySelector("till-receipt") ?? CLOSED;
  }

  #loadAhead() {
    const load = async () => {
      const offline = await this.standing.bring();
      await import("../lib/till/ahead.js").then(({ loadAhead }) => loadAhead());
      const { install, holdSales } = await import("../lib/app/install.js");
      holdSales(this.session);
      await install().catch(() => {}); // it is tried again; what the device sells by stands by itself
      await offline?.keepCatalogue();
    };
    const quietly = () => load().catch(() => {}); // the next page tries again
    if (window.requestIdleCallback) requestIdleCallback(quietly);
    else quietly();
  }

  /** `show` the payment as soon as it is there, as `Asides.bring` does; answers whether it is. */
  #withPayment(show) {
    return this.asides.bring("payment", (payment) => {
      payment.begin(this.session);
      return show(payment);
    });
  }

  #listen() {
    const hear = (type, action) => this.addEventListener(type, (event) => action(event.detail));
    hear("article", (article) => this.take(article));
    hear("typed", (text) => this.scans.add(text, [], { isTyped: true }));
    this.addEventListener("scanned", (event) => {
      event.preventDefault();
      this.hear(event.detail.code);
    });
    hear("pay", (method) => this.pay(method));
    hear("take", (body) => this.#sell(body));
    hear("ask", (name) => this.ask(name));
    hear("clear", () => this.clear());
    hear("done", () => this.products.focusField());
    hear("closed", () => this.products.focusField());
    hear("next", () => this.products.focusField());
    hear("next", () => this.session.setShowing(false));
    this.querySelector("[data-register]")?.addEventListener("click", () => this.ask("register"));
    this.session.addEventListener("piece", ({ detail: { variant, ...line } }) => this.asides.open("serial", { ...line, id: variant }));
    this.session.addEventListener("change", () => this.#register());
    this.#register();
    this.querySelector("[data-help]").addEventListener("click", () => this.help.showModal());
    this.keys = new Keys(this);
  }

  /** Which register this is and whether its drawer is open. */
  #register() {
    const button = this.querySelector("[data-register]");
    if (!button) return;
    const { register, registers } = this.session;
    button.hidden = registers.length === 0;
    button.querySelector("[data-show]").textContent = register ? `${register.name}${register.shift ? "" : ": no shift"}` : "Choose a register";
    button.classList.toggle("is-closed", Boolean(register) && !register.shift);
  }

  #places() {
    const choice = this.querySelector("[data-place]");
    if (!choice) return;
    choice.value = this.session.place.id;
    choice.addEventListener("change", () => {
      if (this.session.isFrozen) choice.value = this.session.place.id;
      else this.#moveTo(choice.value);
    });
  }

  async #moveTo(place) {
    this.session.choosePlace(place);
    this.scans.forget();
    this.parked.read();
    this.products.reload();
    this.products.focusField();
  }

  /** Open a dialog beside the sale: "customer", "parked", "discount" (or of it "discount:order"). */
  ask(name) {
    const [aside] = name.split(":", 1);
    const more = name.length > aside.length ? [name.slice(aside.length + 1)] : [];
    if (this.asides.isLoading || this.payment.isOpen || this.receipt.isOpen || this.checkout.isBusy) return undefined;
    if (!this.standing.allows(aside)) return undefined;
    if (aside === "parked" && this.#isLookingUp()) return undefined;
    if (aside === "discount" && (!this.session.hasGoods || this.session.isFrozen)) return undefined;
    if (["lot", "giftcard"].includes(aside) && this.session.isFrozen) return undefined;
    if (aside === "return" && (this.session.isFrozen || !this.session.setup.may.refund || this.#isLookingUp())) return undefined;
    this.cart.open(false);
    return this.asides.open(aside, ...more);
  }

  /** A code came from the scanner, wherever the cursor was; `others` are what it may have been as well. */
  hear(code, typed = 0, others = []) {
    if (this.session.isFrozen || this.checkout.isBusy) {
      this.held.push([code, others]);
      toast(`${quoted(code)} waits until this is through.`);
      return;
    }
    if (this.asides.hear(code, typed) || this.payment.hear(code)) return;
    const wasPaying = this.payment.isOpen;
    for (const part of [this.receipt, this.payment]) part.close();
    if (this.help.open) this.help.close();
    if (wasPaying) toast("The scan was added to the basket. Take the payment again.", { kind: "warning" });
    this.products.clear();
    this.scans.add(code, others);
  }

  /** Begin to pay by `method`; what is taken off by hand or by a coupon waits for the server's word on it. */
  async pay(method, { seen = this.session.totals().due, wasAsked = false } = {}) {
    const { session } = this;
    if (!wasAsked && !session.isEmpty && !session.quote && (isReduced(session.cart) || session.cart.coupons?.length)) {
      this.settling ??= session.settled().finally(() => (this.settling = null));
      await this.settling;
      return this.pay(method, { seen, wasAsked: true });
    }
    return this.#pay(method, seen);
  }

  #pay(method, seen) {
    if (this.session.isFrozen || this.receipt.isOpen || this.asides.isOpen || this.asides.isLoading) return;
    if (this.#isLookingUp() || this.session.isEmpty) return;
    this.cart.open(false);
    if (this.payment.isOpen) this.payment.choose(method);
    else if (this.standing.mayPay(method) && this.#isPayable(() => this.pay(method))) this.#withPayment((payment) => payment.open(method, seen));
  }

  /** Whether nothing that the server said of the basket stands in the way; what does is asked for, then `again`. */
  #isPayable(again) {
    const { quote, cart, register } = this.session;
    if (register && !register.shift) {
      toast(`Open a shift at ${register.name} first, or sell without a register.`, { kind: "warning" });
      this.ask("register");
      return false;
    }
    const [refused] = refusedCoupons(quote);
    if (refused) {
      toast(`${refused.coupon}: ${refused.detail}`, { kind: "warning" });
      this.ask("discount:coupon");
      return false;
    }
    const isReturnFree = !cart.back?.needs_approval || cart.back.approval;
    if (isReturnFree && (!quote?.needs_approval || cart.approval)) return true;
    this.#approve(again, isReturnFree ? "approve" : "approveReturn");
    return false;
  }

  async #approve(again, which) {
    try {
      const refusals = await import("../lib/till/refusals.js");
      await refusals[which](this, null, again);
    } catch {
      toast("It cannot be asked for now. Try again when the server answers.", { kind: "error" });
    }
  }

  #isLookingUp() {
    if (this.scans.pending > 0) toast("A scan is still being looked up.", { kind: "warning" });
    return this.scans.pending > 0;
  }

  /** Empty the basket; one press brings it back. */
  clear() {
    if (this.session.isEmpty || this.session.isFrozen) return;
    const { cart } = this.session;
    this.session.begin();
    this.products.focusField();
    toast("The basket was emptied.", {
      action: { label: "Bring it back", run: () => this.session.isEmpty && this.session.edit(() => cart) },
    });
  }

  /** Put an article into the basket; one of which each piece has a number asks for it, unless the code said it. */
  take(article, pack = "1", { code = "", ...apart } = {}) {
    const { lot, serial, label } = apart;
    const { session, products } = this;
    if (session.isFrozen) {
      if (code) this.held.push([code]);
      return;
    }
    if (hasPieces(article) && !serial) {
      products.say(`${article.title}: scan or type the number of the piece.`);
      this.asides.open("serial", article);
      return;
    }
    if (session.cart.lines.some(({ serials }) => serial && serials?.includes(serial))) {
      products.say(`${article.title}: piece ${serial} is in the basket already.`, "error");
      return;
    }
    const isNew = !session.cart.lines.some((line) => line.id === lineId(article, lot, label));
    if (isNew && session.cart.lines.length >= session.setup.most_lines) {
      products.say(`A sale has at most ${session.setup.most_lines} lines. ${article.title} was not added.`, "error");
      return;
    }
    session.add(article, pack, apart);
    products.say(`${article.title}  ${money(article.unit_price)}`, "success");
    announce(`${article.title} added`);
  }

  /** A code was an article, or something else that the till can do something with. */
  async #found({ article, pack, price, isCharged, other, ...apart }, code) {
    this.products.search();
    if (other) {
      const { meet } = await import("../lib/till/others.js");
      return meet(this, other);
    }
    const isLabel = isCharged && !hasPieces(article);
    if (isLabel) this.take({ ...article, unit_price: price }, "1", { code, ...apart, label: code, units: pack });
    else this.take(article, pack, { code, ...apart });
    if (price && !isLabel) (await import("../lib/till/others.js")).warn(this, article, price);
    return undefined;
  }

  #unknown(code, problem, isTyped = false) {
    if (isTyped) this.products.giveBack(code);
    const isUnknown = problem.status === 404;
    const text = isUnknown ? `Nothing carries the code ${quoted(code)}.` : `${quoted(code)} could not be looked up: ${problem.detail || problem.message}`;
    const { may, urls } = this.session.setup;
    const link = { label: "Link it to an article", run: () => location.assign(`${urls.link}?${new URLSearchParams({ code })}#link`) };
    this.products.say(text, "error", isUnknown && may.link && code.length <= LONGEST_CODE ? link : null);
    announce(text, { urgent: true });
    if (!isUnknown) toast(text, { kind: "error", action: { label: "Look it up again", run: () => this.hear(code) } });
  }

  /** What somebody typed is no code: words that find one article, or a few. */
  async #search(text) {
    const { products } = this;
    let found;
    try {
      found = await this.server.articles({ q: text });
    } catch (problem) {
      return this.#unknown(text, problem, true);
    }
    if (found.length === 1) {
      this.take(found[0]);
      return products.search();
    }
    const isAtHand = products.giveBack(text);
    if (found.length === 0) return products.say(`Nothing carries the code or name ${quoted(text)}.`, "error");
    if (!isAtHand) return products.say(`${found.length} products match ${quoted(text)}: none was added. Look for it again.`, "error");
    products.offer(text, found);
    products.say(`${found.length} products match. Choose one.`);
    return products.focusFirst();
  }

  async #sell(body, { wasTried = false } = {}) {
    this.session.setPending(body);
    this.payment.refuse("");
    this.payment.busy(true);
    import("./till-receipt.js").catch(() => {}); // on its way while the server works
    const told = await this.standing.settle(body, wasTried);
    this.payment.busy(false);
    if (told.order) this.#sold(told.order);
    else {
      if (told.isSettled) this.session.setPending(null);
      await this.#refused(told, body);
      if (told.isSettled) this.release();
    }
  }

  #sold(order) {
    const { cards = [] } = this.session.cart;
    this.session.setShowing(true);
    this.session.begin();
    this.payment.close();
    const shown = this.asides.bring("receipt", (receipt) => {
      receipt.begin(this.server);
      receipt.show(order, cards);
    });
    shown.then((isThere) => isThere || this.session.setShowing(false));
    this.products.clear();
    this.products.say("");
    this.products.reload();
    this.scans.forget();
    this.release();
  }

  /** Codes that were scanned while a sale was under way: now is their turn. */
  release() {
    if (this.session.isFrozen) return;
    for (const scan of this.held.splice(0)) this.scans.add(...scan);
  }

  async #resume() {
    const isThere = await this.#withPayment((payment) => payment.resume());
    if (isThere) this.#sell(this.session.pending, { wasTried: true });
    else toast("A sale still waits for its answer.", { kind: "warning", seconds: 0, action: { label: "Ask again", run: () => this.#resume() } });
  }

  async #refused({ verdict, problem, isSettled }, body) {
    const back = { label: "Back to the basket", run: () => this.payment.close() };
    const retry = { label: "Try again", isPrimary: true, run: () => this.#sell(body, { wasTried: true }) };
    if (verdict === "unknown") {
      const text = `No answer: ${problem.detail || problem.title} The basket is kept. Trying again cannot sell it twice.`;
      return this.payment.refuse(text, { actions: [retry] });
    }
    if (verdict === "not-kept") {
      const again = { ...retry, run: () => this.#sell(body, { wasTried: !isSettled }) };
      const text = `The ${body.returned ? "return" : "sale"} is not done. ${problem.message}`;
      return this.payment.refuse(text, { actions: isSettled ? [again, back] : [again] });
    }
    if (verdict === "logged-out") {
      const logIn = { label: "Log in again", href: this.session.setup.urls.log_in, isPrimary: true };
      return this.payment.refuse("Your session ended. The basket is kept; log in and go on.", { actions: [logIn] });
    }
    try {
      const { explain } = await import("../lib/till/refusals.js");
      return await explain(this, { verdict, problem }, { body, back, sell: (changed) => this.#sell(changed) });
    } catch {
      return this.payment.refuse(problem.detail || problem.title, { actions: [back] });
    }
  }
}
customElements.define("till-counter", TillCounter);
