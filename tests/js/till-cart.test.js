import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addArticle,
  emptyCart,
  removeLine,
  setLot,
  setQuantity,
  step,
  totals,
} from "../../static/js/lib/till/cart.js";
import { toBody } from "../../static/js/lib/till/settle.js";
import { unpacked } from "../../static/js/lib/till/carts.js";
import { lowerToStock, refreshArticles } from "../../static/js/lib/till/refresh.js";
import { amountOf, clean, pay, quickAmounts, typeKey } from "../../static/js/lib/till/tender.js";
import { amountText, divide, parseAmount, parseQuantity, quantityText } from "../../static/js/lib/till/money.js";
import { lineAmounts } from "../../static/js/lib/till/tax.js";
import { uuid7 } from "../../static/js/lib/till/uuid.js";

const terms = { inclusive: true, exponent: 2, rounding: "half_up" };
const tea = { id: "t", sku: "TEA", title: "Tea", unit_price: "4.5000", tax_rate: "20.0000", is_stocked: true, on_hand: "9.000" };
const jam = { id: "j", sku: "JAM", title: "Jam", unit_price: "3.2500", tax_rate: "0", is_stocked: true, on_hand: "2" };
const cents = (text) => parseAmount(text);

test("the same article again raises its quantity, a pack by what it holds", () => {
  let cart = addArticle(emptyCart("1"), tea);
  cart = addArticle(addArticle(cart, jam), tea, { quantity: "6.000" });
  assert.deepEqual(
    cart.lines.map(({ sku, quantity }) => [sku, quantity]),
    [["TEA", "7"], ["JAM", "1"]],
  );
});

test("a quantity of nothing takes the line out; nonsense changes nothing", () => {
  const cart = addArticle(emptyCart("1"), tea);
  assert.equal(setQuantity(cart, "t", "0").lines.length, 0);
  assert.equal(step(cart, "t", -1).lines.length, 0);
  assert.equal(step(cart, "t", 2).lines[0].quantity, "3");
  assert.equal(setQuantity(cart, "t", "1.125").lines[0].quantity, "1.125");
  for (const wrong of ["", "x", "1.2345", "1e3", "999999999999"]) assert.throws(() => setQuantity(cart, "t", wrong), RangeError);
  assert.equal(removeLine(cart, "t").lines.length, 0);
});

test("the sums are the server's: net, tax in it, total", () => {
  const cart = addArticle(addArticle(emptyCart("1"), tea, { quantity: "2" }), jam);
  const sums = totals(cart, terms);
  assert.deepEqual([sums.net, sums.tax, sums.total, sums.units].map(String), ["107500", "15000", "122500", "3000"]);
  assert.equal(totals(setQuantity(cart, "t", "1.25"), terms).units, 2000n); // what is weighed is one piece
});

test("the body says what was sold, how it was paid and what the cashier saw", () => {
  const cart = addArticle(emptyCart("the-id"), tea, { quantity: "2" });
  const { payment } = pay(cents("9"), "cash", cents("10"));
  assert.deepEqual(toBody(cart, { location: "here", payments: [payment], terms, acceptShortage: true }), {
    id: "the-id",
    location: "here",
    channel: "counter",
    lines: [{ variant: "t", quantity: "2" }],
    payments: [{ method: "cash", amount: "9.00", tendered: "10.00" }],
    expected_total: "9.00",
    accept_shortage: true,
  });
});

test("refreshed prices say which lines changed and which are gone", () => {
  const cart = addArticle(addArticle(emptyCart("1"), tea), jam);
  assert.deepEqual(refreshArticles(cart, [{ ...tea, tax_rate: "20" }, { ...jam, tax_rate: "0.0000" }]).changed, []);
  const fresh = refreshArticles(cart, [{ ...tea, unit_price: "4.75" }]);
  assert.deepEqual([fresh.changed, fresh.gone, fresh.cart.lines[0].unit_price], [["t"], ["j"], "4.75"]);
});

test("short lines are lowered to what is there, and left out where nothing is", () => {
  const cart = addArticle(addArticle(emptyCart("1"), tea, { quantity: "5" }), jam);
  const lowered = lowerToStock(cart, [{ variant_id: "t", available: "2" }, { variant_id: "j", available: "0" }]);
  assert.deepEqual(lowered.lines.map((line) => [line.sku, line.quantity]), [["TEA", "2"]]);
});

test("cash may be more than is due; a card pays at most what is due; less of either leaves a rest", () => {
  assert.deepEqual(pay(cents("17.08"), "cash", cents("20")).change, cents("2.92"));
  assert.deepEqual(pay(cents("17.08"), "cash", cents("10")).left, cents("7.08"));
  assert.equal(pay(cents("17.08"), "card", cents("20")), null);
  assert.deepEqual(pay(cents("7.08"), "card", cents("7.08")), {
    payment: { method: "card", amount: cents("7.08") },
    change: 0n,
    left: 0n,
  });
  assert.equal(pay(cents("5"), "cash", 0n), null);
  assert.deepEqual(pay(0n, "cash", 0n).left, 0n);
});

test("quick amounts are the exact one and the next round ones", () => {
  const written = (due) => quickAmounts(cents(due)).map((amount) => amountText(amount, 2));
  assert.deepEqual(written("17.08"), ["17.08", "20.00", "50.00", "100.00"]);
  assert.deepEqual(written("20"), ["20.00", "50.00", "100.00", "200.00"]);
  assert.deepEqual(written("0"), []);
});

test("the keypad makes amounts only, and a scanned code is none", () => {
  const type = (keys, exponent = 2) => [...keys].reduce((text, key) => typeKey(text, key, exponent), "");
  assert.equal(type("12.345"), "12.34");
  assert.equal(type("007"), "7");
  assert.equal(type(".5"), "0.5");
  assert.equal(type("12.5", 0), "125");
  assert.equal(typeKey("12", "back", 2), "1");
  assert.equal(clean("4006381333931", 2), null);
  assert.equal(clean("12,50", 2), "12.50");
  assert.equal(amountOf("12.", 0n), cents("12"));
  assert.equal(amountOf("", cents("3")), cents("3"));
});

test("numbers keep every digit, and what is no number is refused", () => {
  assert.equal(amountText(parseAmount("90071992547409.9301")), "90071992547409.9301");
  assert.equal(amountText(parseAmount("-0.0500"), 2), "-0.05");
  assert.equal(quantityText(parseQuantity("3.000")), "3");
  for (const wrong of ["", "1,5", "NaN", "1e3", "0x1", "1.00001", "--1", "."]) assert.throws(() => parseAmount(wrong), RangeError);
});

test("ties go away from zero or to the even neighbour", () => {
  assert.deepEqual([5n, 15n, -5n, -15n, 25n].map((n) => divide(n, 10n, "half_up")), [1n, 2n, -1n, -2n, 3n]);
  assert.deepEqual([5n, 15n, -5n, -15n, 25n].map((n) => divide(n, 10n, "half_even")), [0n, 2n, 0n, -2n, 2n]);
});

test("exclusive prices get their tax on top; history keeps four places", () => {
  const line = { quantity: 3000n, unitPrice: cents("0.3333"), rate: cents("7.5") };
  const up = lineAmounts(line, { inclusive: false, exponent: 2, rounding: "half_up" });
  assert.deepEqual([up.net, up.tax, up.total].map((n) => amountText(n, 2)), ["1.00", "0.08", "1.08"]);
  const exact = lineAmounts(line, { inclusive: false, exponent: 2, rounding: "exact" });
  assert.equal(amountText(exact.net), "0.9999");
});

test("a sale's id is a version 7 UUID that sorts by time", () => {
  const earlier = uuid7(1_700_000_000_000);
  assert.match(earlier, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(earlier < uuid7(1_700_000_000_001));
  assert.notEqual(uuid7(), uuid7());
});

test("a price label is a line of its own: its price stays, labels are counted whole, and its code is what is sent", () => {
  const ham = { id: "ham", sku: "1234", title: "Ham", unit_price: "12.99", tax_rate: "0" };
  const label = { label: "2212345003473", units: "0.267" };
  const shown = { ...ham, unit_price: "3.47" };
  let cart = addArticle(addArticle(addArticle(emptyCart("c"), ham), shown, label), shown, label);
  assert.deepEqual(cart.lines.map(({ id, quantity }) => [id, quantity]), [["ham", "1"], ["ham#2212345003473", "2"]]);
  const prices = new Map([["ham", "10.00"]]); // of the catalogue, for this customer: not the label's
  assert.equal(amountText(totals(cart, terms, { prices }).total, 2), "16.94");
  assert.deepEqual(toBody(cart, { location: "m", payments: [], terms }).lines[1], { variant: "ham", quantity: "2", label: "2212345003473" });
  assert.throws(() => setQuantity(cart, "ham#2212345003473", "1.5"), RangeError);
  cart = refreshArticles(cart, [{ ...ham, unit_price: "14.00" }]).cart;
  assert.deepEqual(cart.lines.map(({ unit_price }) => unit_price), ["14.00", "3.47"]);
  cart = lowerToStock(removeLine(cart, "ham"), [{ variant_id: "ham", available: "0.400" }]);
  assert.deepEqual(cart.lines.map(({ quantity }) => quantity), ["1"]);
  assert.equal(setLot(cart, "ham#2212345003473", "L1").lines[0].id, "ham@L1#2212345003473");
});

test("a parked basket comes back with its price labels", () => {
  const trace = [{ step: "label", name: "2212345003473", amount: "3.47" }];
  const line = { variant: "ham", name: "Ham", quantity: "0.534", lot: "", serials: [], given: null, scanned: "2212345003473", labels: "2", trace };
  const { cart } = unpacked(emptyCart("c"), { lines: [line] }, [{ id: "ham", sku: "1234", title: "Ham", unit_price: "12.99" }], null);
  const [{ quantity, label, units, unit_price }] = cart.lines;
  assert.deepEqual([quantity, label, units, unit_price], ["2", "2212345003473", "0.267", "3.47"]);
});
