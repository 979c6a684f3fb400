// Copies what pages take from npm packages into static/vendor/, with each package's licence beside it.
// Run by tools/bootstrap.py after `npm ci`; the folder is never committed.
import { appendFile, cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { minify } from "terser";

const PACKAGES = {
  idb: { "build/index.js": "idb.js" },
  uplot: { "dist/uPlot.iife.min.js": "uPlot.esm.js", "dist/uPlot.min.css": "uPlot.min.css" },
  uqr: { "dist/index.mjs": "uqr.js" },
  "zxing-wasm": { "dist/es/reader/index.js": "reader/index.js", "dist/reader/zxing_reader.wasm": "reader/zxing_reader.wasm" },
};
// uPlot's only module is not minified, and 20 kB more on the wire; its minified script becomes one by a line.
const APPENDED = { "uPlot.esm.js": "\nexport default uPlot;\n" };
// Of the module of zxing-wasm only what starts the WebAssembly: the rest imports a second file, to which no import map
// leads a worker, and weighs as much as our whole scanner.
const PARTS = { "reader/index.js": starterOf, "uqr.js": small };
// Large enough that its smallest form is worth a second of the set-up: a fifth less than with gzip.
const PACKED = ["zxing-wasm/reader/zxing_reader.wasm"];

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const vendor = join(root, "static", "vendor");

await rm(vendor, { recursive: true, force: true });
for (const [name, files] of Object.entries(PACKAGES)) {
  const source = join(root, "node_modules", name);
  const target = join(vendor, name);
  await mkdir(target, { recursive: true });
  for (const [from, to] of Object.entries(files)) {
    await cp(join(source, from), join(target, to));
    if (PARTS[to]) await writeFile(join(target, to), await PARTS[to](await readFile(join(source, from), "utf8")));
    if (APPENDED[to]) await appendFile(join(target, to), APPENDED[to]);
  }
  for (const licence of (await readdir(source)).filter((file) => /^(licen[cs]e|notice)/i.test(file)))
    await cp(join(source, licence), join(target, licence));
}
for (const file of PACKED) {
  const whole = await readFile(join(vendor, file));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  await writeFile(join(vendor, `${file}.br`), brotliCompressSync(whole, { params: { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: whole.length } }));
}

async function small(module) {
  return (await minify(module, { ecma: 2022, module: true })).code;
}

/** The function that starts the decoder, as a module, with the digest of the WebAssembly it belongs to. */
async function starterOf(module) {
  const [, starter, name] = /\/\/#region src\/reader\/zxing_reader\.js\n(async function (\w+)[^]*?)\/\/#endregion/.exec(module);
  const [digest] = /[0-9a-f]{64}/.exec(module);
  const { code } = await minify(`${starter}\nexport default ${name};\nexport const digest = "${digest}";`, { ecma: 2022, module: true });
  return code;
}
