// Which device this browser is, as the server told it last. What the server keeps secret (the token) no script can read.
import { open } from "./open.js";

const ADDRESS = "/api/v1/devices/current/";
const NAME = "device";

/** What is known of this device, or null where it is none: `{ id, label, prefix, location, last_n, pass, person, … }`. */
export async function readDevice() {
  return (await (await open()).get("meta", NAME)) ?? null;
}

/**
 * Ask the server which device this is; `person` is who is logged in, whose pass comes along. Answers as `readDevice`.
 * Without an answer what was known stays; a device that was revoked keeps what it has to send and is one no more.
 */
export async function learnDevice(person) {
  const known = await readDevice();
  const began = Date.now();
  let response;
  try {
    response = await fetch(ADDRESS, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(8000) });
  } catch {
    return known;
  }
  if (response.status >= 500 || response.status === 429) return known;
  const database = await open();
  if (!response.ok) {
    if (known && [401, 403, 404, 410].includes(response.status)) await database.put("meta", { ...known, isOver: true });
    return readDevice();
  }
  const told = await response.json();
  const offset = offsetOf(response.headers.get("date"), began, Date.now());
  const { id, name: label, prefix, location, last_n, seal_key = null, pass = "" } = told;
  const fact = { name: NAME, id, label, prefix, location, last_n: Number(last_n) || 0, seal_key, pass: pass ?? "", person, offset_ms: offset };
  await database.put("meta", fact);
  return fact;
}

/** By how many milliseconds this clock is ahead of the server's; what lies within its header's second counts as right. */
export function offsetOf(date, began, ended) {
  const told = Date.parse(date ?? "");
  if (Number.isNaN(told)) return 0;
  const offset = (began + ended) / 2 - told - 500;
  return Math.abs(offset) <= 1500 + (ended - began) / 2 ? 0 : Math.round(offset);
}

/** The number on a receipt that this device gives: its prefix and the item's number. */
export const receiptNumber = ({ prefix }, n) => `${prefix}-${String(n).padStart(6, "0")}`;
