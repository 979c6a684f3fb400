import assert from "node:assert/strict";
import { test } from "node:test";
import { GONE_MS, Verdict } from "../../static/js/lib/camera/verdict.js";

const KINDS = ["full", "near", "turned", "columns", "close", "sharp"];
const FRAME = 33;

const square = (x, y, size = 0.2) => [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([dx, dy]) => ({ x: x + (dx * size) / 2, y: y + (dy * size) / 2 }));
const code = (key, x = 0.5, y = 0.5) => ({ key, code: key, corners: square(x, y) });

/** A verdict with a clock: `frames(n, ...codes)` shows them for n frames, answers the keys that were taken. */
function watch() {
  const verdict = new Verdict();
  let [at, count] = [0, 0];
  let last;
  const frame = (found, { kind = KINDS[count % KINDS.length], ms = FRAME } = {}) => {
    at += ms;
    count += 1;
    last = verdict.look({ at, kind, found });
    return last.taken?.key;
  };
  const frames = (number, ...found) => Array.from({ length: number }, () => frame(found)).filter(Boolean);
  return { verdict, frame, frames, choices: () => last.choices.map(({ key }) => key), inView: () => last.inView.map(({ key }) => key) };
}

test("one read is no scan, two by different looks are", () => {
  const { frame, frames } = watch();
  assert.equal(frame([code("tea")]), undefined);
  assert.deepEqual(frames(20), []);
  assert.equal(frame([code("tea")]), undefined, "the first read is too old to agree with");
  assert.equal(frame([code("tea")]), "tea");
});

test("two reads by the same kind of look can be the same mistake twice: three are asked for", () => {
  const { frame } = watch();
  assert.equal(frame([code("tea")], { kind: "full" }), undefined);
  assert.equal(frame([code("tea")], { kind: "full" }), undefined);
  assert.equal(frame([code("tea")], { kind: "full" }), "tea");
});

test("the same code twice in one picture is one read", () => {
  const { frame } = watch();
  assert.equal(frame([code("tea", 0.2), code("tea", 0.8)]), undefined);
  assert.equal(frame([code("tea", 0.2), code("tea", 0.8)]), "tea");
});

test("a rival in the window holds a code up until it is too old", () => {
  const { frame, frames } = watch();
  frame([code("misread")]);
  assert.equal(frame([code("tea")]), undefined);
  assert.equal(frame([code("tea")]), undefined);
  assert.deepEqual(frames(20, code("tea")), ["tea"]);
});

test("a code that stays in the picture counts once, however long", () => {
  const { frames } = watch();
  assert.deepEqual(frames(600, code("tea")), ["tea"]);
});

test("a code that is missed now and then has not left", () => {
  const { frames } = watch();
  frames(5, code("tea"));
  for (let round = 0; round < 40; round += 1) assert.deepEqual([...frames(12), ...frames(1, code("tea"))], []);
});

test("a machine that stalls has not seen a code leave", () => {
  const { frame, frames } = watch();
  assert.deepEqual(frames(5, code("tea")), ["tea"]);
  for (let look = 0; look < 4; look += 1) frame([], { ms: 2000 });
  assert.deepEqual(frames(5, code("tea")), []);
});

test("slow looks agree too", () => {
  const { frame } = watch();
  assert.equal(frame([code("tea")], { ms: 300 }), undefined);
  assert.equal(frame([], { ms: 300 }), undefined);
  assert.equal(frame([code("tea")], { ms: 300 }), "tea");
});

test("everything of a clip that loops counts once per loop", () => {
  const { frames } = watch();
  const goods = Array.from({ length: 16 }, (_, number) => `article ${number}`);
  const loop = () => goods.flatMap((key) => [...frames(15), ...frames(30, code(key))]);
  for (let round = 0; round < 3; round += 1) assert.deepEqual(loop(), goods);
});

test("the same article again and again counts as often as it left the picture", () => {
  const { frames } = watch();
  const away = Math.ceil(GONE_MS / FRAME) + 2;
  for (let round = 0; round < 5; round += 1) assert.deepEqual([...frames(10, code("tea")), ...frames(away)], ["tea"]);
});

test("an article pushed into the place of another counts without a tap", () => {
  const { frames, choices } = watch();
  assert.deepEqual(frames(10, code("tea")), ["tea"]);
  assert.deepEqual(frames(16, code("cup")), ["cup"]);
  assert.deepEqual(choices(), []);
});

test("what counted and still lies beside the next article does not hold it up", () => {
  const { frames } = watch();
  assert.deepEqual(frames(10, code("tea", 0.2)), ["tea"]);
  assert.deepEqual(frames(3, code("tea", 0.2), code("cup", 0.8)), ["cup"]);
});

test("of several codes none counts until somebody chooses, and then only that one", () => {
  const { verdict, frames, choices } = watch();
  assert.deepEqual(frames(10, code("tea", 0.2), code("cup", 0.8)), []);
  assert.deepEqual(choices(), ["tea", "cup"]);
  assert.equal(verdict.choose("cup").key, "cup");
  assert.deepEqual(frames(60, code("tea", 0.2), code("cup", 0.8)), [], "the other one was passed over");
  assert.deepEqual(choices(), ["tea"]);
  assert.equal(verdict.choose("cup"), null, "chosen twice is taken once");
  assert.deepEqual(frames(40), []);
  assert.deepEqual(frames(5, code("tea", 0.2)), ["tea"], "it left, so it may come alone");
});

test("a misreading that never gives way is put to the person, never taken", () => {
  const { frame, choices } = watch();
  const taken = Array.from({ length: 60 }, (_, at) => frame([code(at % 2 ? "right" : "wrong")])).filter(Boolean);
  assert.deepEqual(taken, []);
  assert.deepEqual(choices().toSorted(), ["right", "wrong"]);
});

test("what counted before the page came anew counts again only after it left", () => {
  const { verdict, frames } = watch();
  verdict.hold({ key: "tea", code: "tea", at: 0 });
  assert.deepEqual(frames(20, code("tea")), []);
  assert.deepEqual([...frames(40), ...frames(5, code("tea"))], ["tea"]);
});

test("nothing is remembered of what has left", () => {
  const { frames, inView } = watch();
  for (let number = 0; number < 100; number += 1) frames(3, code(`code ${number}`));
  frames(60);
  assert.deepEqual(inView(), []);
});
