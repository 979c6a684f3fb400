import assert from "node:assert/strict";
import { test } from "node:test";
import {
  NO_VALUE,
  date,
  dateTime,
  money,
  number,
  percent,
  quantity,
  quoted,
  relativeTime,
  shortDate,
  shortMoney,
  since,
  time,
} from "../../static/js/lib/format.js";

const british = { locale: "en-GB", currency: "GBP", timeZone: "Europe/London" };
const german = { locale: "de-DE", currency: "EUR", timeZone: "Europe/Berlin" };
const japanese = { locale: "ja-JP", currency: "JPY", timeZone: "Asia/Tokyo" };

// The same pairs stand in tests/test_shell.py: server and browser must write alike.
test("money stands in the currency's exponent and the language's order", () => {
  assert.equal(money("1234.5", british), "£1,234.50");
  assert.equal(money("-12", british), "-£12.00");
  assert.equal(money("1234.5", german), "1.234,50\u00a0€");
  assert.equal(money("1234.5", { ...british, currency: "USD" }), "$1,234.50");
  assert.equal(money("1234", { ...british, currency: "JPY" }), "¥1,234");
  assert.equal(money("1.2345", { ...british, currency: "KWD" }), "KWD\u00a01.235");
});

test("a decimal string keeps digits that a float would lose", () => {
  assert.equal(money("90071992547409.93", british), "£90,071,992,547,409.93");
});

test("nothing is a dash, zero is not nothing", () => {
  for (const nothing of [null, undefined, "", NaN, "abc"]) assert.equal(money(nothing, british), NO_VALUE);
  assert.equal(money("0", british), "£0.00");
  assert.equal(quantity(0, british), "0");
});

test("money without a currency is a mistake, never another currency", () => {
  assert.throws(() => money("1", { locale: "en-GB" }), /currency/);
});

test("a quantity drops zeros nobody asked for", () => {
  assert.equal(quantity("3.000", british), "3");
  assert.equal(quantity("1.250", british), "1.25");
  assert.equal(quantity("12000.000", german), "12.000");
  assert.equal(quantity("0.125", german), "0,125");
});

test("shares are of one", () => {
  assert.equal(percent(0.1241, british), "12.4%");
  assert.equal(percent(-0.05, { ...german, places: 0 }), "-5\u00a0%");
});

test("numbers group from four digits on", () => {
  assert.equal(number(1234, german), "1.234");
  assert.equal(number(1234.5, { ...british, places: 2 }), "1,234.50");
  assert.match(shortMoney(12_400, british), /^£12\.4k$/i);
});

test("an instant is shown in the shop's zone, also over midnight", () => {
  assert.equal(date("2026-06-14T23:30:00Z", german), "15. Juni 2026");
  assert.equal(date("2026-06-14T23:30:00Z", { ...british, timeZone: "UTC" }), "14 Jun 2026");
  assert.equal(time("2026-06-14T23:30:00Z", german), "01:30");
  assert.equal(dateTime("2026-01-14T12:00:00Z", british), "14 Jan 2026, 12:00");
  assert.equal(date("not a date", british), NO_VALUE);
});

test("since when is told with its day where that is not today", () => {
  const options = { ...german, now: new Date("2026-06-15T20:00:00Z") };
  assert.equal(since("2026-06-15T12:02:00Z", options), "14:02");
  assert.equal(since("2026-06-14T22:30:00Z", options), "00:30", "today in the shop's zone");
  assert.match(since("2026-06-14T12:02:00Z", options), /14\. Juni 2026.*14:02/);
  assert.equal(since(null, options), NO_VALUE);
});

test("of a long text a sentence quotes the beginning, and never what is no letter", () => {
  assert.equal(quoted("4006381333931"), "4006381333931");
  assert.equal(quoted("B".repeat(10_000)), `${"B".repeat(40)} …`);
  assert.equal(quoted("a\u202Eb\u0000c\x1dd"), "abcd");
});

test("a plain date is that day in every zone", () => {
  for (const place of [british, japanese, { ...british, timeZone: "America/Los_Angeles" }]) {
    assert.match(shortDate("2011-06-15", place), /15/);
  }
});

test("how long ago, in the largest unit that fits", () => {
  const now = Date.parse("2026-06-15T12:00:00Z");
  const ago = (seconds) => relativeTime(new Date(now - seconds * 1000), { ...british, now });

  assert.equal(ago(0), "now");
  assert.equal(ago(30), "30 seconds ago");
  assert.equal(ago(120), "2 minutes ago");
  assert.equal(ago(3 * 3600), "3 hours ago");
  assert.equal(ago(86_400), "yesterday");
  assert.equal(ago(90 * 86_400), "17 Mar 2026");
});
