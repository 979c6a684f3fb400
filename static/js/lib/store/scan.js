// What a code means, by what the device keeps: as inventory.selectors.codes answers it, without the server.

import { ApiProblem } from "../api.js";
import { divide, parseAmount, parseQuantity, quantityText } from "../till/money.js";
import { readScan } from "../scan/read.js";
import { priceOf } from "./goods.js";

const LONGEST = 300;
// Texts of other apps; what they stand for only the server knows.
const RECEIPT = /^R-[0-9A-Z-]{3,40}$/;
// Units of weight in billionths of a gram.
const WEIGHTS = { kg: 10n ** 12n, g: 10n ** 9n, lb: 453_592_370_000n, oz: 28_349_523_125n };
const PLACES_OF_QUANTITY_IN_AMOUNT = 10n;

/** What cannot be said without the server. */
export function away(detail) {
  return new ApiProblem({ status: 0, code: "away", title: "The server is away", detail });
}

/**
 * What a scanned or typed text stands for: `{ row, code, pack, reading }`. `find` is the registry of the device:
 * `find.code(text)` answers `{ row, code, pack }` or null, `find.sku(text)` a row or null; both may be promises.
 * Throws an `ApiProblem`: "unknown-code", "nonsense-code", or "away" for what only the server knows.
 */
export async function meaningOf(typed, tables, find, { year }) {
  if (typed.length > LONGEST || /[\x00-\x1c\x1e\x1f\x7f]/.test(typed)) throw unknown(typed);
  let reading = readScan(typed, [], { year });
  let found = reading.plain && (await find.code(reading.plain));
  if (!found && RECEIPT.test(reading.plain)) throw away("This receipt is not kept on this device: it can be looked up when the server is there again.");
  if (!found) {
    reading = readScan(typed, tables.rules, { year });
    found = await carrier(reading, tables, find);
  }
  if (!found && reading.plain) found = await bySku(reading.plain, find);
  if (!found) throw unknown(reading.plain);
  const isPlain = reading.form === "plain" || found.code === reading.plain;
  return { ...found, reading: isPlain ? null : reading };
}

/** The article that a reading carries, by the first of its items that is known; as a code, else as a SKU. */
export async function carried(reading, find) {
  for (const item of reading.items) {
    const found = await find.code(item);
    if (found) return found;
  }
  for (const item of reading.items) {
    const found = await bySku(item, find);
    if (found) return found;
  }
  return null;
}

async function carrier(reading, tables, find) {
  if (reading.form === "plain") return null;
  if (reading.problem) throw nonsense(reading.problem, tables);
  const found = await carried(reading, find);
  if (!found) throw unknown(reading.plain);
  return found;
}

async function bySku(sku, find) {
  const row = await find.sku(sku);
  return row ? { row, code: sku, pack: "1" } : null;
}

/** Units and price of one scan: `{ quantity, price, charges }` as decimal texts, `price` null where it says none. */
export function measureOf({ row, pack, reading }, tables, { at }) {
  if (reading === null) return { quantity: pack, price: null, charges: false };
  if (reading.currency && reading.currency !== (tables.terms.currency_number || reading.currency)) throw nonsense("other-currency", tables);
  const price = reading.price || null;
  return { quantity: unitsOf(row, pack, reading, price, tables, at), price, charges: reading.charges };
}

function unitsOf(row, pack, reading, price, tables, at) {
  if (reading.quantity && reading.unit) return inUnit(reading.quantity, reading.unit, row.unit ?? "", tables);
  if (reading.quantity) return kept(parseQuantity(reading.quantity) * parseQuantity(pack), 1000n, tables);
  return price === null ? pack : unitsAt(price, row, pack, priceOf(row, tables, { at }).price, tables);
}

/** How much of an article a price stands for: of what is sold by measure its share, else the pack. */
export function unitsAt(price, row, pack, unitPrice, tables) {
  const each = parseAmount(unitPrice);
  if (!row.unit || each <= 0n) return pack;
  return kept(parseAmount(price) * 1000n, each, tables);
}

function inUnit(quantity, unit, wanted, tables) {
  const amount = parseAmount(quantity);
  if (wanted === "" || wanted === unit) return kept(amount, PLACES_OF_QUANTITY_IN_AMOUNT, tables);
  if (!WEIGHTS[wanted]) throw nonsense("not-by-weight", tables);
  return kept(amount * WEIGHTS[unit], WEIGHTS[wanted] * PLACES_OF_QUANTITY_IN_AMOUNT, tables);
}

/** A ratio of thousandths as a quantity. */
function kept(numerator, denominator, tables) {
  const rounded = divide(numerator, denominator, "half_up");
  if (rounded === 0n) throw nonsense("no-quantity", tables);
  return quantityText(rounded);
}

function unknown(code) {
  return new ApiProblem({
    status: 404,
    code: "unknown-code",
    title: "Nothing carries this code",
    detail: "Nothing that this device keeps carries this code. The server may know it.",
    body: { scanned: code.slice(0, 80) },
  });
}

function nonsense(problem, tables) {
  const detail = tables.say(`scan:${problem}`) || "This code says something impossible.";
  return new ApiProblem({ status: 422, code: "nonsense-code", title: "This code says something impossible", detail, body: { problem } });
}

/** Of rows that carry a code in some spelling: the one as it is stored, else the only one that differs in case. */
export function carrierOf(code, rows) {
  const upper = code.toUpperCase();
  const alike = rows.flatMap((row) => (row.packs ?? []).filter(([stored]) => stored.toUpperCase() === upper).map(([stored, pack]) => ({ row, code: stored, pack })));
  return alike.find((one) => one.code === code) ?? (alike.length === 1 ? alike[0] : null);
}
