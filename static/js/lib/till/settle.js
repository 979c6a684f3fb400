// What is sent when a basket is settled: a sale, or with goods that come back an exchange or a return. Pure; loaded with
// the payment.
import { amountText } from "./money.js";
import { stated } from "./back.js";
import { sold } from "./cards.js";
import { toldApart, totals, worthOf } from "./cart.js";

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

/** The body of `POST /api/v1/orders/`. `payments`: `{ method, amount, tendered }` in ten-thousandths, as `total` is. */
export function toBody(cart, { location, payments, terms, total = totals(cart, terms).total + worthOf(cart), register = null, acceptShortage = false }) {
  const least = terms.exponent;
  return {
    id: cart.id,
    location,
    channel: "counter",
    lines: cart.lines.map(toldApart),
    ...(cart.cards?.length ? { gift_cards: sold(cart, least) } : {}),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
    ...(cart.coupons?.length ? { coupons: cart.coupons } : {}),
    ...(cart.discount ? { discount: cart.discount } : {}),
    ...(cart.approval ? { approval: cart.approval.id } : {}),
    ...(cart.expired ? { accept_expired: true, ...(cart.expired.id ? { approvals: [cart.expired.id] } : {}) } : {}),
    ...(register ? { register: register.id } : {}),
    payments: payments.map(({ method, amount, tendered, code }) => ({
      method,
      amount: amountText(amount, least),
      ...(code ? { code } : {}),
      ...(tendered === undefined ? {} : { tendered: amountText(tendered, least) }),
    })),
    expected_total: amountText(total, least),
    ...(acceptShortage ? { accept_shortage: true } : {}),
  };
}

/** The same body where more is sold than the record says is there. */
export function acceptingShortage(body) {
  if (!body.exchange) return { ...body, accept_shortage: true };
  const { exchange } = body;
  return { ...body, exchange: { ...exchange, sale: { ...exchange.sale, accept_shortage: true } } };
}
