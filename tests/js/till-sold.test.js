import assert from "node:assert/strict";
import { test } from "node:test";
import { offsetOf, receiptNumber } from "../../static/js/lib/store/device.js";
import { nextReceipt } from "../../static/js/lib/store/queue.js";
import { Session } from "../../static/js/lib/till/session.js";
import { asSold, changeOf, mayWait, taxesOf } from "../../static/js/lib/till/sold.js";

const memory = () => ({ getItem: () => null, setItem() {}, removeItem() {} });
const terms = { inclusive: true, rounding: "half_up", exponent: 2, currency: "GBP", by_document: false, cash_step: "0.05" };
const tea = { id: "tea", sku: "TEA", title: "Tea", unit_price: "4.52", tax_rate: "20", is_stocked: true, on_hand: "9" };

function basket() {
  const session = new Session({ locations: [{ id: "here" }], terms, registers: [] }, { tab: memory(), device: memory() });
  session.add(tea, "3");
  return session;
}

test("a sale that waits says its lines, its total and what cash rounded it by", () => {
  const cash = { lines: [{}], payments: [{ method: "cash", amount: "13.55", tendered: "20.00" }] };
  assert.deepEqual(asSold(basket(), cash), {
    lines: [{ variant: "tea", sku: "TEA", title: "Tea", quantity: "3", unit_price: "4.52", tax_rate: "20", discount: "0.00", net: "11.30", tax: "2.26", total: "13.56" }],
    total: "13.56",
    cash_rounding: "-0.01",
  });
  assert.equal(asSold(basket(), { lines: [{}], payments: [{ method: "card", amount: "13.56" }] }).cash_rounding, "0.00");
});

test("what needs the server does not wait", () => {
  const sale = { lines: [{}], payments: [{ method: "cash" }] };
  assert.equal(mayWait(sale), true);
  assert.equal(mayWait({ ...sale, payments: [{ method: "cash" }, { method: "card" }] }), true);
  for (const method of ["giftcard", "points", "credit"]) assert.equal(mayWait({ ...sale, payments: [{ method }] }), false);
  assert.equal(mayWait({ ...sale, gift_cards: [{}] }), false);
  assert.equal(mayWait({ exchange: {}, of: "x" }), false);
  assert.equal(mayWait({ returned: { payments: [{ method: "cash" }, { method: "card" }] }, of: "x" }), true);
  assert.equal(mayWait({ returned: { payments: [{ method: "credit" }] }, of: "x" }), false);
});

test("change is what was given above the amount, in cash alone", () => {
  assert.equal(changeOf({ method: "cash", amount: "4.50", tendered: "5.00" }), "0.5");
  assert.equal(changeOf({ method: "cash", amount: "4.50" }), "0");
  assert.equal(changeOf({ method: "card", amount: "4.50", tendered: "5.00" }), "0");
});

test("taxes stand together by rate, the highest first", () => {
  const lines = [{ tax_rate: "5.0000", tax: "0.10" }, { tax_rate: "20", tax: "1.00" }, { tax_rate: "5", tax: "0.05" }, { tax_rate: "0", tax: "0" }];
  assert.deepEqual(taxesOf(lines), [{ rate: "20", tax: "1" }, { rate: "5", tax: "0.15" }]);
});

test("a receipt number is the device's prefix and six digits, more where they do not suffice", () => {
  assert.equal(receiptNumber({ prefix: "K3" }, 118), "K3-000118");
  assert.equal(receiptNumber({ prefix: "K3" }, 1234567), "K3-1234567");
});

test("a clock that is ahead of the server's has a positive offset", () => {
  const at = Date.parse("2026-11-21T12:00:00Z");
  assert.equal(offsetOf("2026-11-21T12:00:00Z", at + 59_000, at + 61_000), 60_000);
  assert.equal(offsetOf("2026-11-21T12:00:00Z", at - 61_000, at - 59_000), -60_000);
  assert.equal(offsetOf(undefined, at, at), 0);
});

test("receipts count for themselves, behind what the server has and behind what was printed before", () => {
  const device = { id: "d", last_n: 40, last_receipt: 7 };
  assert.deepEqual(nextReceipt(undefined, device, undefined), { number: 8, since: 7 });
  assert.deepEqual(nextReceipt({ device: "d", n: 9, since: 7 }, device, { device: "d", n: 50 }), { number: 10, since: 7 });
  assert.deepEqual(nextReceipt({ device: "d", n: 3, since: 0 }, device, undefined), { number: 8, since: 0 });
  assert.deepEqual(nextReceipt({ device: "before", n: 90, since: 0 }, { id: "d", last_n: 0, last_receipt: 0 }, { device: "before", n: 95 }), { number: 1, since: 0 });
  assert.deepEqual(nextReceipt(undefined, device, { device: "d", n: 44 }), { number: 45, since: 44 }, "an app that numbered them like its items");
  assert.deepEqual(nextReceipt(undefined, { id: "d", last_n: 12 }, undefined), { number: 13, since: 12 }, "an older server");
});
