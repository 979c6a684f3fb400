// Sends the queue, in order and once: one tab (or the worker) at a time, whichever has the lock. No document is needed.
import { learnDevice, readDevice } from "./device.js";
import { count, everything, first, isPromised, oldest, settle, tell, toSend } from "./queue.js";
import { open } from "./open.js";

const ADDRESS = "/api/v1/sync/";
const LOCK = "queue-sender";
const BATCH = 100;
const MOST_BYTES = 2_000_000;
const SECONDS = 30;
let atOnce = BATCH; // a slow line does not get so many through in its time
const FILES = "files-"; // the worker's cache of the app's files is named by their version

/** How many items wait, also for who has never stored any. */
export async function howMany() {
  try {
    return await count();
  } catch {
    return 0;
  }
}

/** How many items can still be read on this device. */
export async function howManyOpen() {
  try {
    return (await everything()).filter(({ sealed }) => !sealed).length;
  } catch {
    return 0;
  }
}

/**
 * Send what waits, until nothing does or the server cannot take more now. Answers `{ isBusy, left, problem }`: `isBusy`
 * where another tab is at it, `problem` "network", "slow" (not even one item got through in time), "refused" (the device is not let in) or "". `mustEnd` throws where
 * something is left, for the browser that is to wake us again.
 */
export async function send({ mustEnd = false } = {}) {
  if ((await howMany()) === 0) return { isBusy: false, left: 0, problem: "" };
  const done = await navigator.locks.request(LOCK, { ifAvailable: !mustEnd }, (lock) => (lock ? drain() : { isBusy: true, problem: "" }));
  const left = await howMany();
  if (mustEnd && left > 0) throw new Error(`${left} still wait`);
  return { ...done, left };
}

async function drain() {
  let most = atOnce;
  let isNew = true;
  for (;;) {
    const device = await readDevice(); // before the items: what is numbered for another device meanwhile is refused
    const items = fitting(await first(most));
    if (items.length === 0) return { isBusy: false, problem: "" };
    const answer = await post(items, device);
    if (answer.problem === "other-device" && isNew) {
      isNew = false; // this browser was let in anew: learning it numbers anew what waits
      await learnDevice();
      continue;
    }
    if (answer.problem === "slow" && items.length > 1) {
      most = atOnce = Math.ceil(items.length / 4);
      continue;
    }
    if (answer.problem === "too-large" && items.length > 1) {
      most = Math.ceil(items.length / 2);
      continue;
    }
    await note(answer.problem);
    if (answer.problem === "too-large" || answer.problem === "unfit") {
      // The envelope is refused with one item in it, or a bug of ours: it waits, and the others go on without it.
      if (items.length > 1) most = 1;
      else await settle([{ n: items[0].n, result: "retry", after: 600, title: answer.title }]);
      continue;
    }
    if (answer.problem) return { isBusy: false, problem: answer.problem };
    atOnce = Math.min(BATCH, atOnce * 2);
    const told = new Set(answer.results.map(({ n }) => n));
    const silent = items.filter(({ n }) => !told.has(n)).map(({ n }) => ({ n, result: "retry", after: 60 }));
    await settle([...answer.results, ...silent]);
    if ((await first(1))[0]?.n === items[0].n) return { isBusy: false, problem: "" }; // never the same again at once
  }
}

/** As many of them, in order, as one sending may weigh. */
function fitting(items) {
  let weight = 0;
  const kept = [];
  for (const item of items) {
    weight += JSON.stringify(item).length;
    if (kept.length > 0 && weight > MOST_BYTES) break;
    kept.push(item);
  }
  return kept;
}

async function post(items, device) {
  let response;
  try {
    response = await fetch(ADDRESS, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ items: items.map(toSend), ...(device ? { device: device.id } : {}), report: await report() }),
      credentials: "same-origin",
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    if (response.ok) {
      const answer = await response.json();
      return { results: answer.results, problem: "" };
    }
  } catch ({ name }) {
    return { problem: name === "TimeoutError" ? "slow" : "network" };
  }
  if (response.status === 401 || response.status === 403) return { problem: "refused" };
  if (response.status === 413) return { problem: "too-large", title: "The server finds it too large." };
  if (response.status >= 500 || response.status === 429) return { problem: "network" };
  const { title = "The server could not read it.", detail, code } = await response.json().catch(() => ({}));
  if (code === "other-device") return { problem: code };
  return { problem: "unfit", title: detail ?? title };
}

/** How this device is, for those who look after it. */
async function report() {
  const [unsent, since, database] = await Promise.all([count(), oldest(), open()]);
  const [catalogue, device] = await Promise.all(["catalogue", "device"].map((name) => database.get("meta", name)));
  const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {};
  const version = (await globalThis.caches?.keys().catch(() => []))?.find((name) => name.startsWith(FILES));
  return {
    unsent,
    oldest_unsent_at: since,
    storage_persisted: await isPromised(),
    clock_offset_ms: device?.offset_ms ?? 0,
    ...(usage === undefined ? {} : { storage_used_bytes: usage, storage_quota_bytes: quota }),
    ...(version ? { app_version: version.slice(FILES.length) } : {}),
    ...(catalogue ? { catalogue_at: catalogue.at, catalogue_seq: catalogue.seq } : {}),
  };
}

/** Remember why nothing goes out, or that it does. */
async function note(problem) {
  const database = await open();
  const before = (await database.get("meta", "sender"))?.problem ?? "";
  if (before === problem) return;
  await database.put("meta", { name: "sender", problem, since: new Date().toISOString() }).catch(() => {}); // no room for it
  tell();
}

/** Why nothing goes out: `{ problem, since }`, `problem` as `send` tells it. */
export async function sender() {
  return (await (await open()).get("meta", "sender")) ?? { problem: "", since: null };
}


