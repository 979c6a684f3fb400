// Judges pages: node audit.mjs '{"addresses": [...], "cookie": "name=value", "program": "/path/of/chromium", "flags": [...]}'.
// Prints a line of JSON for each: what Lighthouse gives it on its slowed-down phone, and what it found fault with.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const { addresses, cookie, program, flags } = JSON.parse(process.argv[2]);
const CATEGORIES = ["performance", "accessibility", "best-practices"];

for (const address of addresses) {
  const chrome = await launch({ chromePath: program, chromeFlags: flags, logLevel: "error" });
  try {
    const { lhr } = await lighthouse(address, { port: chrome.port, logLevel: "error", extraHeaders: { Cookie: cookie }, onlyCategories: CATEGORIES });
    const scores = CATEGORIES.map((name) => lhr.categories[name].score);
    const faults = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs)
      .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
      .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ""}`.trim());
    console.log(JSON.stringify({ address: lhr.finalDisplayedUrl, scores, faults, error: lhr.runtimeError?.code ?? "" }));
  } finally {
    await chrome.kill();
  }
}
