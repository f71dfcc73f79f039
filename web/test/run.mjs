// Bundles every test/*.test.ts (this Node version cannot run TypeScript) and runs them with Node's test runner; with
// arguments only files whose names contain one of them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { messages } from "../kit/messages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(here, "../node_modules/.tests-"));
/** Imported from their own paths, not bundled: they find files relative to their own. */
const staysOutside = {
  name: "outside",
  setup: (b) =>
    b.onResolve({ filter: /(mock|first-view)\.mjs$/ }, ({ path }) => ({ path: join(here, path), external: true })),
};
const only = process.argv.slice(2);
const tests = readdirSync(here).filter(
  (name) => name.endsWith(".test.ts") && (only.length === 0 || only.some((part) => name.includes(part))),
);
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
    plugins: [staysOutside],
    logLevel: "warning",
  });
  const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
  const args = ["--enable-source-maps", "--test", ...files];
  process.exitCode =
    spawnSync(process.execPath, args, { stdio: "inherit", env: { ...process.env, WEB: join(here, "..") } }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
