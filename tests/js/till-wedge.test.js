import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_GAP_MS, MOST_MEAN_GAP_MS, MOST_PAUSE_MS, Wedge } from "../../static/js/lib/till/wedge.js";

/** Type `text` with `gap` milliseconds between keys, from `at` on; answers the scans and the time after. */
function type(wedge, text, gap, at = 0) {
  const scans = [];
  for (const key of [...text].map((letter) => (letter === "\n" ? "Enter" : letter))) {
    const scan = wedge.feed({ key, at });
    if (scan) scans.push(scan);
    at += gap;
  }
  return { scans, at };
}

test("a code typed within milliseconds and ended by Enter is a scan", () => {
  assert.deepEqual(type(new Wedge(), "4006381333931\n", 4).scans, [{ code: "4006381333931", typed: 13 }]);
});

test("Tab ends a scan too, as some scanners are set up", () => {
  const wedge = new Wedge();
  type(wedge, "96385074", 5);
  assert.equal(wedge.feed({ key: "Tab", at: 40 }).code, "96385074");
});

test("what fingers type is no scan, also when they are quick", () => {
  for (const gap of [45, 80, 120, 250]) assert.deepEqual(type(new Wedge(), "earl grey\n", gap).scans, []);
});

test("two keys rolled over each other are no scan", () => {
  assert.deepEqual(type(new Wedge(), "as\n", 15).scans, []);
});

test("a code that comes after slow typing is taken without what was typed", () => {
  const wedge = new Wedge();
  const { at } = type(wedge, "te", 140);
  assert.deepEqual(type(wedge, "5012345678900\n", 6, at + 300).scans, [{ code: "5012345678900", typed: 13 }]);
});

test("an Enter long after the keys is a person's", () => {
  const wedge = new Wedge();
  const { at } = type(wedge, "5012345678900", 5);
  assert.equal(wedge.feed({ key: "Enter", at: at + MOST_PAUSE_MS + 1 }), null);
});

test("bursts of twenty codes a second lose none, for a minute", () => {
  const wedge = new Wedge();
  const codes = Array.from({ length: 1200 }, (_, place) => String(4_000_000_000_000 + place));
  let at = 1000;
  const heard = [];
  for (const [place, code] of codes.entries()) {
    const typed = type(wedge, `${code}\n`, 3, 1000 + place * 50);
    heard.push(...typed.scans.map((scan) => scan.code));
    at = typed.at;
  }
  assert.deepEqual(heard, codes);
  assert.ok(at < 61_100);
});

test("a code of three hundred characters and more is one scan, never its end", () => {
  for (const length of [300, 501, 4296]) assert.equal(type(new Wedge(), `${"A".repeat(length)}\n`, 4).scans[0].code.length, length);
});

test("the separator of a GS1 code comes as Ctrl and a bracket, and is no character in the field", () => {
  const wedge = new Wedge();
  type(wedge, "]C10104006381333931", 4);
  wedge.feed({ key: "Control", at: 77, isModified: true, isControl: true });
  wedge.feed({ key: "]", at: 80, isModified: true, isControl: true });
  assert.deepEqual(type(wedge, "10LOT7\n", 4, 84).scans, [{ code: "]C10104006381333931\x1d10LOT7", typed: 25 }]);
  assert.equal(wedge.feed({ key: "]", at: 5000, isModified: true, isControl: true }), null);
  assert.equal(wedge.length, 0, "the same keys of a person are a shortcut");
});

test("capitals, dashes and blanks within a code stay; Shift does not break it", () => {
  const wedge = new Wedge();
  let at = 0;
  for (const key of ["Shift", "A", "Shift", "B", "-", "1", " ", "2"]) wedge.feed({ key, at: (at += 6) });
  assert.deepEqual(wedge.feed({ key: "Enter", at: at + 6 }), { code: "AB-1 2", typed: 6 });
});

test("a shortcut or an arrow in between is no scanner", () => {
  const wedge = new Wedge();
  type(wedge, "4006", 4);
  wedge.feed({ key: "ArrowDown", at: 17 });
  assert.deepEqual(type(wedge, "38\n", 4, 20).scans, []);
  type(wedge, "400638", 4, 100);
  wedge.feed({ key: "v", at: 125, isModified: true });
  assert.equal(wedge.feed({ key: "Enter", at: 129 }), null);
});

test("the mean gap decides between a slow scanner and a quick hand", () => {
  assert.equal(type(new Wedge(), "12345678\n", MOST_MEAN_GAP_MS).scans.length, 1);
  assert.equal(type(new Wedge(), "12345678\n", MOST_MEAN_GAP_MS + 1).scans.length, 0);
});

test("it says while a burst is going on, so that a question mark inside it opens no help", () => {
  const wedge = new Wedge();
  wedge.feed({ key: "?", at: 0 });
  assert.equal(wedge.isBursting(1), false);
  wedge.feed({ key: "1", at: 4 });
  assert.equal(wedge.isBursting(10), true);
  assert.equal(wedge.isBursting(4 + MOST_GAP_MS + 1), false);
});

test("a scan that the machine held up is one scan, wherever it was held up", () => {
  const code = "5012345678900";
  for (let place = 1; place < code.length; place++) {
    const wedge = new Wedge();
    const { at } = type(wedge, code.slice(0, place), 3);
    const [scan] = type(wedge, `${code.slice(place)}\n`, 3, at + 120).scans;
    assert.deepEqual([scan.code, scan.typed], [code, 13], `held up after ${place}`);
  }
  const wedge = new Wedge();
  const { at } = type(wedge, code, 3);
  assert.equal(wedge.feed({ key: "Enter", at: at + 120 }).code, code);
});

test("what came right before a scan may have been fingers: the scan alone is the other possibility", () => {
  const wedge = new Wedge();
  const { at } = type(wedge, "te", 140);
  assert.deepEqual(type(wedge, "5012345678900\n", 3, at).scans, [{ code: "te5012345678900", typed: 15, others: ["5012345678900"] }]);
});

test("keys rolled over each other again and again are no scan", () => {
  const wedge = new Wedge();
  let at = 0;
  for (const pair of ["ea", "rl", " g", "re", "y "]) at = type(wedge, pair, 15, at + 120).at;
  assert.equal(wedge.feed({ key: "Enter", at: at + 20 }), null);
});
