import assert from "node:assert/strict";
import { test } from "node:test";
import { writtenOut } from "../../static/js/lib/camera/codes.js";
import { nativeReader } from "../../static/js/lib/camera/native.js";
import { QUIET_LOOKS, QUIET_MS, Readers } from "../../static/js/lib/camera/readers.js";

const FRAME = 33;
const EAN = { format: "EAN13", text: "4006381333931" };
const LABEL = { format: "Code128", text: "0109501101530003172601311042" };
const GS1 = { format: "Code128", text: "010950110153000317260131\x1d1042", symbologyIdentifier: "]C1" };
const FRESH = { format: "DataBarExp", text: "0109501101530003", symbologyIdentifier: "]e0" };

/** Both readers over pictures that say what each of them sees; `frames(n, picture)` answers what was read, once each. */
function watch({ isNative = true, open } = {}) {
  const asked = { native: 0, ours: 0, opened: 0 };
  const eye = (name) => ({ read: (picture) => ((asked[name] += 1), picture[name] instanceof Error ? Promise.reject(picture[name]) : picture[name]) });
  const native = isNative ? { read: async (picture) => eye("native").read(picture) } : null;
  const readers = new Readers({ native, most: 50, open: async () => ((asked.opened += 1), open ? open() : eye("ours")) });
  let at = 0;
  const frames = async (count, native, ours) => {
    const read = new Set();
    for (let frame = 0; frame < count; frame += 1) for (const one of await readers.read({ native, ours }, (at += FRAME))) read.add(one.text);
    return [...read];
  };
  return { readers, asked, frames };
}
const LONG = Math.ceil(QUIET_MS / FRAME) + QUIET_LOOKS + 2;

test("plain goods are read by the browser's own reader, and ours is never fetched", async () => {
  const { readers, asked, frames } = watch();
  await readers.begin();
  for (let round = 0; round < 9; round += 1) {
    assert.deepEqual(await frames(20, [EAN], [EAN]), [EAN.text]);
    assert.deepEqual(await frames(10, [{ format: "Code128", text: "SKU-1" }, { format: "QRCode", text: "https://shop.example/p/1" }], []), ["SKU-1", "https://shop.example/p/1"]);
    await frames(LONG - 9 - QUIET_LOOKS, [], []);
  }
  assert.deepEqual([asked.ours, asked.opened], [0, 0]);
});

test("what may be a GS1 code is read by ours, in the same picture, which then leads", async () => {
  const { asked, frames } = watch();
  assert.deepEqual(await frames(1, [EAN, LABEL], [GS1]), [EAN.text, GS1.text]);
  assert.deepEqual(await frames(8, [LABEL], [GS1]), [GS1.text]);
  assert.deepEqual(asked, { native: 1, ours: 9, opened: 1 });
  await frames(LONG, [], []);
  assert.deepEqual(await frames(6, [EAN], []), [EAN.text], "after a while the browser's own leads again");
});

test("ours is told of a Data Matrix, which it does not look for in every picture", async () => {
  const told = [];
  const native = { read: async () => [{ format: "DataMatrix", text: "0109501101530003" }] };
  const readers = new Readers({ native, open: async () => ({ read: (_, asked) => (told.push(asked), []) }) });
  assert.deepEqual(await readers.read({}, 0), []);
  assert.deepEqual(told, [{ hasMatrix: true }]);
});

test("after a while without anything both look in turn, and who reads goes on", async () => {
  const { asked, frames } = watch();
  await frames(LONG, [], []);
  assert.ok(asked.ours > 0 && asked.native > asked.ours);
  const before = asked.native;
  assert.deepEqual(await frames(10, [], [FRESH]), [FRESH.text]);
  assert.ok(asked.native - before <= 1);
});

test("a reader of the browser that fails, or does not answer, is not asked again and nobody notices", async () => {
  for (const answer of [new Error("service unavailable"), new Promise(() => {})]) {
    const { asked, frames } = watch();
    assert.deepEqual(await frames(5, answer, [EAN]), [EAN.text]);
    assert.deepEqual(asked, { native: 1, ours: 5, opened: 1 });
  }
});

test("one that sees nothing where ours reads what both know gives way for good", async () => {
  const { readers, frames } = watch();
  for (let round = 0; round < 3; round += 1) {
    assert.ok(readers.native);
    await frames(LONG, [], []);
    assert.deepEqual(await frames(4, [], [EAN]), [EAN.text]);
  }
  assert.equal(readers.native, null);
});

test("without ours the browser's own reads on, and what may be GS1 waits", async () => {
  const { asked, frames } = watch({ open: () => Promise.reject(new Error("no network")) });
  assert.deepEqual(await frames(30, [EAN, LABEL], [GS1]), [EAN.text]);
  assert.equal(asked.opened, 1, "not asked for again and again");
});

test("where nobody can read that is said", async () => {
  const blind = watch({ isNative: false, open: () => Promise.reject(new Error("no network")) });
  await assert.rejects(blind.readers.begin(), { isBlind: true });
  const failed = watch({ open: () => Promise.reject(new Error("no network")) });
  await assert.rejects(failed.frames(1, new Error("service unavailable"), []), { isBlind: true });
});

test("the browser's own reader is taken only where it knows all that shops print", async () => {
  const all = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "qr_code"];
  const detector = (known, found = []) =>
    class {
      static async getSupportedFormats() {
        return known;
      }

      constructor({ formats }) {
        this.formats = formats;
      }

      async detect() {
        return found;
      }
    };
  assert.equal(await nativeReader(undefined), null);
  for (const missing of all) assert.equal(await nativeReader(detector(all.filter((one) => one !== missing))), null);
  const cornerPoints = [0, 1, 2, 3].map((x) => ({ x, y: 0 }));
  const reader = await nativeReader(detector([...all, "pdf417"], [{ format: "upc_a", rawValue: "036000291452", cornerPoints }]));
  assert.deepEqual(reader.detector.formats, all);
  assert.deepEqual((await nativeReader(detector([...all, "data_matrix"]))).detector.formats, [...all, "data_matrix"]);
  assert.deepEqual(await reader.read({ image: () => null }), [{ format: "UPCA", text: "036000291452", corners: cornerPoints }]);
});

test("a UPC-E is written out by each of its rules", () => {
  const pairs = { "04252614": "042100005264", "01234531": "012300000451", "01234543": "012340000053", "01234565": "012345000065", "012345000065": "012345000065" };
  for (const [short, long] of Object.entries(pairs)) assert.equal(writtenOut(short), long);
});
