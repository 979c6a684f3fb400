import assert from "node:assert/strict";
import { test } from "node:test";
import { blurDown, drawingOf, greyOf, inFrame, PASSES, sharpened, Turns } from "../../static/js/lib/camera/passes.js";

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("every pass has its turn, and the plain picture the most", () => {
  const turns = new Turns();
  const seen = Array.from({ length: 18 }, () => turns.next());
  assert.deepEqual(new Set(seen), new Set(Object.keys(PASSES)));
  assert.ok(seen.filter((pass) => pass === "full").length >= 6);
});

test("what read something is asked for a second opinion, and again after another look", () => {
  const turns = new Turns();
  turns.next();
  turns.hit("near");
  assert.equal(turns.next(), "near~");
  turns.hit("near~");
  assert.equal(turns.next(), "near", "the next in turn");
  assert.equal(turns.next(), "near");
  assert.equal(turns.next(), "turned", "what missed is not asked again at once");
});

test("what is found in any drawing lies where it is in the picture", () => {
  for (const pass of Object.keys(PASSES).flatMap((name) => [name, `${name}~`])) {
    const { width, height, matrix } = drawingOf(pass, 1920, 1080);
    const [a, b, c, d, e, f] = matrix;
    const middle = inFrame({ x: width / 2, y: height / 2 }, matrix, 1920, 1080);
    close(middle.x, 0.5);
    close(middle.y, 0.5);
    const point = { x: 0.55, y: 0.45 };
    const [x, y] = [point.x * 1920, point.y * 1080];
    const back = inFrame({ x: a * x + c * y + e, y: b * x + d * y + f }, matrix, 1920, 1080);
    close(back.x, point.x);
    close(back.y, point.y);
    assert.ok(width * height <= 1280 * 1280);
  }
});

test("brightness, blur and edges are what they say", () => {
  assert.deepEqual([...greyOf(new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255]))], [255, 0]);
  const striped = Uint8Array.from({ length: 100 }, (_, at) => (at % 10 < 5 ? 40 : 200));
  assert.deepEqual(blurDown(striped, 10, 10, 2), striped, "upright bars stay as they are");
  const flat = new Uint8Array(100).fill(90);
  assert.deepEqual(sharpened(flat, 10, 10, { radius: 2, amount: 3 }), flat);
  const edge = sharpened(striped, 10, 10, { radius: 2, amount: 1 });
  assert.ok(edge[4] < 40 && edge[5] > 200, "an edge gets steeper");
});
