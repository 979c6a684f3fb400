import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiProblem, csrfToken, parseProblem } from "../../static/js/lib/api.js";

test("a problem document keeps status, code, words, errors and request id", () => {
  const problem = parseProblem(
    409,
    JSON.stringify({
      type: "/api/v1/docs/problems/#out-of-stock",
      title: "Too little stock",
      status: 409,
      detail: "Oat milk: 2 left.",
      code: "out-of-stock",
      errors: [{ pointer: "/lines/0/quantity", detail: "Only 2 left.", code: "short", left: "2" }],
      request_id: "0199e0aa",
    }),
  );

  assert.ok(problem instanceof ApiProblem && problem instanceof Error);
  assert.equal(problem.status, 409);
  assert.equal(problem.code, "out-of-stock");
  assert.equal(problem.title, "Too little stock");
  assert.equal(problem.message, "Oat milk: 2 left.");
  assert.equal(problem.requestId, "0199e0aa");
  assert.equal(problem.errors[0].left, "2");
  assert.deepEqual(problem.about("/lines/0/quantity"), ["Only 2 left."]);
  assert.deepEqual(problem.about("email"), []);
});

test("a field is found by its name or by a fragment pointer", () => {
  const problem = parseProblem(422, '{"errors": [{"pointer": "#/email", "detail": "Enter an address."}]}');

  assert.deepEqual(problem.about("email"), ["Enter an address."]);
});

test("the code falls back to the end of the type, and about:blank has none", () => {
  assert.equal(parseProblem(422, '{"type": "https://x.test/problems/bad-code"}').code, "bad-code");
  assert.equal(parseProblem(404, '{"type": "about:blank"}').code, "");
});

test("an answer that is no problem document still says something", () => {
  for (const text of ["<h1>Bad gateway</h1>", "", "null", "[1]", '"no"', '{"errors": "no"}', '{"errors": [null, 3]}']) {
    const problem = parseProblem(502, text);
    assert.equal(problem.title, "The server is starting");
    assert.deepEqual(problem.errors, []);
    assert.ok(problem.isTemporary);
  }
});

test("headers fill in the request id and how long to wait", () => {
  const headers = new Map([
    ["x-request-id", "abc"],
    ["retry-after", "7"],
  ]);
  const problem = parseProblem(429, "{}", headers);

  assert.equal(problem.requestId, "abc");
  assert.equal(problem.retryAfter, 7);
});

test("only what may pass later is temporary", () => {
  const temporary = (status) => new ApiProblem({ status }).isTemporary;

  assert.deepEqual([0, 429, 500, 503].map(temporary), [true, true, true, true]);
  assert.deepEqual([400, 401, 403, 404, 409, 422].map(temporary), [false, false, false, false, false, false]);
});

test("the csrf token comes from the cookie first, then from the page", () => {
  const page = () => "from-page";

  assert.equal(csrfToken("a=b; __Host-csrf=one%3D; c=d", page), "one=");
  assert.equal(csrfToken("csrftoken=two", page), "two");
  assert.equal(csrfToken("my-csrftoken=no; x=y", page), "from-page");
  assert.equal(csrfToken("", () => undefined), "");
});
