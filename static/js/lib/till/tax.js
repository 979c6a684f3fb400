// What lines come to, rounded per line or once per tax and document: the mirror of orders/tax/documents.py, driven by the
// same vectors. Amounts and rates are ten-thousandths (BigInt), quantities thousandths.
import { AMOUNT_PLACES, QUANTITY_PLACES, divide, floor, handOut, rounded, stepOf } from "./money.js";

const HUNDRED_PER_CENT = 100n * 10n ** BigInt(AMOUNT_PLACES);
const THOUSAND = 10n ** BigInt(QUANTITY_PLACES);

/** Each tax as a fraction of the amount, all with one denominator. `parts`: `[{ name, rate, onTop }]`, or one `rate`. */
export function factors({ rate, parts = [] }, inclusive) {
  const several = parts.length ? parts : [{ name: "", rate, onTop: false }];
  let denominator = 1n;
  let together = 0n;
  let numerators = [];
  for (const part of several) {
    const numerator = part.rate * (part.onTop ? denominator + together : denominator);
    denominator *= HUNDRED_PER_CENT;
    numerators = [...numerators.map((number) => number * HUNDRED_PER_CENT), numerator];
    together = together * HUNDRED_PER_CENT + numerator;
  }
  const below = inclusive ? denominator + together : denominator;
  return several.map((part, place) => ({ ...part, numerator: numerators[place], denominator: below }));
}

/** A line before discounts. */
export const grossAmount = ({ quantity, unitPrice }, terms) => rounded(quantity * unitPrice, THOUSAND, terms);

/**
 * The amounts of each line of one document: `[{ net, tax, total, parts: [{ name, rate, amount }] }]`.
 * @param lines `[{ quantity, unitPrice, rate, parts = [], discount = 0n }]`
 * @param terms `{ inclusive, exponent, rounding, by_document }` of the shop.
 */
export function documentAmounts(lines, terms) {
  const amounts = lines.map((line) => grossAmount(line, terms) - rounded(line.discount ?? 0n, 1n, terms));
  const taxes = lines.map((line) => factors(line, terms.inclusive));
  const shares = terms.by_document
    ? byDocument(amounts, taxes, terms)
    : taxes.map((ofLine, place) =>
        ofLine.map((tax) => rounded(amounts[place] * tax.numerator, tax.denominator, terms)),
      );
  return amounts.map((amount, place) => {
    const tax = shares[place].reduce((sum, share) => sum + share, 0n);
    const parts = taxes[place].map(({ name, rate }, which) => ({ name, rate, amount: shares[place][which] }));
    return terms.inclusive
      ? { net: amount - tax, tax, total: amount, parts }
      : { net: amount, tax, total: amount + tax, parts };
  });
}

/** Amounts of one line, rounded on its own. */
export function lineAmounts(line, terms) {
  const [{ net, tax, total }] = documentAmounts([line], { ...terms, by_document: false });
  return { net, tax, total };
}

/** What is paid more (or, negative, less) than `total` where `cashStep` is the smallest coin; half goes up. */
export function cashDifference(total, cashStep) {
  return cashStep ? divide(total, cashStep, "half_up") * cashStep - total : 0n;
}

/** What `now` units come to after `already` of them came back: as orders.tax.share_of, of `{ quantity, net, … }`. */
export function shareOf(line, already, now, terms) {
  const after = already + now;
  if (already < 0n || now <= 0n || after > line.quantity) throw new RangeError("There are not so many left");
  const running = (amount, units) =>
    units === line.quantity ? amount : rounded(amount * units, line.quantity, terms);
  const part = (amount) => running(amount, after) - running(amount, already);
  const tax = part(line.tax);
  const total = part(line.total);
  return { quantity: now, discount: part(line.discount), net: total - tax, tax, total };
}

function byDocument(amounts, taxes, terms) {
  const step = stepOf(terms);
  const shares = taxes.map((ofLine) => ofLine.map(() => 0n));
  const together = new Map();
  taxes.forEach((ofLine, place) =>
    ofLine.forEach((tax, which) => {
      const key = JSON.stringify([tax.name, String(tax.rate)]);
      together.set(key, [...(together.get(key) ?? []), { place, which, tax }]);
    }),
  );
  for (const members of together.values()) {
    const below = [...new Set(members.map(({ tax }) => tax.denominator))].reduce((a, b) => a * b, 1n);
    const exact = members.map(({ place, tax }) => amounts[place] * tax.numerator * (below / tax.denominator));
    const whole = divide(exact.reduce((sum, number) => sum + number, 0n), below * step, terms.rounding) * step;
    const floors = exact.map((number) => floor(number, below * step));
    const rests = exact.map((number, at) => number - floors[at] * below * step);
    const given = floors.map((units) => units * step);
    handOut(given, rests, whole - given.reduce((sum, share) => sum + share, 0n), step);
    members.forEach(({ place, which }, at) => (shares[place][which] += given[at]));
  }
  return shares;
}
