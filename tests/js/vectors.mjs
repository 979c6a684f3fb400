// The shared cases: from the file that pytest wrote, or made here by the generator.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The cases of `tests/vectors/<name>.py`, parsed. */
export function vectors(name) {
  const folder = process.env.VECTORS;
  const lines = folder ? readFileSync(`${folder}/${name}.jsonl`, "utf8") : generated(name);
  return lines.trim().split("\n").map((line) => JSON.parse(line));
}

function generated(name) {
  const own = `${ROOT}.venv/bin/python`;
  const run = spawnSync(existsSync(own) ? own : "python3", ["-m", `tests.vectors.${name}`], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}
