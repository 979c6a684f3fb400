// The till gives the discounts that the server gives, for the same reasons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../static/js/lib/till/discounts.js";
import { vectors } from "./vectors.mjs";

const NUMBERS = ["value", "buy", "get", "least_total", "least_quantity"];
const cases = vectors("discounts");

const manual = (given) => given && { kind: given.kind, value: BigInt(given.value) };
const item = (given) => ({
  ...given,
  quantity: BigInt(given.quantity),
  unitPrice: BigInt(given.unit_price),
  manual: manual(given.manual),
});
const rule = (given) => ({ ...given, ...Object.fromEntries(NUMBERS.map((name) => [name, BigInt(given[name])])) });

test("there are enough cases, and in most of them something is reduced", () => {
  assert.ok(cases.length >= 10_000);
  assert.ok(cases.filter(({ lines }) => lines.flat().length).length > cases.length / 2);
});

test("every step of every line, and every reason, is the server's", () => {
  for (const { terms, basket, rules, lines, reasons } of cases) {
    const outcome = evaluate(
      { ...basket, items: basket.items.map(item), manual: manual(basket.manual) },
      rules.map(rule),
      terms,
    );
    const told = JSON.stringify({ basket, rules, terms });
    assert.deepEqual(outcome.lines.map((steps) => steps.map((s) => [s.source, String(s.amount)])), lines, told);
    const why = Object.fromEntries(
      Object.entries(outcome.reasons).map(([id, r]) => [id, [r.code, String(r.need ?? 0), String(r.have ?? 0), r.other ?? ""]]),
    );
    assert.deepEqual(why, reasons, told);
  }
});
