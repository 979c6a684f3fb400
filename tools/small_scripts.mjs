// Writes every script of static/js without comments and long names into build/js/, and into build/js.json of which
// source each was made. Run by tools/bootstrap.py; core/web/storage.py serves them. The folder is never committed.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { minify } from "terser";

const CLASSIC = new Set(["js/theme-boot.js", "js/early-keys.js"]); // no modules, as core/web/modules.py says

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const made = {};

await rm(join(root, "build"), { recursive: true, force: true });
for (const name of (await readdir(join(root, "static", "js"), { recursive: true })).filter((file) => file.endsWith(".js"))) {
  const path = `js/${name.replaceAll("\\", "/")}`;
  const source = await readFile(join(root, "static", path), "utf8");
  const { code } = await minify({ [path]: source }, { ecma: 2022, module: !CLASSIC.has(path) });
  const target = join(root, "build", path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
  made[path] = createHash("sha256").update(source).digest("hex");
}
await writeFile(join(root, "build", "js.json"), JSON.stringify(made));
