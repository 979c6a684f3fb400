import assert from "node:assert/strict";
import { test } from "node:test";
import { articlesOf } from "../../static/js/lib/scan/named.js";

const variant = (id, name, more = {}) => ({ id, sku: `S${id}`, name, is_stocked: true, is_active: true, ...more });

test("every variant that can lie on a shelf is offered, called as on a receipt", () => {
  const tea = { name: "Tea", variants: [variant("1", "")] };
  const shirt = { name: "Shirt", variants: [variant("2", "S"), variant("3", "M", { is_active: false }), variant("4", "L", { is_stocked: false })] };
  assert.deepEqual(articlesOf([tea, shirt]), [
    { variant: "1", sku: "S1", pack: "1", name: "Tea" },
    { variant: "2", sku: "S2", pack: "1", name: "Shirt, S" },
  ]);
  assert.deepEqual(articlesOf([]), []);
});
