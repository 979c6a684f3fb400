import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readScan } from "../../static/js/lib/scan/read.js";

const { year, rules, cases } = JSON.parse(readFileSync(new URL("../vectors/scans.json", import.meta.url)));
const NOTHING = readScan("", [], { year });

test("a scan says what was put into it: the golden vectors, as in tests/test_scan_reading.py", () => {
  assert.ok(cases.length >= 200);
  for (const { title, text, rules: name, says } of cases) {
    const under = rules[name].map(([pattern, decimals, charges = false]) => ({ pattern, decimals, charges }));
    assert.deepEqual(readScan(text, under, { year }), { ...NOTHING, ...says }, `${title}: ${JSON.stringify(text)}`);
  }
});
