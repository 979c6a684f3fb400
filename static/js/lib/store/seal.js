// What leaves this device unsent is readable by the shop's server alone: an ephemeral P-256 key, HKDF-SHA256, AES-256-GCM,
// as core/devices/sealing.py opens it.
import { open } from "./open.js";
import { tell } from "./queue.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const INFO = "retail-saas sealed item v1";
const utf8 = (text) => new TextEncoder().encode(text);

/** Whether this device knows what to seal for. */
export const canSeal = (device) => Boolean(device?.seal_key && device.bound_to && globalThis.crypto?.subtle);

/** A text that only the shop can read, and only as coming from this device. */
export async function sealed(text, device) {
  const { subtle } = crypto;
  const { kid, kty, crv, x, y } = device.seal_key;
  const theirs = await subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, []);
  const ours = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const epk = await subtle.exportKey("raw", ours.publicKey);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const base = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: epk, info: utf8(INFO) };
  const key = await subtle.deriveKey(derived, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const ct = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(device.bound_to) }, key, utf8(text));
  return { v: 1, kid, epk: base64url(epk), iv: base64url(iv), ct: base64url(ct) };
}

/** An item with all but its number sealed. */
export async function sealedItem(item, device) {
  if (item.sealed) return { n: item.n, sealed: item.sealed };
  const { id, kind, v, body, occurred_at, offset_ms, author } = item;
  return { n: item.n, sealed: await sealed(JSON.stringify({ id, kind, v, body, occurred_at, offset_ms, author }), device) };
}

/** Seal everything that waits: it is still sent, and nobody can read it here any more. */
export async function sealQueue(device) {
  const database = await open();
  for (const item of await database.getAll("queue")) {
    if (item.sealed) continue;
    const closed = await sealedItem(item, device); // takes its time: not inside a transaction
    const transaction = database.transaction("queue", "readwrite", { durability: "strict" });
    const now = await transaction.store.get(item.n);
    if (now) await transaction.store.put({ ...closed, occurred_at: item.occurred_at, by: "" });
    await transaction.done;
  }
  const sent = await database.get("meta", "sent");
  if (sent) await database.put("meta", { name: "sent", rows: [] });
  tell();
}

/** What waits, for a disk: one sealed item per line. */
export async function rescueFile(items, device) {
  const lines = await Promise.all(items.map(async (item) => JSON.stringify(await sealedItem(item, device))));
  return new Blob([`${lines.join("\n")}\n`], { type: "application/x-ndjson" });
}

function base64url(bytes) {
  const text = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
