// Judges pages: node audit.mjs '{"addresses": [...], "cookie": {"name": ..., "value": ...}, "program": "/path/of/chromium", "flags": [...]}'.
// Prints a line of JSON for each: what Lighthouse gives it on its slowed-down phone, and what it found fault with.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const { addresses, cookie, program, flags } = JSON.parse(process.argv[2]);
const CATEGORIES = ["performance", "accessibility", "best-practices"];

/** What a page said to its console, where that is the fault. */
const said = ({ details }) => (details?.items ?? []).map(({ description }) => description).filter((text) => typeof text === "string");

for (const address of addresses) {
  const chrome = await launch({ chromePath: program, chromeFlags: flags, logLevel: "error" });
  try {
    const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
    await browser.setCookie({ ...cookie, domain: new URL(address).hostname, path: "/", secure: true });
    const { lhr } = await lighthouse(address, { port: chrome.port, logLevel: "error", onlyCategories: CATEGORIES });
    const scores = CATEGORIES.map((name) => lhr.categories[name].score);
    const faults = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs)
      .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
      .map(({ id }) => [id, lhr.audits[id].displayValue, ...said(lhr.audits[id])].filter(Boolean).join(" "));
    console.log(JSON.stringify({ address: lhr.finalDisplayedUrl, scores, faults, error: lhr.runtimeError?.code ?? "" }));
    await browser.disconnect();
  } finally {
    await chrome.kill();
  }
}
