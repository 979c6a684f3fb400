// What was done on this device and the server has not taken yet. An item is stored for good (durability "strict": also
// over a power cut) before anybody is told that it is done.
import { uuid7 } from "../till/uuid.js";
import { open } from "./open.js";

const STRICT = { durability: "strict" };
/** Pages and the worker hear here that the queue is another one. */
export const CHANNEL = "queue";
const DEVICE = "device";
const LAST = "last-n";
const LAST_RECEIPT = "last-receipt";
const VERSION = 1;
const LONGEST = 3_600_000; // ms: nobody is told to come again later than that

const CANNOT = {
  full: "This device has no room left to keep it. Make room on the device, then try again.",
  closed: "This device cannot keep it.",
  back: "Some of these goods came back in the meantime. Look the receipt up again.",
};

/**
 * The device cannot keep another item. `code`: "full" (no room), "closed" (the store cannot be opened) or "back" (goods of
 * a receipt came back before).
 */
export class CannotKeep extends Error {
  constructor(code, cause) {
    super(CANNOT[code], { cause });
    Object.assign(this, { name: "CannotKeep", code });
  }
}

/**
 * Store one item of `kind` and answer it, with its number `n` and an id of its own. `make(n, device)` makes the body;
 * `about` is the id of what it is about (a sale's), made before the first try: where an item about it stands already, that
 * one is the answer. `by` is the person (an id) who did it. `receipt` (`{ id, make(item, row) }`) makes what the same
 * transaction keeps of a sale for later, of what is kept of it so far (`row` or null); null keeps nothing. `local` stays
 * on the device. With `printed` it takes the next number of a receipt in the same transaction, and `make(n, device, paper)`
 * gets it: `{ number, since }`.
 * @throws {CannotKeep} nothing is stored, and nobody may be told otherwise.
 */
export async function add(kind, { about, by, make, receipt = null, printed = false, local, v = VERSION, occurredAt = new Date() }) {
  try {
    const item = await stored(kind, { about, by, make, receipt, printed, local, v, occurredAt });
    askToKeep();
    return item;
  } catch (problem) {
    if (problem instanceof CannotKeep) throw problem;
    if (problem instanceof RangeError || problem instanceof TypeError) throw problem; // a body that cannot be made
    throw new CannotKeep(problem?.name === "QuotaExceededError" ? "full" : "closed", problem);
  }
}

let asked = null;

/** Ask the browser, once for a page and not before there is something to lose, to keep the store when room gets scarce. */
function askToKeep() {
  asked ??= navigator.storage?.persist?.().then(tell, () => {});
}

/** Whether the browser promised so. */
export const isPromised = async () => (await navigator.storage?.persisted?.().catch(() => false)) ?? false;

async function stored(kind, { about, by, make, receipt, printed, local, v, occurredAt }) {
  const database = await open();
  const transaction = database.transaction(["queue", "meta", "receipts"], "readwrite", STRICT);
  const [queue, meta, receipts] = ["queue", "meta", "receipts"].map((name) => transaction.objectStore(name));
  const done = transaction.done.catch((problem) => problem); // heard below; nobody else is to hear of it unheard
  try {
    const there = (await queue.index("about").getAll(about)).find((item) => item.kind === kind);
    if (there) return there;
    const device = await meta.get(DEVICE);
    if (!device) throw new CannotKeep("closed");
    const last = await meta.get(LAST);
    const n = Math.max(last?.device === device.id ? last.n : 0, device.last_n ?? 0) + 1;
    const author = (device.person === by && device.pass) || null;
    const paper = printed ? nextReceipt(await meta.get(LAST_RECEIPT), device, last) : null;
    const item = { n, id: uuid7(), kind, v, body: make(n, device, paper), occurred_at: occurredAt.toISOString(), offset_ms: device.offset_ms ?? 0, author, by, about, ...(local ? { local } : {}) };
    const row = receipt?.make(item, (await receipts.get(receipt.id)) ?? null);
    if (row) receipts.put(row).catch(() => {});
    queue.add(item).catch(() => {});
    meta.put({ name: LAST, device: device.id, n }).catch(() => {});
    if (paper) meta.put({ name: LAST_RECEIPT, device: device.id, n: paper.number, since: paper.since }).catch(() => {});
    transaction.commit();
    const failed = await done;
    if (failed) throw failed;
    tell();
    return item;
  } catch (problem) {
    try {
      transaction.abort();
    } catch {
      // It is over already.
    }
    await done;
    throw transaction.error ?? problem;
  }
}

/**
 * The next number of a receipt: receipts count for themselves, 1, 2, 3 without holes, and go on behind what the server has.
 * `since` is where this counter began. Before there was one, receipts had the numbers of their items (`last`), so it begins
 * behind those.
 */
export function nextReceipt(counter, device, last) {
  const there = device.last_receipt ?? device.last_n ?? 0;
  if (counter?.device === device.id) return { number: Math.max(counter.n, there) + 1, since: counter.since };
  const since = Math.max(there, last?.device === device.id ? last.n : 0);
  return { number: since + 1, since };
}

/**
 * Keep which device this browser is. One that was let in anew counts anew, so what still waits of the one before gets
 * numbers of this one: the server knows it by its ids, and what was sealed says for which device (`of`).
 */
export async function become(fact) {
  const transaction = (await open()).transaction(["queue", "meta"], "readwrite", STRICT);
  const [queue, meta] = ["queue", "meta"].map((name) => transaction.objectStore(name));
  const before = await meta.get(DEVICE);
  if (before && before.id !== fact.id) {
    const items = await queue.getAll();
    let n = fact.last_n;
    await queue.clear();
    for (const item of items) await queue.add({ ...item, n: (n += 1), ...(item.sealed ? { sealed: { of: before.id, ...item.sealed } } : {}) });
    await meta.put({ name: LAST, device: fact.id, n });
  }
  if (before?.id !== fact.id) {
    const printed = fact.last_receipt ?? fact.last_n ?? 0;
    await meta.put({ name: LAST_RECEIPT, device: fact.id, n: printed, since: printed });
  }
  await meta.put({ ...fact, name: DEVICE });
  await transaction.done;
}

/** Items in order, at most so many, those that wait for another time left out (unless the clock was set back since). */
export async function first(count, now = Date.now()) {
  const items = await (await open()).getAll("queue");
  return items.filter(({ after = 0 }) => after <= now || after > now + LONGEST).slice(0, count);
}

export async function count() {
  return (await open()).count("queue");
}

/** When the oldest item that waits happened, as text; null where nothing waits. */
export async function oldest() {
  const [item] = await (await open()).getAll("queue", null, 1);
  return item?.occurred_at ?? null;
}

/** What somebody did, oldest first. */
export async function mine(by) {
  return (await everything()).filter((item) => item.by === by);
}

export async function everything() {
  return (await open()).getAll("queue");
}

/**
 * What the server said of some items: `[{ n, id, result, … }]` (docs/sync.md). What it has taken (applied, duplicate, quarantined) goes
 * from the device; the others stay and wait as long as they were told to.
 */
export async function settle(results, now = Date.now()) {
  try {
    await noted(results, now);
  } catch (problem) {
    if (problem?.name !== "QuotaExceededError") throw problem;
    await letGo(results); // where there is no room for a note of it, there is some once it is gone
  }
  tell();
}

const isTaken = ({ result }) => ["applied", "duplicate", "quarantined"].includes(result);
/** Whether a result is of this item; a sealed one hides its id. */
const isOf = (item, result) => Boolean(item) && !(result.id && item.id && item.id !== result.id);

async function letGo(results) {
  const transaction = (await open()).transaction("queue", "readwrite", STRICT);
  for (const result of results.filter(isTaken)) if (isOf(await transaction.store.get(result.n), result)) await transaction.store.delete(result.n);
  await transaction.done;
}

async function noted(results, now) {
  const transaction = (await open()).transaction(["queue", "meta", "receipts"], "readwrite", STRICT);
  const [queue, meta, receipts] = ["queue", "meta", "receipts"].map((name) => transaction.objectStore(name));
  const sent = (await meta.get("sent"))?.rows ?? [];
  for (const result of results) {
    const item = await queue.get(result.n);
    if (!isOf(item, result)) continue; // another item by now
    if (isTaken(result)) {
      await queue.delete(item.n);
      const kept = result.number && result.order && (await receipts.get(result.order));
      if (kept) await receipts.put({ ...kept, numbers: [...new Set([...kept.numbers, result.number])] }); // as it is printed from now on
      sent.unshift({ n: item.n, by: item.by, shown: shownOf(item), occurred_at: item.occurred_at, became: result.left_out ? "partly" : (result.first ?? result.result), title: result.title ?? "", order: result.order ?? null, number: result.number ?? "" });
    } else {
      await queue.put({ ...item, after: now + 1000 * (Number(result.after) || 30), tries: (item.tries ?? 0) + 1, said: result.title ?? result.detail ?? "" });
    }
  }
  await meta.put({ name: "sent", rows: sent.slice(0, 30) });
  await transaction.done;
}

/** What the server took lately of what somebody did, newest first. */
export async function sent(by) {
  const rows = (await (await open()).get("meta", "sent"))?.rows ?? [];
  return rows.filter((row) => row.by === by);
}

/** Everything that waits may be tried at once. */
export async function hurry() {
  const transaction = (await open()).transaction("queue", "readwrite");
  for (const item of await transaction.store.getAll()) if (item.after) await transaction.store.put({ ...item, after: 0 });
  await transaction.done;
}

/** An item as it is sent: what only this device needs stays here. */
export function toSend({ n, id, kind, v, body, occurred_at, offset_ms, author, sealed }) {
  return sealed ? { n, sealed } : { n, id, kind, v, body, occurred_at, offset_ms, author };
}

const WORK = { return: "Return", park: "Parked basket", unpark: "Parked basket taken up", receive: "Goods received", adjust: "Correction", count: "Counted", "link-code": "Code for an article", "transfer-out": "Sent to another place", "transfer-in": "Arrived from another place", customer: "New customer" };

/** The few words that stand for an item in a list: its number or what it was, and what it came to. */
export function shownOf({ n, kind, body }) {
  const lines = (body?.lines ?? body?.entries ?? body?.refund?.lines)?.length;
  const back = body?.refund?.expected_total;
  const work = WORK[kind] && `${WORK[kind]}${lines ? `, ${lines} ${lines === 1 ? "article" : "articles"}` : ""}`;
  return { number: body?.receipt_number ?? work ?? `No. ${n}`, kind, total: body?.as_sold?.total ?? (back ? `-${back}` : null) };
}

/** Listen to changes of the queue by any tab or the worker; answers how to stop. */
export function onQueue(listener) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = () => listener();
  here.add(listener);
  return () => {
    here.delete(listener);
    channel.close();
  };
}

const here = new Set();
let speaker;

/** A channel does not hear itself, so this tab's listeners are told here. */
export function tell() {
  speaker ??= new BroadcastChannel(CHANNEL);
  speaker.postMessage("changed");
  for (const listener of here) listener();
}

