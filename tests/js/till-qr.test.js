// The QR code of a slip is the one that the server's library draws. The cases: tests/vectors/qr.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { modulesOf, qrPath } from "../../static/js/lib/till/qr.js";
import { vectors } from "./vectors.mjs";

test("every module is as the server's library draws it", () => {
  const cases = vectors("qr");
  assert.ok(cases.length >= 300);
  for (const { text, rows } of cases) {
    assert.deepEqual(modulesOf(text).map((row) => row.map((isDark) => (isDark ? "#" : ".")).join("")), rows, text);
  }
});

test("what such a code cannot say has none", () => {
  for (const text of ["R-".padEnd(39, "0"), "R-k3", "R-É"]) assert.equal(qrPath(text), null);
  assert.equal(qrPath("R-K3-000118").size, 29);
});
