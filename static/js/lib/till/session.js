// What one till in one tab knows: the cart, the sale that has no answer yet, the place. Kept over a reload.
import { addArticle, emptyCart, estimate, giveDiscount, hasPieces, isReduced, lineId, removeLine, setLot, setQuantity, settled, step, toldApart, totals, variantOf, withBack, withCustomer, worthOf } from "./cart.js";
import { personHere } from "../dom.js";
import { parseAmount } from "./money.js";
import { toQuote } from "./quotes.js";
import { cashDifference } from "./tax.js";
import { uuid7 } from "./uuid.js";

const CART = "till-cart";
const PENDING = "till-pending";
const PARKING = "till-parking";
const TAKING = "till-taking";
const PLACE = "till-location";
const REGISTER = "till-register";
const PERSON = "till-person";

/**
 * The state of a till. Fires "change" (detail: `{ touched }`, the id of the line that was touched, if one was).
 * `pending` is the body of a sale that was sent and not answered for sure: while it stands the cart is frozen,
 * because the server may have booked it. `parking` is the same for a cart that is being put aside, `taking` for a parked
 * one that is being taken up.
 */
export class Session extends EventTarget {
  #lines = new Map();
  #prices = new Map();
  #estimates = new Map();

  constructor(setup, { tab = sessionStorage, device = localStorage, person = personHere() } = {}) {
    super();
    Object.assign(this, { setup, tab, device });
    const places = setup.locations.map((place) => place.id);
    this.#belongTo(person);
    const stored = read(tab, CART);
    this.cart = isCart(stored) ? stored : emptyCart(uuid7());
    this.pending = read(tab, PENDING);
    this.parking = read(tab, PARKING);
    this.taking = read(tab, TAKING);
    const wanted = this.pending?.location ?? this.parking?.location ?? read(device, PLACE);
    this.place = setup.locations[Math.max(0, places.indexOf(wanted))];
    this.selected = null;
    this.quote = null;
    this.isAway = false;
    this.isShowing = false;
    this.#look();
  }

  /** A basket that another person left in this tab is not theirs who come next, unless it may be booked already. */
  #belongTo(person) {
    const before = read(this.tab, PERSON);
    write(this.tab, PERSON, person);
    if (!before || before === person || [PENDING, PARKING, TAKING].some((name) => read(this.tab, name) !== null)) return;
    write(this.tab, CART, null);
  }

  /** What the server says of the basket (`Quotes`) decides from now on; until it has said, the till reckons itself. */
  follow(quotes) {
    this.quotes = quotes;
    quotes.addEventListener("change", () => this.#tell());
    this.#want();
  }

  get quoteBody() {
    return toQuote(this.cart, this.place.id);
  }

  get terms() {
    return this.setup.terms;
  }

  get isFrozen() {
    return this.pending !== null || this.parking !== null || this.taking !== null;
  }

  /** Whether there is nothing to settle: no goods, no gift cards, and nothing that comes back. */
  get isEmpty() {
    return !this.hasGoods && !this.hasCards && !this.cart.back;
  }

  get hasCards() {
    return Boolean(this.cart.cards?.length);
  }

  get hasGoods() {
    return this.cart.lines.length > 0;
  }

  /** Sums in ten-thousandths, as `settled` tells them; those in cash hold when all is paid in cash. */
  totals() {
    const goods = this.#goods();
    const cards = worthOf(this.cart);
    const total = goods.total + cards;
    const cashTotal = cards > 0n ? this.#inCash(total) : goods.cashTotal;
    return settled({ ...goods, total, cashTotal, cards }, this.cart.back);
  }

  /** What is paid for a total where nothing but cash is paid. */
  #inCash(total) {
    const { cash_step: step } = this.terms;
    return total + cashDifference(total, step ? parseAmount(step) : 0n);
  }

  #goods() {
    const sums = totals(this.cart, this.terms, this.#known);
    if (!this.quote) {
      return { ...sums, cashTotal: this.#inCash(sums.total) };
    }
    const { subtotal, tax_total, total, discount_total, cash_total } = this.quote;
    const [net, tax, due, discount, cashTotal] = [subtotal, tax_total, total, discount_total, cash_total].map(parseAmount);
    return { net, tax, total: due, discount, cashTotal, units: sums.units };
  }

  amountsOf(line) {
    const quoted = this.quoted(line);
    if (!quoted) return this.#estimates.get(line.id);
    const [net, tax, total, discount] = [quoted.net, quoted.tax, quoted.total, quoted.discount].map(parseAmount);
    return { net, tax, total, discount };
  }

  /** What the server says of a line, or null while it has not said. */
  quoted(line) {
    return this.#lines.get(line.id) ?? null;
  }

  /** The price of one unit, as far as it is known. */
  priceOf(line) {
    return (!line.label && this.#prices.get(variantOf(line))) || line.unit_price;
  }

  /** Wait for what the server says; null when it cannot. */
  async settled() {
    return this.quotes ? this.quotes.settle(this.quoteBody) : null;
  }

  /** Take something off by hand: of the line `id`, or (null) of all. */
  give(id, given) {
    this.#put(giveDiscount(this.cart, id, given), id);
  }

  /** Add so much of an article, told apart as `addArticle` takes it. */
  add(article, quantity = "1", apart = {}) {
    this.#put(addArticle(this.cart, article, { quantity, ...apart }), lineId(article, apart.lot, apart.label));
  }

  setLot(id, lot) {
    const line = this.cart.lines.find((other) => other.id === id);
    this.#put(setLot(this.cart, id, lot), line && lineId({ id: variantOf(line) }, lot, line.label));
  }

  setQuantity(id, quantity) {
    this.#put(setQuantity(this.cart, id, quantity), id);
  }

  /** So many units more or less; one piece more has a number, which somebody must be asked for ("piece"). */
  step(id, units) {
    const line = this.cart.lines.find((other) => other.id === id);
    if (units > 0 && line && hasPieces(line)) this.dispatchEvent(new CustomEvent("piece", { detail: line }));
    else this.#put(step(this.cart, id, units), id);
  }

  remove(id) {
    this.#put(removeLine(this.cart, id));
  }

  /** Replace the cart by what `edit(cart)` makes of it. */
  edit(edit) {
    this.#put(edit(this.cart));
  }

  /** What comes back (see back.js), or null. */
  setBack(back) {
    this.edit((cart) => withBack(cart, back));
  }

  /** Who buys (`{ id, name, number }`), or null. */
  setCustomer(customer) {
    this.#prices.clear();
    this.edit((cart) => withCustomer(cart, customer));
  }

  /** A parked cart into the empty one, as `edit(cart)` fills it; the only change that is possible while it is taken. */
  fill(edit) {
    const taking = this.taking;
    this.taking = null;
    try {
      this.edit(edit);
    } finally {
      this.taking = taking;
    }
  }

  select(id) {
    this.selected = id;
    this.#tell();
  }

  /** Whether the end of a sale is shown: its change and its slip stand nowhere else. */
  setShowing(isShowing) {
    this.isShowing = isShowing;
    this.#tell();
  }

  /** A new sale with a new id. */
  begin() {
    this.selected = null;
    this.setPending(null);
    this.#put(emptyCart(uuid7()));
  }

  /** Remember the body that is being sent, or (null) that nothing is open any more. */
  setPending(body) {
    this.pending = body;
    write(this.tab, PENDING, body);
  }

  /** The registers of the place, and the one this device is (null: none was chosen). */
  get registers() {
    return (this.setup.registers ?? []).filter(({ location }) => location === this.place.id);
  }

  get register() {
    const chosen = read(this.device, REGISTER)?.[this.place.id];
    return this.registers.find(({ id }) => id === chosen) ?? null;
  }

  chooseRegister(id) {
    write(this.device, REGISTER, { ...read(this.device, REGISTER), [this.place.id]: id });
    this.#tell();
  }

  /** A shift was opened, or (null) closed. */
  noteShift(register, shift) {
    this.setup.registers.find(({ id }) => id === register).shift = shift;
    this.#tell();
  }

  /** The server went away or is back: then what the store said of the basket is asked anew. */
  setAway(isAway) {
    this.isAway = isAway;
    if (!isAway) this.quotes?.forget();
    this.#want();
    this.#tell();
  }

  setParking(body) {
    this.parking = body;
    write(this.tab, PARKING, body);
  }

  setTaking(taking) {
    this.taking = taking;
    write(this.tab, TAKING, taking);
  }

  choosePlace(id) {
    this.place = this.setup.locations.find((place) => place.id === id) ?? this.place;
    write(this.device, PLACE, this.place.id);
    this.#prices.clear();
    this.#want();
    this.#tell();
  }

  #put(cart, touched = null) {
    if (this.isFrozen) throw new Error("The sale is being paid");
    this.cart = this.#approved(cart);
    if (touched) this.selected = touched;
    if (!cart.lines.some((line) => line.id === this.selected)) this.selected = cart.lines.at(-1)?.id ?? null;
    write(this.tab, CART, this.cart);
    this.#want();
    this.#tell(touched);
  }

  /** What was approved is this very basket: another one is asked for again. */
  #approved({ approval, expired, ...cart }) {
    const isSame = JSON.stringify(cart.lines.map(toldApart)) === JSON.stringify(this.cart.lines.map(toldApart)) && JSON.stringify(toQuote(cart)) === JSON.stringify(toQuote(this.cart));
    const holds = (given, before) => given && (isSame || given !== before);
    return { ...cart, ...(holds(approval, this.cart.approval) ? { approval } : {}), ...(holds(expired, this.cart.expired) ? { expired } : {}) };
  }

  #want() {
    this.quotes?.want(this.quoteBody);
    if (isReduced(this.cart)) this.reckonDiscounts();
  }

  /** Load what reckons discounts by hand; without it (no line) the server's word alone has them. */
  async reckonDiscounts() {
    if (this.evaluate) return;
    try {
      this.evaluate = (await import("./discounts.js")).evaluate;
      this.#tell();
    } catch {
      // The next basket tries again.
    }
  }

  get #known() {
    return { prices: this.#prices, evaluate: this.evaluate };
  }

  #look() {
    this.quote = this.quotes?.current(this.quoteBody) ?? null;
    const quoted = this.quote?.lines ?? []; // of exactly this basket, line by line
    this.#lines = new Map(quoted.map((line, place) => [this.cart.lines[place].id, line]));
    quoted.forEach((line, place) => this.cart.lines[place].label || this.#prices.set(line.variant, line.unit_price));
    const amounts = this.quote ? [] : estimate(this.cart, this.terms, this.#known);
    this.#estimates = new Map(amounts.map((amount, place) => [this.cart.lines[place].id, amount]));
  }

  #tell(touched = null) {
    this.#look();
    this.dispatchEvent(new CustomEvent("change", { detail: { touched } }));
  }
}

function isCart(stored) {
  return typeof stored?.id === "string" && Array.isArray(stored.lines);
}

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or closed storage costs the memory over a reload, not the sale.
  }
}
