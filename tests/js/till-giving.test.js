// What goods of a kept sale come to when they come back, as the server gives it back. The cases: tests/vectors/returns.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOf, quoteReturn } from "../../static/js/lib/till/giving.js";
import { amountText, parseAmount } from "../../static/js/lib/till/money.js";
import { backOf, numberOf, ofBooked, ofOwnSale, withBack } from "../../static/js/lib/store/receipts.js";
import { vectors } from "./vectors.mjs";

const plain = (text) => amountText(parseAmount(text));

test("in whatever steps goods come back, each step gives back what the server would", () => {
  const cases = vectors("returns");
  assert.ok(cases.length >= 2_000);
  for (const { terms, sale: sold, steps } of cases) {
    let sale = { ...sold, back: [] };
    for (const [turn, { lines, shares, due, cash_due: coins, by_cash: byCash }] of steps.entries()) {
      const quote = quoteReturn(sale, lines, terms);
      const about = JSON.stringify({ terms, sale, lines });
      assert.deepEqual(quote.lines.map(({ discount, net, tax, total }) => [discount, net, tax, total].map(plain)), shares, about);
      assert.deepEqual([plain(quote.due), plain(quote.cash_due)], [due, coins], about);
      const given = byCash ? quote.cash_due : quote.due;
      const payments = [{ method: byCash ? "cash" : "card", amount: given }];
      sale = withBack(sale, backOf({ id: `r${turn}`, lines, expected_total: given, payments }));
    }
    assert.ok(leftOf(sale).every(({ left }) => left === "0"));
  }
});

const terms = { inclusive: true, rounding: "half_up", exponent: 2, currency: "GBP", by_document: false, cash_step: null };
const line = { variant: "tea", sku: "TEA", title: "Tea", quantity: "2", unit_price: "4.50", tax_rate: "20", discount: "0.00", net: "7.50", tax: "1.50", total: "9.00" };
const order = { id: "o", lines: [{ variant: "tea", quantity: "2" }], payments: [{ method: "card", amount: "6.00" }, { method: "cash", amount: "3.00", tendered: "5.00" }] };
const own = { order, as_sold: { lines: [line], total: "9.00", cash_rounding: "0.00" }, receipt_number: "K3-000001" };
const sale = ofOwnSale(own, { at: "2026-11-20T10:00:00.000Z", units: ["2"] });

test("a card gets back what it paid at most, and what it got in cash is gone of it", () => {
  assert.deepEqual(quoteReturn(sale, [{ position: 1, quantity: "1" }], terms).ways, [{ method: "card", amount: "6.00" }, { method: "cash", amount: "3.00" }]);
  const some = withBack(sale, { id: "r", due: "4.50", lines: [{ position: 1, quantity: "1", serials: [] }], payments: [{ method: "cash", amount: "4.50" }] });
  assert.deepEqual(quoteReturn(some, [{ position: 1, quantity: "1" }], terms).ways, [{ method: "card", amount: "4.50" }]);
  assert.deepEqual(withBack(some, { ...some.back[0] }), some);
});

test("more than is left does not come back", () => {
  for (const quantity of ["3", "0", "-1"]) assert.throws(() => quoteReturn(sale, [{ position: 1, quantity }], terms), RangeError);
});

test("late and large returns ask for somebody, unless the cashier may", () => {
  const now = new Date("2026-11-25T10:00:00Z");
  const asks = (limits, isFree = false) => quoteReturn(sale, [{ position: 1, quantity: "1" }], terms, { limits, isFree, now }).needs_approval;
  assert.equal(asks({ refund_amount: null, return_days: null }), false);
  assert.equal(asks({ return_days: 5 }), false);
  assert.equal(asks({ return_days: 4 }), true);
  assert.equal(asks({ refund_amount: "4.50" }), false);
  assert.equal(asks({ refund_amount: "4.49" }), true);
  assert.equal(asks({ refund_amount: "4.49" }, true), false);
});

test("pieces that came back are not there to choose", () => {
  const pieces = ofOwnSale({ ...own, order: { ...order, lines: [{ ...order.lines[0], serials: ["A", "B"] }] } }, { at: sale.sold_at, units: ["2"] });
  assert.deepEqual(leftOf(pieces), [{ position: 1, left: "2", pieces: ["A", "B"] }]);
  const some = withBack(pieces, { id: "r", due: "4.50", lines: [{ position: 1, quantity: "1", serials: ["A"] }], payments: [] });
  assert.deepEqual(leftOf(some), [{ position: 1, left: "1", pieces: ["B"] }]);
});

test("only what a device can give back alone is kept, and nobody's name with it", () => {
  const booked = { kind: "sale", state: "completed", id: "o", number: "8KQ", receipt_number: "", occurred_at: sale.sold_at, total: "9.00", cash_rounding: "0.00", customer: "c", lines: [{ ...line, name: "Tea" }], payments: order.payments };
  assert.deepEqual(ofBooked(booked, { lines: order.lines }), { ...sale, number: "8KQ", numbers: ["8KQ"] });
  assert.equal(ofBooked({ ...booked, payments: [{ method: "giftcard", amount: "9.00" }] }, {}), null);
  assert.equal(ofBooked({ ...booked, gift_cards: [{}] }, {}), null);
  assert.equal(ofBooked({ ...booked, kind: "refund" }, {}), null);
  assert.equal(ofOwnSale(own, { at: "", units: [undefined] }), null);
});

test("a receipt is named by R- and its number", () => {
  assert.equal(numberOf(" r-k3-000001 "), "K3-000001");
  for (const text of ["K3-000001", "R-", "R-a b", "4006381333931"]) assert.equal(numberOf(text), null);
});
