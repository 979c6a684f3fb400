// The till while the server is away: a sale is completed on the device and sent later. Loaded when the page has time.
import { add, count, oldest, onQueue, CannotKeep } from "../store/queue.js";
import { learnDevice, readDevice, receiptNumber } from "../store/device.js";
import { beginSending } from "../store/syncer.js";
import { sender } from "../store/send.js";
import { asSold, changeOf, mayWait } from "./sold.js";
import { slip } from "./slip.js";

const AGAIN = 10 * 60_000; // ms between two looks at which device this is

/** What of a till the device keeps. Fires "change" (how much waits, which device this is). */
export class Offline extends EventTarget {
  device = null;
  waiting = 0;
  since = null;
  problem = "";

  constructor({ session, person = document.querySelector('meta[name="person"]')?.content ?? "" }) {
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
    if (!this.isReady) await look(); // the first time on this device
    else look();
    beginSending();
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
    return new Shop(this.catalogue, () => this.session.place.id, { mayDiscount });
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
    return (await this.catalogue?.since()) ?? null;
  }

  /**
   * Complete a sale here. Answers `{ order }` when it is stored for good, `{ verdict: "not-kept", problem }` when the
   * device has no room, and null where only the server can do it. `wasSent`: the server may have booked it already.
   */
  async keep(body, { wasSent = false } = {}) {
    const { session, person } = this;
    if (!this.isReady || session.cart.id !== body.id || !mayWait(body)) return null;
    this.#hold();
    try {
      const sold = asSold(session, body);
      const make = (n, device) => ({ order: body, as_sold: sold, receipt_number: receiptNumber(device, n) });
      const item = await add("sale", { about: body.id, by: person, make });
      return { order: this.#shown(item) };
    } catch (problem) {
      if (!(problem instanceof CannotKeep)) throw problem;
      return { verdict: "not-kept", problem, isSettled: !wasSent };
    }
  }

  /** A sale on the device, as the receipt shows one of the server. */
  #shown({ body: { order, as_sold: sold, receipt_number: number }, occurred_at: at }) {
    const payments = order.payments.map((payment) => ({ ...payment, change: changeOf(payment, sold) }));
    const place = this.session.setup.locations.find(({ id }) => id === order.location);
    return { id: order.id, kind: "sale", number, total: sold.total, payments, isWaiting: true, slip: slip({ sold, payments, number, at, place, terms: this.session.terms }) };
  }

  /** Ask the browser, once, to keep the store when room gets scarce. */
  #hold() {
    this.held ??= navigator.storage?.persist?.().catch(() => false) ?? true;
  }

  async #look() {
    [this.waiting, this.since] = await Promise.all([count(), oldest()]);
    this.problem = (await sender()).problem;
    this.dispatchEvent(new Event("change"));
  }
}
