// What a scanned text says by itself: GS1 element strings, and codes that carry a weight, a price or a number.
// The mirror of inventory/reading.py, for tills without a network; tests/vectors/scans.json is run by both.
import { checkDigit, isGtin, normalise } from "./gtin.js";

const GS = "\x1d";
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;
const GS1_SYMBOLOGIES = new Set(["]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"]);
const DIGITS = /^[0-9]+$/;
const PRINTABLE = /^[\x20-\x7e]+$/;
const TWO_DIGITS = "00 01 02 03 04 10 11 12 13 15 16 17 20 21 22 30 37 90 91 92 93 94 95 96 97 98 99".split(" ");
const THREE_DIGITS = "23 24 25 40 41 42 71".split(" ");
const FOUR_DIGITS = "31 32 33 34 35 36 39 43 70 72 80 81 82".split(" ");
const IDENTIFIERS = new Map([
  ...TWO_DIGITS.map((family) => [family, 2]),
  ...THREE_DIGITS.map((family) => [family, 3]),
  ...FOUR_DIGITS.map((family) => [family, 4]),
]);
const FIXED = new Map(
  Object.entries({
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, 11: 6, 12: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2,
    31: 6, 32: 6, 33: 6, 34: 6, 35: 6, 36: 6, 41: 13,
  }),
);
const LONGEST = { 10: 20, 21: 20, 30: 8, 37: 8 };
const LONGEST_DATA = 90;
const DATES = ["11", "12", "13", "15", "16", "17"];
const QUANTITY_PLACES = 3;
const PRICE_PLACES = 4;
// Weights of the check digit over a price or a weight (GS1 General Specifications, 7.9.2): product with 2-, 3, 5+, 5-.
const TWO_MINUS = [0, 2, 4, 6, 8, 9, 1, 3, 5, 7];
const TIMES_THREE = [0, 3, 6, 9, 2, 5, 8, 1, 4, 7];
const FIVE_PLUS = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9];
const FIVE_MINUS = [0, 5, 9, 4, 8, 3, 7, 2, 6, 1];

class Nonsense extends Error {}

/** The check digit over a price or weight of four or five digits. */
export function measureCheckDigit(digits) {
  const weights = digits.length === 4 ? [TWO_MINUS, TWO_MINUS, TIMES_THREE, FIVE_MINUS] : [FIVE_PLUS, TWO_MINUS, FIVE_MINUS, FIVE_PLUS, TWO_MINUS];
  const sum = weights.reduce((total, weight, place) => total + weight[Number(digits[place])], 0);
  return digits.length === 4 ? (sum * 3) % 10 : FIVE_MINUS.indexOf((10 - (sum % 10)) % 10);
}

/**
 * What a scan says under `rules` (`[{ pattern, decimals, charges }]`, the first that fits decides); `year` is today's.
 * Answers what inventory.reading.Reading says: `{ form, plain, items, quantity, unit, price, currency, lot, serial,
 * expires_on, rule, problem, charges }`, numbers as decimal texts.
 */
export function readScan(text, rules, { year }) {
  const raw = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const mark = SYMBOLOGY.exec(raw)?.[0] ?? "";
  const body = raw.slice(mark.length);
  const plain = normalise(body.replace(/^\x1d+|\x1d+$/g, ""));
  const isMarked = GS1_SYMBOLOGIES.has(mark) || body.includes(GS) || /^\(\d{2,4}\)[^()]+/.test(body);
  if (isMarked || beginsWithGtin(body)) {
    try {
      const elements = body.startsWith("(") ? bracketed(body) : elementsOf(body.replace(/^\x1d+/, ""));
      return reading({ ...fromGs1(elements, year), plain });
    } catch (problem) {
      if (!(problem instanceof Nonsense)) throw problem;
      return isMarked ? reading({ form: "gs1", plain, problem: problem.message }) : reading({ plain });
    }
  }
  return embedded(body, plain, rules) ?? reading({ plain });
}

function reading(values) {
  const nothing = { quantity: "", unit: "", price: "", currency: "", lot: "", serial: "", expires_on: "", rule: "", problem: "", charges: false };
  return { form: "plain", plain: "", items: [], ...nothing, ...values };
}

function beginsWithGtin(body) {
  return body.length > 16 && body.startsWith("01") && isGtin(body.slice(2, 16));
}

function bracketed(body) {
  const pattern = /\((\d{2,4})\)([^()]+)/g;
  if (body.replace(pattern, "")) throw new Nonsense("gs1-malformed");
  return [...body.matchAll(pattern)].map(([, identifier, value]) => {
    const family = identifier.slice(0, 2);
    const fixed = FIXED.get(family);
    if (IDENTIFIERS.get(family) !== identifier.length) throw new Nonsense("gs1-malformed");
    if (fixed && !(value.length === fixed && DIGITS.test(value))) throw new Nonsense("gs1-malformed");
    return [identifier, value];
  });
}

function elementsOf(body) {
  const found = [];
  let at = 0;
  while (at < body.length) {
    const size = IDENTIFIERS.get(body.slice(at, at + 2)) ?? 0;
    const identifier = body.slice(at, at + size);
    if (!size || identifier.length < size || !DIGITS.test(identifier)) throw new Nonsense("gs1-malformed");
    at += size;
    const fixed = FIXED.get(identifier.slice(0, 2));
    let value;
    if (fixed) {
      value = body.slice(at, at + fixed);
      if (value.length < fixed || !DIGITS.test(value)) throw new Nonsense("gs1-malformed");
    } else {
      value = body.slice(at).split(GS, 1)[0];
    }
    at += value.length;
    found.push([identifier, value]);
    if (body[at] === GS) at += 1;
  }
  return found;
}

function fromGs1(elements, year) {
  const found = new Map();
  for (const [identifier, value] of elements) {
    if (!value || value.length > (LONGEST[identifier] ?? LONGEST_DATA) || !PRINTABLE.test(value)) throw new Nonsense("gs1-malformed");
    if (found.has(identifier) && found.get(identifier) !== value) throw new Nonsense("gs1-twice");
    found.set(identifier, value);
  }
  const item = found.get("01") ?? found.get("02");
  if (item === undefined) throw new Nonsense("gs1-no-item");
  if (!isGtin(item)) throw new Nonsense("gs1-check-digit");
  const dates = new Map(DATES.filter((name) => found.has(name)).map((name) => [name, dateOf(found.get(name), year)]));
  return {
    form: "gs1",
    items: [item, ...within(item)],
    ...measured(found),
    ...priced(found),
    lot: found.get("10") ?? "",
    serial: found.get("21") ?? "",
    expires_on: dates.get("17") ?? dates.get("15") ?? "",
  };
}

function within(item) {
  if (!item.startsWith("9")) return [];
  const inner = `0${item.slice(1, -1)}`;
  return [`${inner}${checkDigit(inner)}`];
}

function measured(found) {
  for (const [family, unit] of [["310", "kg"], ["320", "lb"]]) {
    for (const [identifier, value] of found) {
      if (!identifier.startsWith(family)) continue;
      const places = Number(identifier.at(-1));
      if (places > 5) throw new Nonsense("gs1-malformed");
      return { quantity: quantityOf(value, places), unit };
    }
  }
  for (const identifier of ["30", "37"]) {
    const value = found.get(identifier);
    if (value === undefined) continue;
    if (!DIGITS.test(value)) throw new Nonsense("gs1-malformed");
    return { quantity: quantityOf(value, 0), unit: "" };
  }
  return {};
}

function priced(found) {
  for (const [identifier, value] of found) {
    if (!/^39[23]/.test(identifier)) continue;
    const start = identifier.startsWith("393") ? 3 : 0;
    const currency = value.slice(0, start);
    const amount = value.slice(start);
    if (!DIGITS.test(amount) || amount.length > 15 || (currency && !DIGITS.test(currency))) throw new Nonsense("gs1-malformed");
    return { price: priceOf(amount, Number(identifier.at(-1))), currency };
  }
  return {};
}

/** YYMMDD within fifty years of today; day 00 is the last of the month. */
function dateOf(value, year) {
  const [short, month, day] = [0, 2, 4].map((start) => Number(value.slice(start, start + 2)));
  const gap = short - (year % 100);
  const century = Math.floor(year / 100) + (gap >= 51 ? -1 : gap <= -50 ? 1 : 0);
  const whole = century * 100 + short;
  const last = new Date(Date.UTC(whole, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day > last) throw new Nonsense("impossible-date");
  return `${whole}-${String(month).padStart(2, "0")}-${String(day || last).padStart(2, "0")}`;
}

function embedded(body, plain, rules) {
  if (!DIGITS.test(body)) return null;
  const twin = body.length === 13 && body.startsWith("0") ? body.slice(1) : body.length === 12 ? `0${body}` : body;
  for (const rule of rules) {
    for (const form of new Set([body, twin])) {
      if (!fits(rule.pattern, form)) continue;
      try {
        return carried(rule, form, plain);
      } catch (problem) {
        if (!(problem instanceof Nonsense)) throw problem;
        return reading({ form: "embedded", plain, rule: rule.pattern, problem: problem.message });
      }
    }
  }
  return null;
}

/** Whether a code of digits has the form of a pattern, its own check digit included. */
export function fits(pattern, code) {
  if (pattern.length !== code.length) return false;
  if ([...pattern].some((place, at) => DIGITS.test(place) && place !== code[at])) return false;
  return !pattern.includes("C") || checkDigit(code.slice(0, -1)) === Number(code.at(-1));
}

function carried(rule, code, plain) {
  const { pattern, decimals } = rule;
  const letter = [..."WPN"].find((one) => pattern.includes(one));
  const field = (wanted) => [...code].filter((_, at) => pattern[at] === wanted).join("");
  const [number, item, verifier] = [field(letter), field("I"), field("V")];
  if (verifier && measureCheckDigit(number) !== Number(verifier)) throw new Nonsense("measure-check-digit");
  let base = [...code].map((digit, at) => (DIGITS.test(pattern[at]) || pattern[at] === "I" ? digit : "0")).join("");
  if (pattern.includes("C")) base = `${base.slice(0, -1)}${checkDigit(base.slice(0, -1))}`;
  return reading({
    form: "embedded",
    plain,
    items: [...new Set([normalise(base), item, item.replace(/^0+/, "") || item])],
    quantity: letter === "P" ? "" : quantityOf(number, decimals),
    price: letter === "P" ? priceOf(number, decimals) : "",
    rule: pattern,
    charges: letter === "P" && Boolean(rule.charges),
  });
}

const quantityOf = (digits, places) => numberOf(digits, places, QUANTITY_PLACES, "no-quantity");
const priceOf = (digits, places) => numberOf(digits, places, PRICE_PLACES, "no-price");

function numberOf(digits, places, most, none) {
  const padded = digits.padStart(places + 1, "0");
  const whole = padded.slice(0, padded.length - places).replace(/^0+(?=\d)/, "");
  const fraction = padded.slice(padded.length - places).replace(/0+$/, "");
  if (!/[1-9]/.test(digits)) throw new Nonsense(none);
  if (fraction.length > most) throw new Nonsense("too-precise");
  return fraction ? `${whole}.${fraction}` : whole;
}
