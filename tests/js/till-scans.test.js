import assert from "node:assert/strict";
import { test } from "node:test";
import { Scans } from "../../static/js/lib/till/scans.js";

function collect(lookUp) {
  const heard = [];
  return new Promise((resolve) => {
    const scans = new Scans({
      lookUp,
      onFound: (article, code) => heard.push(`${code}=${article}`),
      onRefused: (code, problem) => heard.push(`${code}!${problem.message}`),
      onIdle: () => resolve({ heard, scans }),
    });
    for (const code of ["A", "B", "A", "X", "C"]) scans.add(code);
  });
}

test("scans are answered in their order, whatever the network does, and none is swallowed", async () => {
  const delays = { A: 12, B: 1, X: 5, C: 0 };
  const asked = [];
  const { heard, scans } = await collect(async (code) => {
    asked.push(code);
    await new Promise((resolve) => setTimeout(resolve, delays[code]));
    if (code === "X") throw new Error("unknown");
    return code.toLowerCase();
  });
  assert.deepEqual(heard, ["A=a", "B=b", "A=a", "X!unknown", "C=c"]);
  assert.deepEqual(asked, ["A", "B", "X", "C"]);
  assert.equal(scans.pending, 0);
});

test("a known code is answered at once; after forget it is asked for again", async () => {
  let asked = 0;
  const { heard, scans } = await collect(async (code) => `${code}${++asked}`);
  assert.equal(asked, 4);
  scans.add("A");
  assert.equal(heard.at(-1), "A=A1");
  assert.equal(asked, 4);
  scans.forget();
  await new Promise((resolve) => {
    scans.onIdle = resolve;
    scans.add("A");
  });
  assert.equal(heard.at(-1), "A=A5");
});
