// Copies what pages take from npm packages into static/vendor/, with each package's licence beside it.
// Run by tools/bootstrap.py after `npm ci`; the folder is never committed.
import { appendFile, cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const PACKAGES = {
  idb: { "build/index.js": "idb.js" },
  uplot: { "dist/uPlot.iife.min.js": "uPlot.esm.js", "dist/uPlot.min.css": "uPlot.min.css" },
  "zxing-wasm": { "dist/es/reader/index.js": "reader/index.js", "dist/es/share.js": "share.js", "dist/reader/zxing_reader.wasm": "reader/zxing_reader.wasm" },
};
// uPlot's only module is not minified, and 20 kB more on the wire; its minified script becomes one by a line.
const APPENDED = { "uPlot.esm.js": "\nexport default uPlot;\n" };

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const vendor = join(root, "static", "vendor");

await rm(vendor, { recursive: true, force: true });
for (const [name, files] of Object.entries(PACKAGES)) {
  const source = join(root, "node_modules", name);
  const target = join(vendor, name);
  await mkdir(target, { recursive: true });
  for (const [from, to] of Object.entries(files)) {
    await cp(join(source, from), join(target, to));
    if (APPENDED[to]) await appendFile(join(target, to), APPENDED[to]);
  }
  for (const licence of (await readdir(source)).filter((file) => /^(licen[cs]e|notice)/i.test(file)))
    await cp(join(source, licence), join(target, licence));
}
