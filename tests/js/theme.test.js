import assert from "node:assert/strict";
import { test } from "node:test";
import { isDark, readTheme, rememberTheme, validTheme } from "../../static/js/lib/theme.js";

function drawer(content = {}) {
  const kept = new Map(Object.entries(content));
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

const closed = {
  getItem() {
    throw new Error("denied");
  },
  setItem() {
    throw new Error("denied");
  },
};

test("only three themes exist", () => {
  assert.deepEqual(["light", "dark", "auto", "blue", null, undefined].map(validTheme), [
    "light",
    "dark",
    "auto",
    "auto",
    "auto",
    "auto",
  ]);
});

test("a choice is remembered and auto forgets it", () => {
  const storage = drawer();
  rememberTheme("dark", storage);
  assert.equal(readTheme(storage), "dark");
  rememberTheme("auto", storage);
  assert.equal(storage.kept.size, 0);
  assert.equal(readTheme(storage), "auto");
});

test("closed storage means auto and no error", () => {
  assert.equal(readTheme(closed), "auto");
  rememberTheme("dark", closed);
});

test("auto follows the device, a choice does not", () => {
  assert.deepEqual(
    [isDark("auto", true), isDark("auto", false), isDark("dark", false), isDark("light", true)],
    [true, false, true, false],
  );
});
