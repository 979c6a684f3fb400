// Which device this browser is, as the server told it last. What the server keeps secret (the token) no script can read.
import { open } from "./open.js";
import { become } from "./queue.js";

const ADDRESS = "/api/v1/devices/current/";
const NAME = "device";

/**
 * What is known of this device, or null where it is none: `{ id, label, prefix, location, last_n, pass, person, … }` as the
 * server tells it, `offset_ms` by which its clock is ahead, and `isOver` where it may open nothing any more.
 */
export async function readDevice() {
  return (await (await open()).get("meta", NAME)) ?? null;
}

/** Ask the server which device this is, and for the pass of who is logged in. Answers as `readDevice`; without an answer
 * what was known stays. */
export async function learnDevice() {
  const known = await readDevice();
  const began = Date.now();
  let response;
  try {
    response = await fetch(ADDRESS, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(8000) });
  } catch {
    return known;
  }
  if (response.status >= 500 || response.status === 429) return known;
  if (!response.ok) {
    if (known && [401, 403].includes(response.status)) await become({ ...known, isOver: true });
    return readDevice();
  }
  const { name: label, now, ...told } = await response.json();
  const isOver = ["expired", "revoked"].includes(told.state);
  await become({ ...told, label, offset_ms: offsetOf(now, began, Date.now()), isOver });
  return readDevice();
}

/** By how many milliseconds this clock is ahead of the server's, which said `now` somewhere between the two. */
export function offsetOf(now, began, ended) {
  const told = Date.parse(now ?? "");
  return Number.isNaN(told) ? 0 : Math.round((began + ended) / 2 - told);
}

/** What a clock that is so far ahead would say if it were right. */
export const rightTime = (at, offset = 0) => new Date(new Date(at).getTime() - offset);

/** What a paper of this device says of its number, as the item about it carries it; `paper` of `add` in queue.js. */
export const printedAs = (device, { number, since }) => ({ receipt_number: receiptNumber(device, number), receipt_since: since });

/** The number on a receipt that this device gives: its prefix and the number of the receipt. */
export const receiptNumber = ({ prefix }, n) => `${prefix}-${String(n).padStart(6, "0")}`;
