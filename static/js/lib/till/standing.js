// How a till stands with the server: whether it answers, what waits on the device, and who settles a sale.
import { toast } from "../toast.js";
import { ServerLine } from "./line.js";

/** What needs the server, dialog by dialog, and why. `own`: a device does it all the same, of what it keeps itself. */
const OF_THE_SERVER = {
  customer: { why: "Customers need the server: none of them are kept on this device, so that nobody finds them there." },
  giftcard: { why: "Gift cards need the server: it alone knows what is on them." },
  parked: { why: "Parked baskets need the server.", own: true },
  return: { why: "Returns need the server.", own: true },
};
const AWAY = "It does not answer just now.";
const EXCHANGE = "An exchange needs the server. Give back first, then sell what is new.";
const APPROVAL = "Somebody must approve this, and that needs the server.";

/** Of one till (`counter`, a till-counter); tells the document by "till:standing" when anything of it changed. */
export class Standing {
  line = new ServerLine();
  offline = null;

  constructor(counter) {
    this.counter = counter;
  }

  begin() {
    this.line.addEventListener("change", () => this.#changed());
    this.line.begin();
    this.#changed();
  }

  /** Whether sales can be completed on this device. */
  get isReady() {
    return this.offline?.isReady ?? false;
  }

  /** What lets the till work without the server (an `Offline`), loaded at the first call; null while it cannot be had. */
  bring() {
    this.bringing ??= import("./offline.js")
      .then(async ({ Offline }) => {
        const offline = new Offline(this.counter);
        await offline.begin();
        offline.addEventListener("change", () => this.#changed());
        this.offline = offline;
        this.#changed();
        return offline;
      })
      .catch(() => (this.bringing = null));
    return this.bringing;
  }

  /** The store's answers to what `Server` asks, or null where this device has none. */
  async shop() {
    return (await this.bring())?.shop() ?? null;
  }

  /** Whether a dialog can be opened now; says why not. */
  allows(aside) {
    const isClosed = this.#isClosed(aside);
    if (isClosed) toast(`${OF_THE_SERVER[aside].why} ${AWAY}`, { kind: "warning" });
    return !isClosed;
  }

  /** Whether the basket can be settled now by `method`; says why not. */
  mayPay(method) {
    const { cart, quote, hasGoods } = this.counter.session;
    const isUnapproved = (cart.back?.needs_approval && !cart.back.approval) || (quote?.needs_approval && !cart.approval);
    const blocked = this.offline?.blocked(method) ?? "";
    const why = cart.back && hasGoods ? EXCHANGE : isUnapproved ? APPROVAL : blocked;
    const isHeld = this.line.isAway && why !== "";
    if (isHeld) toast(`${why} ${AWAY}`, { kind: "warning" });
    return !isHeld;
  }

  #isClosed(aside) {
    const need = OF_THE_SERVER[aside];
    return this.line.isAway && need !== undefined && !(need.own && this.isReady);
  }

  /** The server's word on a sale, as `Checkout.send` gives it; where it has none, a device completes the sale itself. */
  async settle(body, wasTried) {
    if (this.line.isAway) {
      const kept = await (await this.bring())?.keep(body, { wasSent: wasTried });
      if (kept) return kept;
    }
    const told = await this.counter.checkout.send(body, { wasTried });
    if (told.order) {
      this.line.back();
      this.offline?.booked(body, told.order).catch(() => {}); // it is booked; only a return without the server does not find it
    }
    if (told.verdict !== "unknown") return told;
    this.line.heard(told.problem);
    return (await (await this.bring())?.keep(body, { wasSent: true })) ?? told;
  }

  /** The server's answer to a basket put aside (`ask`); where it has none, a device keeps it (`body`). Throws as `ask`. */
  async park(body, ask) {
    if (this.line.isAway) {
      const kept = await (await this.bring())?.park(body);
      if (kept) return kept;
    }
    try {
      return await ask();
    } catch (problem) {
      const kept = this.line.heard(problem) && (await (await this.bring())?.park(body));
      if (!kept) throw problem;
      return kept;
    }
  }

  #changed() {
    const { counter, line } = this;
    counter.dispatchEvent(new CustomEvent("till:standing", { bubbles: true }));
    for (const name of Object.keys(OF_THE_SERVER)) {
      for (const button of counter.querySelectorAll(`[data-ask="${name}"]`)) button.setAttribute("aria-disabled", String(this.#isClosed(name)));
    }
    if (line.isAway === counter.session.isAway) return;
    counter.session.setAway(line.isAway);
    if (line.isAway) this.#sayAge();
    else {
      counter.products.say("");
      counter.products.reload();
    }
  }

  /** What is shown now may have changed: the screen says how old it is. */
  async #sayAge() {
    const offline = await this.bring();
    await offline?.shop();
    const since = await offline?.asOf();
    if (!this.line.isAway || !since) return;
    const { dateTime } = await import("../format.js");
    this.counter.products.say(`The server is away. Prices and stock are as of ${dateTime(since)}.`);
  }
}
