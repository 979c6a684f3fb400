// What the shop floor keeps on the device: the catalogue, and what was done until the server has it. Loaded when the page has time.
import { ApiProblem, postJson } from "../api.js";
import { add, count, CannotKeep, everything, oldest, onQueue, sent } from "../store/queue.js";
import { learnDevice, readDevice, rightTime } from "../store/device.js";
import { beginSending } from "../store/syncer.js";
import { send, sender } from "../store/send.js";

const LOOK_MS = 4000;

/** Fires "change" when how much waits, or which device this is, is another. */
export class Keeping extends EventTarget {
  device = null;
  waiting = 0;
  since = null;
  problem = "";

  /** `place()` is the location's id, `isDevice` whether the server drew the page for a device. */
  constructor({ person, place, isDevice, urls }) {
    super();
    Object.assign(this, { person, place, isDevice, urls });
  }

  /** Whether what is done here is kept and sent by the device. */
  get isReady() {
    return Boolean(this.device) && !this.device.isOver;
  }

  async begin() {
    this.device = await readDevice().catch(() => null);
    if (this.device || this.isDevice) {
      const learn = async () => {
        this.device = await learnDevice();
      };
      if (this.isReady) learn().catch(() => {});
      else await learn().catch(() => {});
      onQueue(() => this.#look());
      beginSending();
    }
    await this.#look();
  }

  /** The store's answers to what is asked, or null where this browser keeps no catalogue. */
  async shop() {
    if (!this.isReady) return null;
    const [{ Catalogue }, { Shop }] = await Promise.all([import("../store/catalogue.js"), import("../store/shop.js")]);
    this.catalogue ??= new Catalogue();
    this.kept ??= new Shop(this.catalogue, this.place, { now: () => rightTime(new Date(), this.device?.offset_ms) });
    return this.kept;
  }

  /** What the device keeps of its place beside the articles (`Tables`); null where it keeps nothing. */
  async tables() {
    await this.shop();
    const state = await this.catalogue?.state().catch(() => null);
    return state?.location === this.place() ? this.catalogue.tables() : null;
  }

  /** Fill the catalogue of the place and keep it up to date from now on. */
  async keepCatalogue() {
    if (!this.isReady || !this.place()) return;
    await this.shop();
    const { Refresh } = await import("../store/refresh.js");
    if (this.refresh) return this.refresh.now();
    this.refresh = new Refresh(this.catalogue, this.place);
    return this.refresh.start();
  }

  /**
   * Book a piece of work: `make(offset)` makes the body that is sent (the device's clock is `offset` ms ahead), `about` is its id. Answers what is to be said: `{ state: "sent" | "looked-at" |
   * "waits", waiting }`. Where this browser is no device the server is asked at once.
   * @throws {CannotKeep|ApiProblem} nothing is done, and it can be tried again.
   */
  async book({ kind, about, make }) {
    if (!this.isReady) return this.#atOnce(kind, make(0));
    const item = await add(kind, { about, by: this.person, make: (_, device) => make(device.offset_ms ?? 0) });
    const became = await this.#whatBecame(item);
    if (became === "quarantined") return { state: "looked-at" };
    if (became === "partly") return { state: "partly" };
    if (became) return { state: "sent" };
    return { state: "waits", waiting: await count() };
  }

  /** What the server said of an item within a moment; null where it said nothing. */
  async #whatBecame({ n }) {
    const isGone = async () => (await everything()).every((one) => one.n !== n);
    await Promise.race([send().catch(() => {}), new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
    if (!(await isGone())) return null;
    return (await sent(this.person)).find((one) => one.n === n)?.became ?? "applied";
  }

  async #atOnce(kind, body) {
    const { urls } = this;
    if (kind === "transfer-out") {
      const { transfer, ...draft } = body;
      await postJson(urls.transfers, { id: transfer, ...draft }).catch((problem) => {
        if (problem.code !== "identifier-reused") throw problem; // drafted by an earlier try, with other lines: these leave
      });
      await postJson(`${urls.transfers}${transfer}/ship/`, { lines: draft.lines }, { idempotencyKey: `ship-${transfer}` });
    } else if (kind === "transfer-in") {
      const { transfer, ...receipt } = body;
      await postJson(`${urls.transfers}${transfer}/receipts/`, receipt);
    } else if (kind === "customer") {
      await postJson(urls.customers, body);
    } else if (kind === "count") {
      const { results } = await postJson(urls.entries.replace(urls.no_id, body.count), { entries: body.entries });
      const refused = results.find(({ result }) => result === "refused");
      if (refused) throw new ApiProblem({ status: 422, code: refused.code, title: "Not all was taken", detail: refused.detail });
    } else if (kind === "link-code") {
      const { variant, ...code } = body;
      await postJson(urls.codes.replace(urls.no_id, variant), code, { idempotencyKey: crypto.randomUUID() });
    } else {
      await postJson(urls.movements, body);
    }
    return { state: "sent" };
  }

  async #look() {
    try {
      [this.waiting, this.since] = await Promise.all([count(), oldest()]);
      this.problem = (await sender()).problem;
    } catch {
      [this.waiting, this.since] = [0, null]; // the browser keeps nothing
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** A sentence for what went wrong with a piece of work. */
export function why(problem) {
  if (problem instanceof CannotKeep) return problem.code === "full" ? "This device has no room left. Nothing is booked; it stays here." : "This device cannot keep it just now. Nothing is booked; it stays here.";
  if (problem instanceof ApiProblem && problem.status === 0) return "The server does not answer. Nothing is booked yet; it stays here, press Done again.";
  return problem.errors?.[0]?.detail || problem.detail || problem.message;
}

/** What became of finished work, in words. */
export function saying({ state, waiting }) {
  if (state === "sent") return "Sent.";
  if (state === "partly") return "Sent. Not every line could be booked, so a manager looks at the rest.";
  if (state === "looked-at") return "Sent. Something does not fit, so a manager looks at it.";
  return `Saved. ${waiting} ${waiting === 1 ? "waits" : "wait"} to be sent.`;
}
