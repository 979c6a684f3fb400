// What is sent when a basket is settled: a sale, or with goods that come back an exchange or a return. Pure; loaded with
// the payment.
import { amountText } from "./money.js";
import { stated } from "./back.js";
import { toBody } from "./cart.js";

/**
 * The body of what settles a basket. A sale is the body of `POST /api/v1/orders/`. Where goods come back it is
 * `{ id, location, of, exchange }` or `{ id, location, of, returned }`: `of` the sale they come from, `id` the document
 * that a lost answer is looked up by. `sums` as `settled` in back.js answers them, `taken` as `toBody` wants payments.
 */
export function toSettle(cart, { location, taken, terms, sums, register = null }) {
  const { back } = cart;
  const isGivenBack = sums.due < 0n;
  const payments = sums.due === 0n && back ? [] : taken;
  const common = { location, terms, total: sums.total, register };
  if (!back) return toBody(cart, { ...common, payments });
  const inCash = payments.length > 0 && payments.every(({ method }) => method === "cash");
  const returned = {
    id: back.refund,
    lines: back.lines.map(stated),
    reason: back.reason,
    expected_total: inCash ? back.cash_due : back.due,
    payments: isGivenBack ? payments.map(({ method, amount }) => ({ method, amount: amountText(amount, terms.exponent) })) : [],
    ...(back.approval ? { approval: back.approval.id } : {}),
  };
  if (cart.lines.length === 0 && !cart.cards?.length) {
    const where = { location, ...(register ? { register: register.id } : {}) };
    return { id: back.refund, location, of: back.order, returned: { ...returned, ...where } };
  }
  const sale = toBody(cart, { ...common, payments: isGivenBack ? [] : payments });
  return { id: cart.id, location, of: back.order, exchange: { ticket: back.ticket, returned, sale } };
}

/** The same body where more is sold than the record says is there. */
export function acceptingShortage(body) {
  if (!body.exchange) return { ...body, accept_shortage: true };
  const { exchange } = body;
  return { ...body, exchange: { ...exchange, sale: { ...exchange.sale, accept_shortage: true } } };
}
