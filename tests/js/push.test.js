// Push messages: what a browser shows for any payload, where a press leads, and what can be switched on where.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isOurs, shown, tabOf } from "../../static/js/worker/push.js";
import { inBase64, isFor, stateOf, whyNot, within } from "../../static/js/lib/push/state.js";

const told = { title: "TEA is low: 2 left", body: "Acme", url: "/stock/alerts/?kind=low", open: "/notifications/1/", tag: "n1" };

test("a payload becomes a notification with its words, picture and tag", () => {
  assert.deepEqual(shown(JSON.stringify(told), { icon: "/i.png" }), {
    title: told.title,
    options: { body: "Acme", tag: "n1", icon: "/i.png", badge: undefined, data: { url: told.url, open: told.open } },
  });
});

test("whatever else comes shows something plain that leads to the news of the shop", () => {
  const odd = [null, "", "not json {", "null", "7", '"text"', "[]", "{}", '{"title":7,"url":{}}', '{"title":"  "}'];
  for (const text of odd) {
    const { title, options } = shown(text);
    assert.equal(title, "Something is new in the shop", text);
    assert.deepEqual(options.data, { url: "/notifications/", open: "/notifications/" });
  }
  assert.equal(shown(JSON.stringify({ title: "x".repeat(9999) })).title.length, 120);
});

test("a message leads to pages of the shop only", () => {
  for (const bad of ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "", 7, `/${"x".repeat(2000)}`]) {
    assert.equal(isOurs(bad), false, String(bad));
    assert.equal(shown(JSON.stringify({ ...told, url: bad, open: bad })).options.data.open, "/notifications/");
  }
});

test("a press finds the open tab of the page, the one in sight first", () => {
  const tabs = [
    { url: "http://demo.localhost:8000/stock/alerts/", visibilityState: "visible" },
    { url: "http://demo.localhost:8000/stock/alerts/?kind=low#x", visibilityState: "hidden" },
    { url: "http://demo.localhost:8000/stock/alerts/?kind=low", visibilityState: "visible" },
  ];
  assert.equal(tabOf(tabs, told.url), tabs[2]);
  assert.equal(tabOf(tabs.slice(0, 2), told.url), tabs[1]);
  assert.equal(tabOf(tabs, "/orders/"), undefined);
});

test("what can be pressed depends on the browser, its permission and what the server knows", () => {
  const can = { hasPush: true };
  assert.equal(stateOf({ hasPush: false, isApple: true }).name, "install");
  assert.equal(stateOf({ hasPush: false, isApple: true, isInstalled: true }).name, "impossible");
  assert.equal(stateOf({ hasPush: false, isSecure: false }).words.includes("https"), true);
  assert.deepEqual([stateOf({ ...can, permission: "denied", isOn: true })].map(({ name, action }) => [name, action]), [["denied", ""]]);
  assert.equal(stateOf(can).action, "on");
  assert.equal(stateOf({ ...can, permission: "granted" }).action, "on");
  assert.equal(stateOf({ ...can, permission: "granted", isOn: true }).action, "off");
});

test("what never answers ends after its time, in words", async () => {
  const error = await within(5, new Promise(() => {})).catch((caught) => caught);
  assert.match(whyNot(error), /did not answer within 10 seconds/);
  assert.equal(await within(1000, Promise.resolve(7)), 7);
  assert.match(whyNot({ name: "NotAllowedError" }), /Allow/);
  assert.equal(whyNot({ name: "ApiProblem", detail: "No." }), "No.");
});

test("a subscription for another key of the shop is told apart", () => {
  const key = new Uint8Array([4, 255, 254]).buffer;
  assert.equal(inBase64(key), "BP_-");
  assert.equal(isFor({ options: { applicationServerKey: key } }, "BP_-"), true);
  assert.equal(isFor({ options: { applicationServerKey: key } }, "other"), false);
  assert.equal(isFor({}, "BP_-"), true);
});
