import assert from "node:assert/strict";
import { test } from "node:test";
import { Entries, MOST_AT_ONCE } from "../../static/js/lib/count-entries.js";

const store = () => {
  const kept = new Map();
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => kept.set(name, text),
    removeItem: (name) => kept.delete(name),
  };
};

test("five thousand scans survive a reload and go in batches until each is answered", () => {
  const there = store();
  const entries = new Entries(there, "count:1");
  for (let n = 0; n < 5000; n += 1) entries.add({ id: String(n), code: "x", quantity: "1" });
  const again = new Entries(there, "count:1");
  assert.equal(again.waiting.length, 5000);
  let requests = 0;
  for (let batch = again.batch(); batch.length > 0; batch = again.batch()) {
    assert.equal(batch.length, MOST_AT_ONCE);
    again.drop(batch.map(({ id }) => id));
    requests += 1;
  }
  assert.equal(requests, 10);
  assert.equal(there.kept.size, 0);
});

test("without room what was counted is there as long as the page is, and that is known", () => {
  const full = { getItem: () => null, removeItem() {}, setItem() { throw new Error("QuotaExceededError"); } };
  const entries = new Entries(full, "count:1");
  entries.add({ id: "a", code: "x", quantity: "1" });
  assert.deepEqual([entries.waiting.length, entries.isKept], [1, false]);
  entries.drop(["a"]);
  assert.deepEqual([entries.waiting.length, entries.isKept], [0, true]);
});

test("what is kept for another count, or damaged, is not ours", () => {
  const there = store();
  new Entries(there, "count:1").add({ id: "a" });
  assert.deepEqual(new Entries(there, "count:2").waiting, []);
  there.setItem("count:1", "{");
  assert.deepEqual(new Entries(there, "count:1").waiting, []);
});
