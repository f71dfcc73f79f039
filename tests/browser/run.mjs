// Runs every *.spec.mjs with Node's test runner, one file after the other; each starts its own browser.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const only = process.argv.slice(2);
const specs = readdirSync(here)
  .filter((name) => name.endsWith(".spec.mjs") && (only.length === 0 || only.some((part) => name.includes(part))))
  .map((name) => join(here, name));
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...specs], { stdio: "inherit" });
process.exitCode = status ?? 1;
