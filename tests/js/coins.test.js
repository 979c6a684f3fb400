import assert from "node:assert/strict";
import { test } from "node:test";
import { counted } from "../../static/js/lib/coins.js";

test("pieces come to the exact sum, and what is no number counts as none", () => {
  assert.equal(counted([["20", "2"], ["0.10", "3"], ["0.05", " 1 "], ["0.01", ""]]), "40.350");
  assert.equal(counted([["50", "x"], ["5", "-1"], ["1", "1.5"], ["0.02", "3"]]), "0.060");
  assert.equal(counted([]), "0.000");
});
