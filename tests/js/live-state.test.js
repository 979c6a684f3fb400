import assert from "node:assert/strict";
import { test } from "node:test";
import { afterClose, covers, Cursor, delayBefore, Versions } from "../../static/js/lib/live-state.js";

const EPOCH = "0199e0aa-0000-7000-8000-000000000001";
const OTHER = "0199e0aa-0000-7000-8000-000000000002";
const of = (version, id = "v1", location_id) => ({ object: { type: "variant", id, version }, data: { location_id } });

test("a page that was never greeted resumes from nowhere, and its first greeting starts it afresh", () => {
  const cursor = new Cursor();

  assert.equal(cursor.since, "");
  assert.equal(cursor.greet({ epoch: EPOCH, last_seq: 0 }), true);
  assert.equal(cursor.since, `${EPOCH}:0`);
});

test("a greeting after a break keeps the point to resume from", () => {
  const cursor = new Cursor();
  cursor.greet({ epoch: EPOCH, last_seq: 10 });

  assert.equal(cursor.take(11), true);
  assert.equal(cursor.greet({ epoch: EPOCH, last_seq: 40 }), false);
  assert.equal(cursor.since, `${EPOCH}:11`);
});

test("an event is taken once, whatever comes twice or late", () => {
  const cursor = new Cursor();
  cursor.greet({ epoch: EPOCH, last_seq: 5 });

  assert.deepEqual([6, 6, 4, 9, 8, 10].map((seq) => cursor.take(seq)), [true, false, false, true, false, true]);
});

test("numbers of events that may not be seen are passed over by a heartbeat, never backwards", () => {
  const cursor = new Cursor();
  cursor.greet({ epoch: EPOCH, last_seq: 5 });
  cursor.advance(12);
  cursor.advance(7);
  cursor.advance(undefined);

  assert.equal(cursor.seq, 12);
});

test("another epoch begins afresh, also at a lower number", () => {
  const cursor = new Cursor();
  cursor.greet({ epoch: EPOCH, last_seq: 500 });

  assert.equal(cursor.greet({ epoch: OTHER, last_seq: 3 }), true);
  assert.equal(cursor.since, `${OTHER}:3`);
});

test("an older version of an object is no news, an equal one is", () => {
  const versions = new Versions();

  assert.deepEqual([of(1), of(3), of(2), of(3)].map((event) => versions.isCurrent(event)), [true, true, false, true]);
});

test("each location counts its own versions", () => {
  const versions = new Versions();

  assert.ok(versions.isCurrent(of(9, "v1", "here")));
  assert.ok(versions.isCurrent(of(1, "v1", "there")));
  assert.ok(!versions.isCurrent(of(8, "v1", "here")));
});

test("only the objects heard of last are remembered", () => {
  const versions = new Versions(2);
  for (const id of ["a", "b", "c"]) versions.isCurrent(of(5, id));

  assert.ok(versions.isCurrent(of(1, "a")));
  assert.ok(!versions.isCurrent(of(1, "c")));
});

test("subscriptions are names, families, everything, or sale for order", () => {
  assert.ok(covers("order.completed", "order.completed"));
  assert.ok(!covers("order.completed", "order.completed.late"));
  assert.ok(covers("stock.*", "stock.changed") && !covers("stock.*", "stocks.changed"));
  assert.ok(covers("sale.*", "order.voided") && covers("*", "import.finished"));
});

test("waits grow from a second to half a minute, half of it by chance", () => {
  assert.deepEqual([0, 1, 2, 5, 60].map((n) => delayBefore(n, () => 0)), [500, 1000, 2000, 15000, 15000]);
  assert.deepEqual([0, 1, 5].map((n) => delayBefore(n, () => 1)), [1000, 2000, 30000]);
});

test("the close code says whether to come back, and how soon", () => {
  assert.deepEqual([4404, 4400].map(afterClose), ["stop", "stop"]);
  assert.deepEqual([4401, 4408].map(afterClose), ["renew", "renew"]);
  assert.deepEqual([1006, 1011, 1012, 4409].map(afterClose), ["retry", "retry", "retry", "retry"]);
});

test("a reset to where the page stands already is nothing to read afresh for", () => {
  const cursor = new Cursor();
  assert.equal(cursor.greet({ epoch: EPOCH, last_seq: 7 }), true);

  assert.equal(cursor.reset({ epoch: EPOCH, seq: 7 }), false);
  assert.equal(cursor.reset({ epoch: OTHER, seq: 7 }), true);
  assert.equal(cursor.reset({ epoch: OTHER, seq: 9 }), true);
  assert.equal(cursor.since, `${OTHER}:9`);
});
