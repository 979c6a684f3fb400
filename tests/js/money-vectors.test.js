// The till computes what the server books: to the last digit, in every currency and rounding.
import assert from "node:assert/strict";
import { test } from "node:test";
import { amountText, parseAmount, parseQuantity, quantityText, spread } from "../../static/js/lib/till/money.js";
import { cashDifference, documentAmounts, shareOf } from "../../static/js/lib/till/tax.js";
import { vectors } from "./vectors.mjs";

const cases = vectors("tax");

const goods = ({ quantity, unit_price, rate, discount, parts }) => ({
  quantity: parseQuantity(quantity),
  unitPrice: parseAmount(unit_price),
  rate: parseAmount(rate),
  discount: parseAmount(discount),
  parts: parts.map((part) => ({ name: part.name, rate: parseAmount(part.rate), onTop: part.on_top })),
});
const texts = ({ net, tax, total, parts }) => [net, tax, total, ...parts.map((p) => p.amount)].map((x) => amountText(x));

test("there are enough cases", () => assert.ok(cases.length >= 10_000));

test("every line of every document comes to what the server books", () => {
  for (const { terms, lines, amounts } of cases) {
    assert.deepEqual(documentAmounts(lines.map(goods), terms).map(texts), amounts, JSON.stringify({ terms, lines }));
  }
});

test("cash is rounded to the same coin", () => {
  for (const { cash: [total, step, difference] } of cases) {
    assert.equal(amountText(cashDifference(parseAmount(total), parseAmount(step))), difference);
  }
});

test("an amount is shared out alike", () => {
  for (const { spread: { amount, weights, shares } } of cases) {
    assert.deepEqual(spread(BigInt(amount), weights.map(BigInt), 1n).map(Number), shares);
  }
});

test("pieces of a line come back alike", () => {
  for (const { terms, lines, shares } of cases) {
    const [made] = documentAmounts(lines.slice(0, 1).map(goods), { ...terms, by_document: false });
    if (terms.by_document && lines.length > 1) continue; // the first line's tax depends on the others there
    let already = 0n;
    for (const [now, ...wanted] of shares) {
      const line = { ...made, quantity: goods(lines[0]).quantity, discount: 0n };
      const share = shareOf(line, already, parseQuantity(now), terms);
      assert.deepEqual([share.net, share.tax, share.total].map((x) => amountText(x)), wanted, quantityText(already));
      already += parseQuantity(now);
    }
  }
});
