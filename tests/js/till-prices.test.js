import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { listedPrice } from "../../static/js/lib/till/prices.js";

const { own, lists, cases } = JSON.parse(readFileSync(new URL("../vectors/prices.json", import.meta.url), "utf8"));

test("every shared vector costs what the model says", () => {
  assert.equal(cases.length, 400);
  const different = cases.filter(({ sale, price }) => {
    const found = listedPrice(lists, { ...sale, at: new Date(sale.at) });
    return (found?.price ?? own) !== price;
  });
  assert.deepEqual(different, []);
});

test("without a list there is no listed price", () => {
  assert.equal(listedPrice([], { ...cases[0].sale, at: new Date(0) }), null);
});
