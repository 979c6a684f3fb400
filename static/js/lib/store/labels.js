// Lines that are sold at the price on their label: as orders.services.labels reads them, without the server.

import { divide, parseAmount, parseQuantity, rounded } from "../till/money.js";
import { readScan } from "../scan/read.js";
import { priceOf } from "./goods.js";
import { carried, unitsAt } from "./scan.js";

const MOST_LABELS = 1_000_000n; // a thousand, in thousandths
const NEARBY = 50n;

/**
 * What a line's label comes to: `{ units, unitPrice, price }` as integers (thousandths, ten-thousandths), or
 * `{ fault: { field, code, detail } }`. `find` as in `scan.js`; a code of the registry is never a label.
 */
export async function labelOf(line, tables, find, { at, year }) {
  const label = await read(line.label, tables, find, { at, year });
  const count = parseQuantity(line.quantity);
  const refused = (field, code, detail) => ({ fault: { field, code, detail } });
  if (line.unit_price !== undefined && line.unit_price !== null) return refused("unit_price", "label-has-price", "The label says what this costs.");
  if (count % 1000n || count > MOST_LABELS) return refused("quantity", "label-count", "A whole number of labels, at most 1000.");
  if (!label) return refused("label", "label-not-charged", "No rule of this shop charges the price on this label.");
  if (label.problem) return refused("label", "label-unreadable", tables.say(`scan:${label.problem}`) || "What this label is of is not for sale (any more).");
  if (label.row.id !== line.variant) return refused("label", "label-other-article", "This label is of another article.");
  const made = exactly(label, count / 1000n, tables.terms);
  return made ?? refused("quantity", "label-price", "So many of this label come to no price to the cent. Sell them in several lines.");
}

async function read(text, tables, find, { at, year }) {
  const reading = readScan(text, tables.rules, { year });
  const isCharging = tables.rules.some((rule) => rule.charges && rule.pattern === reading.rule);
  if (!reading.charges && !(reading.problem && isCharging)) return null;
  if (await find.code(reading.plain)) return null;
  if (reading.problem) return { problem: reading.problem };
  const found = await carried(reading, find);
  if (!found) return { problem: "unknown-article" };
  const { row, pack } = found;
  const unitPrice = parseAmount(priceOf(row, tables, { at }).price);
  try {
    const units = parseQuantity(unitsAt(reading.price, row, pack, priceOf(row, tables, { at }).price, tables));
    return { row, price: parseAmount(reading.price), units, unitPrice, isMeasured: Boolean(row.unit) && unitPrice > 0n };
  } catch {
    return { problem: "no-quantity" };
  }
}

/** Units and unit price that come to the price of `count` labels; the listed price stays where it does, to the cent. */
function exactly(label, count, terms) {
  const comesTo = (units, unitPrice) => rounded(units * unitPrice, 1000n, terms);
  const due = comesTo(count * 1000n, label.price);
  const usual = label.units * count;
  if (comesTo(usual, label.unitPrice) === due) return { units: usual, unitPrice: label.unitPrice, price: label.price };
  for (const units of label.isMeasured ? around(usual) : [usual]) {
    const unitPrice = divide(label.price * count * 1000n, units, "half_up");
    if (comesTo(units, unitPrice) === due) return { units, unitPrice, price: label.price };
  }
  return null;
}

function* around(units) {
  yield units;
  for (let away = 1n; away <= NEARBY; away += 1n) {
    if (units > away) yield units - away;
    yield units + away;
  }
}
