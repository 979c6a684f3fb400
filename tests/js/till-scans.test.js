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

test("what a scan may have been as well is asked for where nothing carries it, and only then", async () => {
  const asked = [];
  const heard = [];
  await new Promise((resolve) => {
    const scans = new Scans({
      lookUp: async (code) => {
        asked.push(code);
        if (code.startsWith("A")) return code.toLowerCase();
        throw Object.assign(new Error("no"), { status: code === "down" ? 503 : 404 });
      },
      onFound: (article, code) => heard.push(`${code}=${article}`),
      onRefused: (code, problem) => heard.push(`${code}!${problem.status}`),
      onIdle: resolve,
    });
    scans.add("half", ["A1"]);
    scans.add("A2", ["A3"]);
    scans.add("none", ["nothing"]);
    scans.add("down", ["A4"]);
  });
  assert.deepEqual(heard, ["A1=a1", "A2=a2", "none!404", "down!503"]);
  assert.deepEqual(asked, ["half", "A1", "A2", "none", "nothing", "down"]);
});

test("what somebody typed waits its turn, is told as typed where nothing carries it, and what that looks up is waited for", async () => {
  const heard = [];
  const pending = [];
  let words;
  await new Promise((resolve) => {
    const scans = new Scans({
      lookUp: async (code) => {
        if (code === "tea") throw Object.assign(new Error("no"), { status: 404 });
        return code.toLowerCase();
      },
      onFound: (article, code) => heard.push(`${code}=${article}`),
      onRefused: async (code, problem, isTyped) => {
        await new Promise((go) => setTimeout(go, 5));
        pending.push(scans.pending);
        words = isTyped;
        heard.push(`${code}?`);
      },
      onIdle: resolve,
    });
    scans.add("tea", [], { isTyped: true });
    scans.add("CUP");
  });
  assert.deepEqual(heard, ["tea?", "CUP=cup"]);
  assert.deepEqual([pending, words], [[2], true]);
});
