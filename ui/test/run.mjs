// Bundles every test/*.test.ts (this Node version cannot run TypeScript) and runs them with Node's test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { messages } from "../../web/kit/messages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(here, "../node_modules/.tests-"));
const tests = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
try {
  await build({
    entryPoints: tests.map((name) => join(here, name)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    // The texts of the page, which a script of their own brings otherwise.
    banner: { js: `globalThis.potluckTexts = ${JSON.stringify(messages(join(here, "../src/i18n"), "en"))};` },
    logLevel: "warning",
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  const args = ["--enable-source-maps", "--test", ...files];
  // Some tests check dates in a time zone other than UTC.
  const env = { ...process.env, UI: join(here, ".."), TZ: "Asia/Kolkata" };
  process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit", env }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
