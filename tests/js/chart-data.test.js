import assert from "node:assert/strict";
import { test } from "node:test";
import { extent, fromJson, fromRows, toNumber, toSeconds } from "../../static/js/lib/chart-data.js";

const cell = (text, datetime) => ({ text, datetime });

test("a table becomes series and a band", () => {
  const data = fromRows(
    [{ label: "Day" }, { label: "Sold", kind: "bars" }, { label: "Forecast", kind: "dashed" }, { label: "p10", kind: "low" }, { label: "p90", kind: "high" }],
    [
      [cell("15 June", "2011-06-15"), cell("1,204"), cell(""), cell(""), cell("")],
      [cell("16 June", "2011-06-16"), cell("–"), cell("40.5"), cell("30"), cell("52")],
    ],
  );

  assert.equal(data.isTime, true);
  assert.deepEqual(data.x, [1308096000, 1308182400]);
  assert.deepEqual(data.series, [
    { label: "Sold", kind: "bars", values: [1204, null] },
    { label: "Forecast", kind: "dashed", values: [null, 40.5] },
  ]);
  assert.deepEqual(data.band, { label: "p10 to p90", low: [null, 30], high: [null, 52] });
});

test("an exact value of a cell wins over its text, and a column can stay out", () => {
  const data = fromRows(
    [{ label: "Day" }, { label: "Revenue" }, { label: "Note", kind: "none" }],
    [[{ text: "Mon" }, { text: "1.234,50 €", value: "1234.50" }, { text: "holiday" }]],
  );

  assert.equal(data.isTime, false);
  assert.deepEqual(data.x, [0]);
  assert.deepEqual(data.series, [{ label: "Revenue", kind: "line", values: [1234.5] }]);
  assert.equal(data.band, null);
});

test("JSON has the same shape", () => {
  const data = fromJson({ x: ["2011-05", "2011-06"], series: [{ label: "Revenue", values: ["1.50", null] }] });

  assert.equal(data.isTime, true);
  assert.deepEqual(data.series[0].values, [1.5, null]);
});

test("only dates and instants are time", () => {
  assert.equal(toSeconds("1970-01-02"), 86_400);
  assert.equal(toSeconds("1970-01-01T00:00:10Z"), 10);
  assert.equal(toSeconds("1970-01-01T01:00:10+01:00"), 10);
  assert.equal(toSeconds("12"), null);
  assert.equal(toSeconds("Mon"), null);
  assert.equal(toSeconds("2011-99-99"), null);
});

test("what is no number is no point", () => {
  assert.deepEqual(["", "–", "n/a", null, undefined, "1 204.5", "0", "-3"].map(toNumber), [
    null, null, null, null, null, 1204.5, 0, -3,
  ]);
});

test("the axis starts at zero, holds the band, and survives nothing", () => {
  const series = [{ values: [3, 10, null] }];
  assert.deepEqual(extent({ series, band: null }), [0, 10.6]);
  assert.deepEqual(extent({ series, band: { low: [-5], high: [20] } }), [-6.5, 21.5]);
  assert.deepEqual(extent({ series: [{ values: [null] }], band: null }), [0, 1]);
  const [low, high] = extent({ series: [{ values: [0, 0] }], band: null });
  assert.ok(low === 0 && high > 0);
});
