import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyCart, worthOf } from "../../static/js/lib/till/cart.js";
import { cardsOf, codeOf, grouped, newCode, sold, toHandOver, usualAmounts, withCard, withoutCard } from "../../static/js/lib/till/cards.js";
import { parseAmount } from "../../static/js/lib/till/money.js";
import { toBody, toSettle } from "../../static/js/lib/till/settle.js";

const CODE = "ABCDEFGH23456789";
const terms = { inclusive: true, exponent: 2, rounding: "half_up" };
const card = (id, amount, more = {}) => ({ id, amount, code: CODE, isPrinted: false, ...more });

test("a code is 16 symbols by chance that nobody misreads, and is written in groups", () => {
  const codes = new Set(Array.from({ length: 200 }, () => newCode()));
  assert.equal(codes.size, 200);
  for (const code of codes) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{16}$/);
  assert.equal(grouped(CODE), "ABCD-EFGH-2345-6789");
});

test("a printed code is read as it was meant; what can be none is none", () => {
  assert.equal(codeOf("abcd-efgh 2345-678o"), "ABCDEFGH23456780");
  assert.equal(codeOf("ILO0ILO0ILO0ILO0"), "1100110011001100");
  for (const wrong of ["", "5012345678900", "ABCDEFGH2345678U", "A".repeat(33)]) assert.equal(codeOf(wrong), null);
});

test("gift cards stand beside the goods and count in what is paid", () => {
  let cart = withCard(withCard(emptyCart("s"), card("a", "20")), card("b", "12.5", { isPrinted: true }));
  assert.equal(worthOf(cart), parseAmount("32.5"));
  assert.deepEqual(toHandOver(cart).map(({ id }) => id), ["a"]);
  assert.deepEqual(sold(cart, 2), [{ id: "a", amount: "20.00", code: CODE }, { id: "b", amount: "12.50", code: CODE }]);
  const payments = [{ method: "card", amount: worthOf(cart) }];
  const body = toBody(cart, { location: "l", payments, terms });
  assert.deepEqual([body.lines, body.expected_total, body.gift_cards.length], [[], "32.50", 2]);
  cart = withoutCard(withoutCard(cart, "a"), "b");
  assert.deepEqual([cardsOf(cart), worthOf(cart), "gift_cards" in toBody(cart, { location: "l", payments: [], terms })], [[], 0n, false]);
});

test("goods that come back for a gift card are an exchange", () => {
  const back = { refund: "r", ticket: "t", order: "o", reason: "x", due: "20.00", cash_due: "20.00", lines: [] };
  const sums = { total: parseAmount("20"), due: 0n };
  const body = toSettle({ ...withCard(emptyCart("s"), card("a", "20")), back }, { location: "l", taken: [], terms, sums });
  assert.deepEqual([body.exchange.sale.gift_cards.length, body.exchange.sale.expected_total, body.exchange.sale.payments], [1, "20.00", []]);
});

test("the usual amounts have no places where the currency has none", () => {
  assert.deepEqual(usualAmounts({ exponent: 2 }), ["10", "20", "25", "50", "100"]);
  assert.equal(usualAmounts({ exponent: 0 })[0], "1000");
});
