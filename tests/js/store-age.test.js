import assert from "node:assert/strict";
import { test } from "node:test";
import { ageWords } from "../../static/js/lib/store/age.js";

test("how old the articles are, how far they have come, and why not, is said in words", () => {
  const asOf = new Date("2026-06-15T12:00:00Z");
  assert.equal(ageWords(null), "");
  assert.equal(ageWords(asOf, { state: "resting" }), "Prices and stock on this device are as of 15 Jun 2026, 12:00.");
  assert.equal(ageWords(null, { state: "filling", progress: { done: 1000, articles: 50_000 } }), "Fetching the articles of this place: 1,000 of 50,000.");
  for (const [state, words] of [["broken", /no room left/], ["refused", /not told to who is logged in/], ["elsewhere", /another open page/i]]) assert.match(ageWords(null, { state }), words);
});
