// The till while the server is away: a sale is completed on the device and sent later. Loaded when the page has time.
import { personHere } from "../dom.js";
import { add, count, oldest, onQueue, CannotKeep } from "../store/queue.js";
import * as parking from "../store/parking.js";
import * as receipts from "../store/receipts.js";
import { learnDevice, printedAs, readDevice, rightTime } from "../store/device.js";
import { beginSending } from "../store/syncer.js";
import { sender } from "../store/send.js";
import { beyond, blocked } from "./allowed.js";
import { leftOf } from "./giving.js";
import { amountText, parseQuantity } from "./money.js";
import { asSold, changeOf, mayWait } from "./sold.js";
import { backSlip, slip } from "./slip.js";

const timeOf = ({ occurred_at: at, offset_ms: offset }) => rightTime(at, offset);
const AGAIN = 10 * 60_000; // ms between two looks at which device this is

/** What of a till the device keeps. Fires "change" (how much waits, which device this is). */
export class Offline extends EventTarget {
  device = null;
  waiting = 0;
  since = null;
  problem = "";
  #limits = null;

  constructor({ session, person = personHere() }) {
    super();
    Object.assign(this, { session, person });
  }

  /** Whether sales can be completed here without the server. */
  get isReady() {
    return Boolean(this.device) && !this.device.isOver;
  }

  async begin() {
    this.device = await readDevice();
    onQueue(() => this.#look());
    await this.#look();
    const learn = async () => {
      this.device = await learnDevice();
      this.dispatchEvent(new Event("change"));
    };
    if (!this.device && !this.session.setup.device) return;
    const look = () => learn().catch(() => {}); // what was known stays
    setInterval(look, AGAIN);
    addEventListener("online", look); // it may have been let out meanwhile
    if (!this.isReady) await look(); // the first time on this device
    else look();
    beginSending();
    receipts.forget().catch(() => {}); // the next page tries again
  }

  /** The store's answers to what the till asks, as `Server` gives them; null where this device has no catalogue. */
  async shop() {
    if (!this.isReady) return null;
    this.asked ??= this.#openShop().catch(() => (this.asked = null));
    return this.asked;
  }

  async #openShop() {
    const [{ Catalogue }, { Shop }] = await Promise.all([import("../store/catalogue.js"), import("../store/shop.js")]);
    this.catalogue ??= new Catalogue();
    const mayDiscount = () => Boolean(this.session.setup.may.discount);
    const mayGiveBack = () => Boolean(this.session.setup.may.refund_beyond);
    const kept = { find: async (code) => (receipts.numberOf(code) ? receipts.find(receipts.numberOf(code)) : null), receipt: receipts.receipt };
    const now = () => rightTime(new Date(), this.device?.offset_ms); // prices begin and end by the shop's clock
    return new Shop(this.catalogue, () => this.session.place.id, { now, mayDiscount, mayGiveBack, receipts: kept });
  }

  /** Fill the catalogue and keep it up to date from now on, where this is a device. */
  async keepCatalogue() {
    if (!this.isReady || this.refresh) return;
    const [{ Refresh }, { onEvent }] = await Promise.all([import("../store/refresh.js"), import("../live.js")]);
    await this.#openShop();
    this.refresh ??= new Refresh(this.catalogue, () => this.session.place.id, { onEvent });
    this.refresh.start();
  }

  /** How far this device's prices and stock are true (a Date), null where it keeps none. */
  async asOf() {
    await this.limits();
    return (await this.catalogue?.since()) ?? null;
  }

  /**
   * Complete a sale or a return here. Answers `{ order }` when it is stored for good, `{ verdict: "not-kept", problem }` when the
   * device has no room, and null where only the server can do it. `wasSent`: the server may have booked it already.
   */
  async keep(body, { wasSent = false } = {}) {
    const { cart } = this.session;
    const mine = body.returned ? cart.back?.refund : cart.id;
    if (!this.isReady || mine !== body.id || !mayWait(body)) return null;
    try {
      const refusal = beyond(this.session, body, await this.limits());
      if (refusal) return { verdict: "not-kept", problem: { message: refusal }, isSettled: !wasSent };
      return body.returned ? await this.#keepReturn(body) : await this.#keepSale(body);
    } catch (problem) {
      if (!(problem instanceof CannotKeep)) throw problem;
      return { verdict: "not-kept", problem, isSettled: !wasSent };
    }
  }

  /** How much this device may do alone (`{ cash, card, discount, return }`): as its catalogue says, before that as the page. */
  async limits() {
    const tables = await this.catalogue?.tables().catch(() => null);
    this.#limits = tables?.terms.away ?? this.#limits ?? this.session.setup.away ?? {};
    return this.#limits;
  }

  /** Why the basket cannot be settled here by `method`, whatever it comes to; "" where nothing says so. */
  blocked(method) {
    const { setup, cart } = this.session;
    return blocked(cart.back ? "return" : method, this.#limits ?? setup.away ?? {});
  }

  /** Put the basket aside here; null where only the server can (gift cards have codes that are not kept). */
  async park(body) {
    const { session, person } = this;
    if (!this.isReady || session.cart.id !== body.id || body.gift_cards?.length) return null;
    const { approval: _, expired: __, customer, ...cart } = session.cart;
    const who = customer ? { customer: { id: customer.id, name: "Customer", number: "" } } : {}; // nobody's name stays here
    const lines = cart.lines.map(({ title, quantity }) => ({ name: title, quantity }));
    const total = amountText(session.totals().total, session.terms.exponent);
    await parking.park(body, { by: person, local: { cart: { ...cart, ...who }, lines, total } });
    return { id: body.id, label: body.label, lines, number: "" };
  }

  /** The baskets of this place that wait on this device. */
  parkedHere() {
    return this.isReady ? parking.parkedAt(this.session.place.id) : [];
  }

  /** One of them for the basket `take`, or (null) for nobody: the cart as it was put aside, null where it is here no more. */
  unpark(id, take) {
    return parking.unpark(id, take, this.person);
  }

  /** The server settled a basket of this till (`answer`, of the body that was sent): goods of it may come back later. */
  async booked(body, answer) {
    if (!this.isReady) return undefined;
    if (body.exchange) return receipts.drop(body.of); // by which ways its money went is for the server to know
    if (body.returned) return receipts.noteBack(body.of, receipts.backOf(body.returned));
    const row = receipts.ofBooked(answer, body);
    return row && receipts.keep(row);
  }

  async #keepSale(body) {
    const { session, person } = this;
    const sold = asSold(session, body);
    const units = session.cart.lines.map((line) => (line.label ? session.quoted(line)?.quantity : line.quantity));
    const make = (_, device, paper) => ({ order: body, as_sold: sold, ...printedAs(device, paper) });
    const receipt = { id: body.id, make: (item, there) => there ?? receipts.ofOwnSale(item.body, { at: timeOf(item).toISOString(), units }) };
    return { order: this.#shown(await add("sale", { about: body.id, by: person, make, receipt, printed: true })) };
  }

  /** Goods of a sale that is kept here; what of it is left is looked at once more in the transaction. */
  async #keepReturn(body) {
    if (!(await receipts.receipt(body.of))) return null;
    const make = (_, device, paper) => ({ of: body.of, refund: body.returned, ...printedAs(device, paper) });
    const back = receipts.backOf(body.returned);
    const take = (item, sale) => {
      const left = new Map(leftOf(sale).map((line) => [line.position, parseQuantity(line.left)]));
      const isThere = back.lines.every(({ position, quantity }) => parseQuantity(quantity) <= left.get(position));
      if (!isThere) throw new CannotKeep("back");
      return receipts.withBack(sale, back);
    };
    const item = await add("return", { about: body.id, by: this.person, make, receipt: { id: body.of, make: take }, printed: true });
    return { order: await this.#shownBack(item) };
  }

  /** A return on the device, as the receipt shows one of the server. */
  async #shownBack(item) {
    const { of, refund, receipt_number: number } = item.body;
    const at = timeOf(item);
    const { back } = this.session.cart;
    const payments = refund.payments.map(({ method, amount }) => ({ method, amount: `-${amount}`, change: "0" }));
    const total = `-${refund.expected_total}`;
    const place = this.session.setup.locations.find(({ id }) => id === refund.location);
    const lines = back.lines.map((line) => ({ ...line, title: line.name }));
    const paper = await backSlip({ lines, due: refund.expected_total, payments, number, of: back.number, at, place });
    return { id: refund.id, of, kind: "refund", number, total, payments, isWaiting: true, slip: paper };
  }

  /** A sale on the device, as the receipt shows one of the server. */
  #shown(item) {
    const { order, as_sold: sold, receipt_number: number } = item.body;
    const at = timeOf(item);
    const payments = order.payments.map((payment) => ({ ...payment, change: changeOf(payment, sold) }));
    const place = this.session.setup.locations.find(({ id }) => id === order.location);
    return { id: order.id, kind: "sale", number, total: sold.total, payments, isWaiting: true, slip: slip({ sold, payments, number, at, place, terms: this.session.terms }) };
  }

  async #look() {
    [this.waiting, this.since] = await Promise.all([count(), oldest()]);
    this.problem = (await sender()).problem;
    this.dispatchEvent(new Event("change"));
  }
}
