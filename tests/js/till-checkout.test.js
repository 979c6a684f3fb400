import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiProblem } from "../../static/js/lib/api.js";
import { Checkout, verdictOf } from "../../static/js/lib/till/checkout.js";

const problem = (status, code = "") => new ApiProblem({ status, code });
const refuse = (status, code) => async () => {
  throw problem(status, code);
};

test("a double click is one sale: both get the answer of the one post", async () => {
  let posts = 0;
  const checkout = new Checkout({ post: async (body) => ({ id: body.id, posts: ++posts }), find: refuse(404) });
  const answers = await Promise.all([checkout.send({ id: "a" }), checkout.send({ id: "a" })]);
  assert.equal(posts, 1);
  assert.deepEqual(answers, [{ order: { id: "a", posts: 1 } }, { order: { id: "a", posts: 1 } }]);
  assert.equal(checkout.isBusy, false);
});

test("every refusal has its meaning", () => {
  assert.equal(verdictOf(problem(401)), "logged-out");
  assert.equal(verdictOf(problem(403, "csrf")), "logged-out");
  assert.equal(verdictOf(problem(409, "out-of-stock")), "out-of-stock");
  assert.equal(verdictOf(problem(409, "price-changed")), "price-changed");
  assert.equal(verdictOf(problem(422, "invalid")), "refused");
  for (const status of [0, 429, 500, 503]) assert.equal(verdictOf(problem(status)), "unknown");
});

test("no answer leaves the sale open: only the same may be sent again", async () => {
  const checkout = new Checkout({ post: refuse(0, "network"), find: refuse(404) });
  const { verdict, isSettled } = await checkout.send({ id: "a" });
  assert.deepEqual([verdict, isSettled], ["unknown", false]);
});

test("a refusal of the first try is believed", async () => {
  const checkout = new Checkout({ post: refuse(409, "out-of-stock"), find: () => assert.fail("nobody asks") });
  const { verdict, isSettled } = await checkout.send({ id: "a" });
  assert.deepEqual([verdict, isSettled], ["out-of-stock", true]);
});

test("after a lost answer a refusal is checked: the first try may have been booked", async () => {
  const booked = new Checkout({ post: refuse(409, "price-changed"), find: async (id) => ({ id }) });
  assert.deepEqual(await booked.send({ id: "a" }, { wasTried: true }), { order: { id: "a" } });

  const unbooked = new Checkout({ post: refuse(409, "price-changed"), find: refuse(404) });
  const told = await unbooked.send({ id: "a" }, { wasTried: true });
  assert.deepEqual([told.verdict, told.isSettled], ["price-changed", true]);

  const unreachable = new Checkout({ post: refuse(422, "invalid"), find: refuse(0, "network") });
  const open = await unreachable.send({ id: "a" }, { wasTried: true });
  assert.deepEqual([open.verdict, open.isSettled], ["unknown", false]);
});

test("a log-out after a lost answer settles nothing", async () => {
  const checkout = new Checkout({ post: refuse(401), find: refuse(401) });
  assert.equal((await checkout.send({ id: "a" }, { wasTried: true })).isSettled, false);
  assert.equal((await checkout.send({ id: "a" })).isSettled, true);
});

test("a mistake of ours is not dressed up as a refusal", async () => {
  const checkout = new Checkout({
    post: async () => {
      throw new TypeError("oops");
    },
    find: refuse(404),
  });
  await assert.rejects(checkout.send({ id: "a" }), TypeError);
  assert.equal(checkout.isBusy, false);
});
