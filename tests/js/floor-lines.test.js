import assert from "node:assert/strict";
import { test } from "node:test";
import { add, allOf, blank, bodyOf, differences, missing, serialsOf, step, stillComing, type } from "../../static/js/lib/floor/lines.js";

const TEA = { id: "v1", sku: "TEA", title: "Tea", tracking: "none", on_hand: "10" };
const HAM = { id: "v2", sku: "HAM", title: "Ham", tracking: "lot" };
const PHONE = { id: "v3", sku: "PHONE", title: "Phone", tracking: "serial" };

test("the same goods again are more of the same line, which comes first", () => {
  const work = blank("receive", "p1");
  add(work, { article: TEA });
  add(work, { article: HAM, lot: "A" });
  add(work, { article: TEA, pack: "6" });
  add(work, { article: HAM, lot: "B" });
  assert.deepEqual(work.lines.map(({ sku, lot, quantity }) => [sku, lot, quantity]), [["HAM", "B", "1"], ["TEA", "", "7"], ["HAM", "A", "1"]]);
});

test("a piece that is scanned twice is there once", () => {
  const work = blank("receive", "p1");
  for (const serial of ["S1", "S2", "S1"]) add(work, { article: PHONE, serial });
  assert.deepEqual([work.lines[0].serials, work.lines[0].quantity], [["S1", "S2"], "2"]);
  assert.equal(missing(work), null);
});

test("less than nothing is only said where a minus is meant", () => {
  const work = blank("adjust", "p1");
  const line = add(work, { article: TEA });
  step(line, -1);
  step(line, -1);
  assert.equal(line.quantity, "0");
  step(line, -1, { isSigned: true });
  assert.equal(line.quantity, "-1");
  assert.equal(type(line, "-2"), false);
  assert.equal(type(line, "2,5"), true);
  assert.equal(line.quantity, "2.5");
  for (const text of ["", "x", "1e3", "1.2345", "9999999999", "NaN"]) assert.equal(type(line, text, { isSigned: true }), false);
});

test("what is missing is named by its field, and a count of nothing is a count", () => {
  const work = blank("receive", "p1");
  assert.equal(missing(work).text, "Scan the first article.");
  const ham = add(work, { article: HAM });
  assert.equal(missing(work).field, "lot");
  ham.lot = "A";
  type(ham, "0");
  assert.equal(missing(work).field, "quantity");
  assert.equal(missing({ ...work, kind: "count" }), null);
  type(ham, "1");
  assert.equal(missing({ ...work, kind: "adjust" }, { needs_note: true }).field, "note");
  add(work, { article: PHONE });
  assert.equal(missing(work).field, "serials");
});

test("what is sent has the form of an online call, by the server's clock", () => {
  const work = blank("count", "p1");
  work.count = "c1";
  add(work, { article: TEA }, Date.UTC(2026, 10, 21, 14, 2, 11));
  const [entry] = bodyOf(work, 60_000).entries;
  assert.deepEqual(entry, { id: work.lines[0].id, variant: "v1", quantity: "1", counted_at: "2026-11-21T14:01:11.000Z" });
  const taken = { ...work, kind: "adjust", reason: "lost", note: " gone " };
  const lines = [{ variant: "v1", quantity: "1" }];
  assert.deepEqual(bodyOf(taken), { id: work.id, location: "p1", kind: "adjustment", reason_code: "lost", reason: "gone", lines });
  assert.equal(bodyOf({ ...work, kind: "receive" }).kind, "receipt");
});

test("serial numbers are read as people type them", () => {
  assert.deepEqual(serialsOf(" A1, A2;A1\nA3 "), ["A1", "A2", "A3"]);
});

const SENT = { id: "t1", number: "T-1", source: "Main", lines: [{ variant: "v1", sku: "TEA", title: "Tea", tracking: "none", on_its_way: "3", pieces: [] }, { variant: "v3", sku: "PHONE", title: "Phone", tracking: "serial", on_its_way: "1", pieces: ["S1"] }] };

test("what differs from what was sent is named, what is missing only with the last of it", () => {
  const work = { ...blank("arrive", "p1"), transfer: SENT };
  const tea = add(work, { article: TEA });
  assert.deepEqual(differences(work), []);
  tea.damaged = "3";
  assert.deepEqual(differences(work), ["1 of Tea more than were sent"]);
  assert.equal(missing(work).text, "Say what happened: 1 of Tea more than were sent.");
  tea.damaged = "0.5";
  work.isLast = true;
  assert.deepEqual(differences(work), ["1.5 of Tea did not come", "1 of Phone did not come"]);
  work.note = "lost";
  assert.equal(missing(work), null);
  assert.equal(missing({ ...work, transfer: null }).field, "transfer");
  assert.equal(missing({ ...work, lines: [] }), null);
  assert.equal(missing({ ...work, lines: [], isLast: false }).text, "Scan the first article.");
});

test("as if all had come names every piece, and what waits to be sent is not offered again", () => {
  const lines = allOf(SENT);
  assert.deepEqual(lines.map(({ sku, quantity, serials }) => [sku, quantity, serials]), [["TEA", "3", []], ["PHONE", "1", ["S1"]]]);
  const work = { ...blank("arrive", "p1"), transfer: SENT, lines };
  const { id, ...body } = bodyOf(work);
  assert.deepEqual(body, { transfer: "t1", lines: [{ variant: "v1", quantity: "3" }, { variant: "v3", quantity: "1", serials: ["S1"] }], is_last: false, reason: "" });
  const part = { transfer: "t1", lines: [{ variant: "v1", quantity: "1", damaged: "0.5" }] };
  assert.deepEqual(stillComing([SENT], [part, part])[0].lines.map(({ sku, on_its_way }) => [sku, on_its_way]), [["PHONE", "1"]]);
  assert.deepEqual(stillComing([SENT], [body]), []);
  assert.deepEqual(stillComing([SENT], [{ transfer: "t1", lines: [], is_last: true }]), []);
  assert.equal(stillComing([SENT], [{ ...part, transfer: "t2" }])[0].lines.length, 2);
});

test("what is sent to another place names both, and goes nowhere without one", () => {
  const work = blank("send", "p1");
  add(work, { article: TEA });
  assert.equal(missing(work).field, "to");
  work.to = "p2";
  assert.deepEqual(bodyOf(work), { transfer: work.id, source: "p1", destination: "p2", note: "", lines: [{ variant: "v1", quantity: "1" }] });
});
