import assert from "node:assert/strict";
import { test } from "node:test";
import { mostBack, nextBack, returnable, toBack } from "../../static/js/lib/till/back.js";
import { addArticle, emptyCart, settled, withBack } from "../../static/js/lib/till/cart.js";
import { acceptingShortage, toSettle } from "../../static/js/lib/till/settle.js";

const TERMS = { inclusive: true, exponent: 2, rounding: "half_up", by_document: false };
const CUP = { id: "cup", sku: "CUP", title: "Cup", unit_price: "12.0000", tax_rate: "20.0000" };
const IDS = { refund: "refund", ticket: "ticket" };
const ORDER = { id: "origin", number: "4711", customer: null };
const CHOSEN = [{ position: 1, quantity: "1", disposition: "damaged" }];
const quote = (due, more = {}) => ({ due, cash_due: due, by_points: "0.00", needs_approval: false, lines: [{ name: "Tea", sku: "TEA", unit_price: due, total: `-${due}` }], ...more });
const basket = (due, more) => withBack(addArticle(emptyCart("sale"), CUP), toBack(ORDER, quote(due, more), { chosen: CHOSEN, reason: "Faulty", ids: IDS }));
const sumsOf = (cart, total = 120_000n) => settled({ total, cashTotal: total }, cart.back);
const settle = (cart, taken, total) => toSettle(cart, { location: "main", taken, terms: TERMS, sums: sumsOf(cart, total) });

test("what comes back is set off against what is bought", () => {
  assert.equal(sumsOf(basket("4.50")).due, 75_000n);
  assert.equal(sumsOf(basket("15.00")).due, -30_000n);
});

test("points that go back by themselves are no money", () => {
  const { due, cashDue } = sumsOf(basket("4.50", { by_points: "1.00", cash_due: "4.50" }));
  assert.deepEqual([due, cashDue], [85_000n, 85_000n]);
});

test("an exchange is paid in its sale, or given back in its return, never both", () => {
  const paid = settle(basket("4.50"), [{ method: "cash", amount: 75_000n, tendered: 100_000n }]);
  assert.deepEqual([paid.of, paid.id, paid.exchange.ticket], ["origin", "sale", "ticket"]);
  assert.deepEqual(paid.exchange.returned.payments, []);
  assert.deepEqual(paid.exchange.sale.payments, [{ method: "cash", amount: "7.50", tendered: "10.00" }]);
  const given = settle(basket("15.00"), [{ method: "credit", amount: 30_000n }]);
  assert.deepEqual([given.exchange.returned.payments, given.exchange.sale.payments], [[{ method: "credit", amount: "3.00" }], []]);
  const even = settle(basket("12.00"), [{ method: "cash", amount: 0n, tendered: 0n }]);
  assert.deepEqual([even.exchange.returned.payments, even.exchange.sale.payments], [[], []]);
});

test("a net amount in cash expects what comes back in coins", () => {
  const cart = basket("4.52", { cash_due: "4.50" });
  assert.equal(settle(cart, [{ method: "cash", amount: 75_000n }]).exchange.returned.expected_total, "4.50");
  assert.equal(settle(cart, [{ method: "card", amount: 74_800n }]).exchange.returned.expected_total, "4.52");
});

test("without new goods it is a return alone, with the approval it needed", () => {
  const full = basket("4.50");
  const cart = { ...full, lines: [], back: { ...full.back, approval: { id: "yes", by: "Ann" } } };
  const body = settle(cart, [{ method: "cash", amount: 45_000n }], 0n);
  assert.deepEqual([body.id, body.exchange, body.returned.approval, body.returned.location], ["refund", undefined, "yes", "main"]);
  assert.deepEqual(body.returned.payments, [{ method: "cash", amount: "4.50" }]);
  assert.deepEqual(body.returned.lines, CHOSEN);
});

test("a sale without anything that comes back is sent as it always was", () => {
  const cart = addArticle(emptyCart("sale"), CUP);
  const body = settle(cart, [{ method: "card", amount: 120_000n }]);
  assert.deepEqual([body.id, body.of, body.expected_total], ["sale", undefined, "12.00"]);
  assert.equal(acceptingShortage(body).accept_shortage, true);
  assert.equal(acceptingShortage(settle(basket("4.50"), [])).exchange.sale.accept_shortage, true);
});

test("what is left of a sale stands with what the basket says of it already", () => {
  const order = { id: "origin", lines: [{ position: 1, variant: "t", sku: "TEA", name: "Tea", unit_price: "4.5000" }, { position: 2, variant: "r", sku: "R", name: "", unit_price: "9" }] };
  const left = [{ position: 1, left: "2.000", pieces: [] }, { position: 2, left: "1", pieces: ["SN-1"] }];
  const back = { order: "origin", lines: [{ position: 2, quantity: "1", disposition: "damaged", serials: ["SN-1"] }] };
  const [tea, radio] = returnable(order, left, back);
  assert.deepEqual([tea.left, tea.quantity, tea.disposition], ["2", "0", "restock"]);
  assert.deepEqual([radio.name, radio.quantity, radio.serials, radio.disposition], ["R", "1", ["SN-1"], "damaged"]);
  assert.equal(returnable(order, left, { ...back, order: "another" })[1].quantity, "0");
});

test("gift cards and cards get back at most what they paid, and cash is for the rest", () => {
  const back = { customer: null, ways: [{ method: "giftcard", amount: "5.00" }, { method: "card", amount: "2.00" }, { method: "cash", amount: "3.00" }] };
  const now = (due, taken = []) => ({ back, due, taken });
  assert.deepEqual(["giftcard", "card", "cash", "credit"].map((method) => mostBack(method, now(80_000n))), [50_000n, 20_000n, 30_000n, 80_000n]);
  assert.deepEqual([mostBack("cash", now(40_000n)), nextBack(now(40_000n))], [0n, "giftcard"]);
  const taken = [{ method: "giftcard", amount: 50_000n }];
  assert.deepEqual([mostBack("giftcard", now(30_000n, taken)), mostBack("cash", now(30_000n, taken)), nextBack(now(30_000n, taken))], [0n, 30_000n, "card"]);
  assert.equal(mostBack("card", { back: { ways: [] }, due: 9n, taken: [] }), 9n);
});
