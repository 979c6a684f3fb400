// What goods of a sale come to when they come back, by the sale as this device keeps it (lib/store/receipts.js): pure, the
// mirror of orders/tax/shares.py, driven by the same vectors. Sums are ten-thousandths, quantities thousandths.
import { AMOUNT_PLACES, amountText, divide, parseAmount, parseQuantity, quantityText } from "./money.js";
import { cashDifference, shareOf } from "./tax.js";

const WAYS = ["card", "cash"];
const DAY = 86_400_000;

const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0n);
const least = (one, other) => (one < other ? one : other);

/** So much of a line (by its position) came back to this device. */
function returned(sale, position) {
  return sumOf(sale.back.flatMap(({ lines }) => lines.filter((line) => line.position === position)).map(({ quantity }) => parseQuantity(quantity)));
}

/** What of each line is still with the buyer, in the words of `GET …/returns/quote/`: `[{ position, left, pieces }]`. */
export function leftOf(sale) {
  const gone = new Set(sale.back.flatMap(({ lines }) => lines.flatMap(({ serials = [] }) => serials)));
  return sale.lines.map(({ position, quantity, serials = [] }) => ({
    position,
    left: quantityText(parseQuantity(quantity) - returned(sale, position)),
    pieces: serials.filter((number) => !gone.has(number)),
  }));
}

/**
 * What is given back for goods `worth` so much, in coins that exist: never more than is `left` of what was paid, and with
 * the last piece all of it. The mirror of `to_give_back`.
 */
export function toGiveBack(worth, { left, isLast, exponent, cashStep = 0n }) {
  const step = 10n ** BigInt(AMOUNT_PLACES - exponent);
  const inMoney = (amount) => divide(amount, step, "half_up") * step;
  const wanted = inMoney(isLast ? left : worth);
  const given = wanted + cashDifference(wanted, cashStep);
  const due = isLast ? given : least(inMoney(left), given);
  return due > 0n ? due : 0n;
}

/**
 * What some lines (`[{ position, quantity, … }]`) come to, in the words of `POST …/returns/quote/`. `terms` of the shop;
 * `limits` (`{ refund_amount, return_days }`) beyond which somebody must approve it, unless `isFree`; `now` a Date.
 * Throws a RangeError where more comes back than is left.
 */
export function quoteReturn(sale, chosen, terms, { limits = {}, isFree = false, now = new Date() } = {}) {
  const shares = chosen.map(({ position, quantity }) => {
    const line = sale.lines.find((one) => one.position === position);
    const [whole, discount, tax, total] = [parseQuantity(line.quantity), ...[line.discount, line.tax, line.total].map(parseAmount)];
    return { line, ...shareOf({ quantity: whole, discount, tax, total }, returned(sale, position), parseQuantity(quantity), terms) };
  });
  const worth = sumOf(shares.map(({ total }) => total));
  const left = parseAmount(sale.total) + parseAmount(sale.cash_rounding) - sumOf(sale.back.map(({ due }) => parseAmount(due)));
  const rests = new Map(leftOf(sale).map(({ position, left: rest }) => [position, parseQuantity(rest)]));
  for (const { line, quantity } of shares) rests.set(line.position, rests.get(line.position) - quantity);
  const common = { left, isLast: [...rests.values()].every((rest) => rest <= 0n), exponent: terms.exponent };
  const due = toGiveBack(worth, common);
  const cashDue = toGiveBack(worth, { ...common, cashStep: terms.cash_step ? parseAmount(terms.cash_step) : 0n });
  const text = (amount) => amountText(amount, terms.exponent);
  return {
    due: text(due),
    cash_due: text(cashDue),
    by_points: text(0n),
    needs_approval: !isFree && isBeyond(sale, due, limits, now),
    ways: waysOf(sale).map(({ method, amount }) => ({ method, amount: text(amount) })),
    lines: shares.map(({ line, quantity, total, ...rest }) => ({
      sku: line.sku,
      name: line.name,
      unit_price: line.unit_price,
      tax_rate: line.tax_rate,
      quantity: quantityText(-quantity),
      discount: text(-rest.discount),
      net: text(-rest.net),
      tax: text(-rest.tax),
      total: text(-total),
    })),
  };
}

function isBeyond(sale, due, { refund_amount: most = null, return_days: days = null }, now) {
  const isLate = days !== null && dayOf(now) - dayOf(new Date(sale.sold_at)) > Number(days);
  return isLate || (most !== null && due > parseAmount(most));
}

/** The number of the day here, where the till stands. */
const dayOf = (at) => Math.floor((at.getTime() - at.getTimezoneOffset() * 60_000) / DAY);

/** What each way that paid has not got back, cash last; who got more by one than it paid has got the other's. */
function waysOf(sale) {
  const left = new Map(WAYS.map((method) => [method, 0n]));
  for (const { method, amount } of sale.payments) left.set(method, left.get(method) + parseAmount(amount));
  for (const { method, amount } of sale.back.flatMap(({ payments }) => payments)) {
    const part = least(parseAmount(amount), left.get(method));
    left.set(method, left.get(method) - part);
    const other = WAYS.find((one) => one !== method);
    left.set(other, left.get(other) - least(parseAmount(amount) - part, left.get(other)));
  }
  return WAYS.map((method) => ({ method, amount: left.get(method) })).filter(({ amount }) => amount > 0n);
}
