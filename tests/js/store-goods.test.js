// Finding articles among many by words, and prices that begin and end, without a database.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tables, articleOf, priceOf } from "../../static/js/lib/store/goods.js";
import { Names } from "../../static/js/lib/store/names.js";
import { carrierOf } from "../../static/js/lib/store/scan.js";

const row = (id, name, more = {}) => ({ id, sku: `SKU-${id}`, name, price: "1", packs: [], ...more });

test("every word stands in the name, begins the SKU or is a code, and names come in order", () => {
  const names = new Names([row("3", "Teapot"), row("1", "green Tea"), row("2", "Cup", { variant: "green", packs: [["05012345678900", "1"]] })]);
  assert.deepEqual(names.find("tea"), ["1", "3"]);
  assert.deepEqual(names.find("GREEN"), ["2", "1"]);
  assert.deepEqual(names.find("green tea"), ["1"]);
  assert.deepEqual(names.find("sku-3"), ["3"]);
  assert.deepEqual(names.find("ku-3"), []);
  assert.deepEqual(names.find("5012345678900"), ["2"]);
  assert.deepEqual(names.find("", { limit: 2 }), ["2", "1"]);
  assert.deepEqual(names.find("", { categories: new Set(["none"]) }), []);
});

test("what changed is found as it is now, what is gone not at all", () => {
  const names = new Names([row("1", "Tea"), row("2", "Cup")]);
  assert.deepEqual(names.find(""), ["2", "1"]);
  names.put(row("2", "Zinc cup"));
  names.put(row("1", "Tea", { sku: "OTHER" }));
  assert.deepEqual([names.find(""), names.find("other"), names.find("sku-1")], [["1", "2"], ["1"], []]);
  names.remove("1");
  assert.deepEqual([names.find(""), names.size], [["2"], 1]);
});

test("names that were written down find as those they were made of", () => {
  const names = new Names([row("1", "Tea", { variant: "Green", position: 3, category: "c", packs: [["AB", "6"]] }), row("2", "Cup")]);
  const again = Names.fromText(names.toText());
  for (const words of ["", "green", "AB", "sku-2", "sku"]) assert.deepEqual(again.find(words), names.find(words), words);
  assert.deepEqual(again.find("", { categories: new Set(["c"]) }), ["1"]);
  assert.equal(again.toText(), names.toText());
});

test("a code is found as it is stored, else whatever its case if only one fits", () => {
  const [one, two] = [row("1", "Tea", { packs: [["ab", "6"]] }), row("2", "Cup", { packs: [["AB", "1"]] })];
  assert.equal(carrierOf("ab", [one, two]).row, one);
  assert.equal(carrierOf("Ab", [one, two]), null);
  assert.deepEqual(carrierOf("Ab", [one]), { row: one, code: "ab", pack: "6" });
});

test("a price that begins later holds when its hour has come, here and for whom it is", () => {
  const list = { id: "L", name: "Later", channel: "", group: null, starts_at: "2026-11-22T08:00:00+00:00", ends_at: "2026-11-23T08:00:00+00:00", priority: 1, is_active: true };
  const tables = new Tables({ lists: { rows: [list, { ...list, id: "G", name: "Club", group: "g", starts_at: null, priority: 2 }] } });
  const tea = row("1", "Tea", { lists: [["L", "1", "0.9"], ["L", "5", "0.8"], ["G", "1", "0.5"], ["gone", "1", "0.1"]] });
  const at = (hour, more = {}) => priceOf(tea, tables, { at: new Date(`2026-11-${hour}`), ...more });
  assert.deepEqual(at("22T07:59:59Z"), { price: "1", list: null });
  assert.deepEqual(at("22T08:00:00Z"), { price: "0.9", list: "Later" });
  assert.deepEqual(at("22T08:00:00Z", { quantity: "5" }), { price: "0.8", list: "Later" });
  assert.deepEqual(at("22T08:00:00Z", { groups: ["g"] }), { price: "0.5", list: "Club" });
  assert.deepEqual(at("23T08:00:00Z"), { price: "1", list: null });
});

test("what is not told is said so, and what is left out is what is usual", () => {
  const tables = new Tables({});
  const told = articleOf(row("1", "Tea"), tables, { at: new Date() });
  assert.deepEqual([told.on_hand, told.is_low, told.is_stocked, told.tracking, told.tax_rate, told.unit_price], [null, false, true, "none", "0", "1.0000"]);
  assert.equal(articleOf(row("1", "Tea", { on_hand: "2", low: "2" }), tables, { at: new Date() }).is_low, true);
});
