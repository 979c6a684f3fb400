// Exact money: amounts are integers (BigInt) of a ten-thousandth, quantities of a thousandth. The mirror of
// orders/tax.py and core/money.py; tests/test_pages_money.py compares both on generated cases.

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

/** A ratio of amounts in the currency's smallest unit. `rounding` "exact" keeps four places, as core.money does. */
function rounded(numerator, denominator, { exponent, rounding }) {
  const places = rounding === "exact" ? AMOUNT_PLACES : exponent;
  const step = 10n ** BigInt(AMOUNT_PLACES - places);
  return divide(numerator, denominator * step, rounding === "half_up" ? "half_up" : "half_even") * step;
}

/**
 * Amounts of a line, rounded per line, as orders.tax.line_amounts: `{ net, tax, total }`.
 * @param line `{ quantity, unitPrice, rate, discount = 0n }`: thousandths, ten-thousandths, per cent in ten-thousandths.
 * @param terms `{ inclusive, exponent, rounding }` of the shop.
 */
export function lineAmounts({ quantity, unitPrice, rate, discount = 0n }, terms) {
  const thousandth = 10n ** BigInt(QUANTITY_PLACES);
  const amount = rounded(quantity * unitPrice - discount * thousandth, thousandth, terms);
  const hundred = 100n * 10n ** BigInt(AMOUNT_PLACES);
  if (terms.inclusive) {
    const tax = rounded(amount * rate, hundred + rate, terms);
    return { net: amount - tax, tax, total: amount };
  }
  const tax = rounded(amount * rate, hundred, terms);
  return { net: amount, tax, total: amount + tax };
}
