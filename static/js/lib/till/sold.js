// What was sold, as it was charged: the words of a sale that is sent later (docs/sync.md). Pure.
import { variantOf } from "./cart.js";
import { amountText, parseAmount } from "./money.js";

const METHODS = ["cash", "card"];

/** Whether a sale or a return can be completed without the server: goods, paid or given back by cash or card. */
export function mayWait(body) {
  if (body.returned) return body.returned.payments.every(({ method }) => METHODS.includes(method));
  const isSale = Array.isArray(body.lines) && body.lines.length > 0 && !body.exchange && !body.returned;
  return isSale && !body.gift_cards?.length && body.payments.every(({ method }) => METHODS.includes(method));
}

/** `{ lines, total, cash_rounding }` of the basket of `session`, line by line as in `body`. */
export function asSold(session, body) {
  const least = session.terms.exponent;
  const text = (amount) => amountText(amount, least);
  const { total, cashTotal } = session.totals();
  const isInCash = body.payments.length > 0 && body.payments.every(({ method }) => method === "cash");
  const lines = session.cart.lines.map((line) => {
    const { net, tax, total: sum, discount } = session.amountsOf(line);
    const parts = session.quoted(line)?.tax_parts;
    return {
      variant: variantOf(line),
      sku: line.sku,
      title: line.title,
      ...(line.label ? { label: line.label } : { quantity: line.quantity }), // labels are counted; their units stand on them
      unit_price: session.priceOf(line),
      tax_rate: line.tax_rate,
      discount: text(discount),
      net: text(net),
      tax: text(tax),
      total: text(sum),
      ...(parts?.length ? { tax_parts: parts } : {}),
    };
  });
  return { lines, total: text(total), cash_rounding: text(isInCash ? cashTotal - total : 0n) };
}

/** The change of one payment. */
export function changeOf({ method, amount, tendered }) {
  if (method !== "cash" || tendered === undefined) return "0";
  return amountText(parseAmount(tendered) - parseAmount(amount));
}

/** Taxes of the lines by rate, the highest first: `[{ rate, tax }]`. */
export function taxesOf(lines) {
  const sums = new Map();
  for (const { tax_rate: rate, tax } of lines) {
    const key = amountText(parseAmount(rate));
    sums.set(key, (sums.get(key) ?? 0n) + parseAmount(tax));
  }
  return [...sums]
    .filter(([, tax]) => tax !== 0n)
    .sort(([a], [b]) => (parseAmount(b) > parseAmount(a) ? 1 : -1))
    .map(([rate, tax]) => ({ rate, tax: amountText(tax) }));
}
