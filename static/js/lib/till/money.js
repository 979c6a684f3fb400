// Exact money: amounts are integers (BigInt) of a ten-thousandth, quantities of a thousandth. The mirror of
// orders/tax/rounding.py and core/money.py; tests/vectors/ compares both on generated cases.

export const AMOUNT_PLACES = 4;
export const QUANTITY_PLACES = 3;

const NUMBER = /^-?\d{1,20}(?:\.\d{1,20})?$/;

/** A decimal text ("12.5") as an integer of `places`. Throws for what is no number or has more places. */
export function parse(text, places) {
  const written = String(text).trim();
  if (!NUMBER.test(written)) throw new RangeError(`“${written}” is not a number`);
  const isNegative = written.startsWith("-");
  const [whole, fraction = ""] = written.replace("-", "").split(".");
  const used = fraction.replace(/0+$/, "");
  if (used.length > places) throw new RangeError(`“${written}” has more than ${places} decimal places`);
  const value = BigInt(whole + used.padEnd(places, "0"));
  return isNegative ? -value : value;
}

export const parseAmount = (text) => parse(text, AMOUNT_PLACES);
export const parseQuantity = (text) => parse(text, QUANTITY_PLACES);

/** The decimal text of an integer of `places`, with at least `least` decimals. */
export function text(value, places, least = 0) {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  let fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  fraction = fraction.padEnd(least, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${value < 0n ? "-" : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}

export const amountText = (value, least = 0) => text(value, AMOUNT_PLACES, least);
export const quantityText = (value) => text(value, QUANTITY_PLACES);

/** `numerator / denominator` to the nearest integer; a tie goes away from zero (half_up) or to the even one. */
export function divide(numerator, denominator, mode) {
  const isNegative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  let quotient = top / bottom;
  const twice = (top % bottom) * 2n;
  const isUp = twice > bottom || (twice === bottom && (mode === "half_up" || quotient % 2n === 1n));
  if (isUp) quotient += 1n;
  return isNegative ? -quotient : quotient;
}

/** The smallest amount a line can come to. `rounding` "exact" keeps four places, as core.money does. */
export const stepOf = ({ exponent, rounding }) => (rounding === "exact" ? 1n : 10n ** BigInt(AMOUNT_PLACES - exponent));

/** A ratio of amounts as a multiple of the step of the shop's `terms`. */
export function rounded(numerator, denominator, terms) {
  const step = stepOf(terms);
  return divide(numerator, denominator * step, terms.rounding) * step;
}

/** Raise those of `floors` with the largest `rests`, the first among equals, by `step` until nothing is `left`. */
export function handOut(floors, rests, left, step) {
  const order = floors.map((_, place) => place);
  order.sort((a, b) => (rests[a] === rests[b] ? a - b : rests[a] > rests[b] ? -1 : 1));
  for (const place of order.slice(0, Number(left / step))) floors[place] += step;
  return floors;
}

/** `amount`, a multiple of `step`, shared by weight so that the shares sum to it: largest remainder first. */
export function spread(amount, weights, step) {
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  if (all === 0n || amount === 0n) return weights.map(() => 0n);
  const below = all * step;
  const floors = weights.map((weight) => floor(amount * weight, below));
  const rests = weights.map((weight, place) => amount * weight - floors[place] * below);
  const given = floors.map((units) => units * step);
  return handOut(given, rests, amount - given.reduce((sum, share) => sum + share, 0n), step);
}

/** The largest integer not above the ratio; `denominator` is positive. */
export function floor(numerator, denominator) {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}
