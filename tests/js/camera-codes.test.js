import assert from "node:assert/strict";
import { test } from "node:test";
import { understood } from "../../static/js/lib/camera/codes.js";

const read = (format, text, symbologyIdentifier) => understood({ format, text, symbologyIdentifier });

test("one article has one key, as UPC-A and as EAN-13 with a leading zero", () => {
  assert.deepEqual(read("EAN13", "0036000291452"), { key: "00036000291452", code: "0036000291452" });
  assert.deepEqual(read("UPCA", "036000291452"), { key: "00036000291452", code: "036000291452" });
  assert.deepEqual(read("UPCE", "0012345000065"), { key: "00012345000065", code: "0012345000065" });
  assert.deepEqual(read("EAN8", "96385074"), { key: "00000096385074", code: "96385074" });
});

test("a wrong check digit and a code of zeros are no codes", () => {
  assert.equal(read("EAN13", "4006381333930"), null);
  assert.equal(read("EAN13", "0000000000000"), null);
  assert.equal(read("Code128", "  "), null);
});

test("GS1 codes say that they are, as a scanner would", () => {
  const label = "0109501101530003\x1d17260131";
  assert.deepEqual(read("Code128", label, "]C1"), { key: `]C1${label}`, code: `]C1${label}` });
  assert.equal(read("DataMatrix", label, "]d2").code, `]d2${label}`);
  assert.equal(read("DataBarOmni", "0109501101530003", "]e0").code, "]e00109501101530003");
  assert.deepEqual(read("Code128", "SKU-7F3K2M9Q", "]C0"), { key: "SKU-7F3K2M9Q", code: "SKU-7F3K2M9Q" });
  assert.deepEqual(read("QRCode", "https://shop.example/p/1", "]Q1"), { key: "https://shop.example/p/1", code: "https://shop.example/p/1" });
});
