import assert from "node:assert/strict";
import { test } from "node:test";
import { addArticle, emptyCart, giveDiscount, totals } from "../../static/js/lib/till/cart.js";
import { evaluate } from "../../static/js/lib/till/discounts.js";
import { amountText, parseAmount } from "../../static/js/lib/till/money.js";
import { Quotes, refusedCoupons, savingsOf, toQuote } from "../../static/js/lib/till/quotes.js";
import { byHandOf, changedPrices } from "../../static/js/lib/till/refusals.js";
import { toBody } from "../../static/js/lib/till/settle.js";
import { Session } from "../../static/js/lib/till/session.js";
import { dueBy } from "../../static/js/lib/till/tender.js";

const terms = { inclusive: true, exponent: 2, rounding: "half_up", by_document: false, cash_step: "0.05" };
const tea = { id: "t", sku: "TEA", title: "Tea", unit_price: "4.5000", tax_rate: "20.0000", is_stocked: true, on_hand: "9.000" };
const jam = { id: "j", sku: "JAM", title: "Jam", unit_price: "3.2500", tax_rate: "0", is_stocked: true, on_hand: "2" };
const setup = { terms, locations: [{ id: "here" }], most_lines: 500 };
const nowhere = { getItem: () => null, setItem() {}, removeItem() {} };
const till = () => new Session(setup, { tab: nowhere, device: nowhere });
const text = (amount) => amountText(amount, 2);

/** What the server would say of a basket: every unit costs `price`. */
function said(body, price, more = {}) {
  const total = (Number(body.lines[0].quantity) * Number(price)).toFixed(2);
  const line = { variant: body.lines[0].variant, name: "Tea", unit_price: price, net: total, tax: "0", total, discount: "0.50", trace: [] };
  return { lines: [line], subtotal: total, tax_total: "0", total, discount_total: "0.50", cash_total: total, discounts: [], why_not: [], ...more };
}

test("what is taken off by hand is reckoned at once: of a line, then of all", () => {
  let cart = addArticle(addArticle(emptyCart("1"), tea, { quantity: "2" }), jam);
  cart = giveDiscount(cart, "t", { kind: "percent", value: "10" });
  assert.deepEqual([totals(cart, terms, { evaluate }).total, totals(cart, terms, { evaluate }).discount].map(text), ["11.35", "0.90"]);
  cart = giveDiscount(cart, null, { kind: "amount", value: "1.35", reason: "box dented" });
  assert.equal(text(totals(cart, terms, { evaluate }).total), "10.00");
  const { total } = totals(cart, terms, { evaluate });
  const body = toBody(cart, { location: "here", payments: [], terms, total });
  assert.deepEqual(body.lines[0].discount, { kind: "percent", value: "10" });
  assert.deepEqual([body.discount.reason, body.expected_total], ["box dented", "10.00"]);
  cart = giveDiscount(giveDiscount(cart, null, null), "t", null);
  assert.equal(text(totals(cart, terms, { evaluate }).total), "12.25");
  assert.equal("discount" in toQuote(cart, "here").lines[0], false);
});

test("more of an article keeps what was taken off its line", () => {
  const cart = addArticle(giveDiscount(addArticle(emptyCart("1"), tea), "t", { kind: "percent", value: "10" }), tea);
  assert.deepEqual([cart.lines[0].quantity, cart.lines[0].given.value], ["2", "10"]);
});

test("the server's word replaces the till's reckoning, for exactly the basket it was asked about", async () => {
  const session = till();
  const asked = [];
  session.follow(new Quotes({ wait: 0, ask: async (body) => (asked.push(body), said(body, "4.0000")) }));
  session.add(tea);
  assert.deepEqual([text(session.totals().total), session.quote], ["4.50", null]);
  await session.settled();
  assert.deepEqual([text(session.totals().total), text(session.totals().discount)], ["4.00", "0.50"]);
  session.add(tea);
  assert.deepEqual([session.quote, text(session.totals().total), session.priceOf(session.cart.lines[0])], [null, "8.00", "4.0000"]);
  await session.settled();
  assert.equal(text(session.totals().total), "8.00");
  assert.deepEqual(asked.map((body) => body.lines[0].quantity), ["1", "2"]);
});

test("an answer that was overtaken is not believed, and none leaves the till's own reckoning", async () => {
  const session = till();
  const answers = [];
  session.follow(new Quotes({ wait: 0, ask: (body) => new Promise((resolve, reject) => answers.push({ body, resolve, reject })) }));
  session.add(tea);
  await new Promise((resolve) => setTimeout(resolve, 5));
  session.add(tea);
  const settled = session.settled();
  await new Promise((resolve) => setTimeout(resolve, 5));
  answers[0].resolve(said(answers[0].body, "1.0000"));
  answers[1].reject(new Error("no line"));
  assert.equal(await settled, null);
  assert.equal(text(session.totals().total), "9.00");
});

test("a discount by hand is reckoned before the server has said anything", async () => {
  const session = till();
  session.add(tea);
  session.give("t", { kind: "percent", value: "10" });
  await session.reckonDiscounts();
  assert.deepEqual([session.totals().total, session.amountsOf(session.cart.lines[0]).discount].map(text), ["4.05", "0.45"]);
});

test("what was approved holds for that basket only", () => {
  const session = till();
  session.add(tea);
  session.give(null, { kind: "percent", value: "50" });
  session.edit((cart) => ({ ...cart, approval: { id: "a", by: "Mia" } }));
  assert.equal(toBody(session.cart, { location: "here", payments: [], terms }).approval, "a");
  session.add(tea);
  assert.equal(session.cart.approval, undefined);
});

test("a quote tells what was taken off and why, what a coupon lacks, and whose price changed", () => {
  const trace = [{ step: "listed", amount: "4.50" }, { step: "discount", name: "Spring", coupon: "SP", amount: "-0.45" }, { step: "discount", name: "By hand", reason: "dented", amount: "-1.00" }];
  assert.deepEqual(savingsOf({ trace }), [{ name: "Spring (SP)", amount: "-0.45" }, { name: "By hand (dented)", amount: "-1.00" }]);
  const why = [{ coupon: "", name: "Other" }, { coupon: "X", detail: "There is no such coupon." }];
  assert.deepEqual(refusedCoupons({ why_not: why }), [why[1]]);
  const discounts = [{ by_hand: "line", amount: "1.00" }, { id: "r", amount: "3.00" }, { by_hand: "order", amount: "0.50" }];
  assert.equal(byHandOf({ discounts }, 2), "1.50");
  const [before, now] = ["4.5000", "4.75"].map((price) => ({ lines: [{ variant: "t", name: "Tea", unit_price: price }] }));
  assert.deepEqual(changedPrices(before, now), [{ name: "Tea", price: "4.75" }]);
  assert.equal(toQuote(emptyCart("1"), "here"), null);
});

test("coins may be coarser than the total only where nothing but cash is paid", () => {
  const sums = { total: parseAmount("9.98"), cashTotal: parseAmount("10.00") };
  assert.equal(text(dueBy("cash", [], sums)), "10.00");
  assert.equal(text(dueBy("card", [], sums)), "9.98");
  assert.equal(text(dueBy("cash", [{ method: "cash", amount: parseAmount("4") }], sums)), "6.00");
  assert.equal(text(dueBy("cash", [{ method: "card", amount: parseAmount("4") }], sums)), "5.98");
});
