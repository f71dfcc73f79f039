// Bundles the settings window, for the product and, with the fake server, for development and tests.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { messageScripts } from "../web/kit/messages.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["chrome109", "firefox115", "safari16.4"],
  charset: "utf8",
  write: false,
  logLevel: "warning",
};

async function bundled(options) {
  const result = await build({ ...common, ...options });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Bundles an entry and what it loads later: returns the files by name. */
async function bundledParts(options) {
  const parts = { splitting: true, outdir: join(here, "dist"), entryNames: "[name]", chunkNames: "[name]-[hash]" };
  const result = await build({ ...common, ...parts, ...options });
  return Object.fromEntries(result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]));
}

const licences = () =>
  [
    ["lit", "node_modules/lit/LICENSE"],
    ["Lucide icons", "../web/kit/icons/LICENSE"],
  ]
    .map(([name, file]) => `${name}\n\n${readFileSync(join(here, file), "utf8").trim()}\n`)
    .join(`\n${"-".repeat(72)}\n\n`);

/** Returns the files by name. `fake`: includes the fake server, which the product must not contain. */
export async function bundle({ fake }) {
  const options = { entryPoints: { app: "src/main.ts" }, format: "esm", define: { FAKE: String(fake) } };
  return {
    "index.html": readFileSync(join(here, "index.html")),
    ...(await bundledParts(options)),
    ...messageScripts(join(here, "src/i18n")),
    "style.css": await bundled({ entryPoints: ["styles/main.css"], loader: { ".svg": "dataurl" } }),
    "icon.svg": readFileSync(join(here, "../icons/potluck.svg")),
    "licences.txt": Buffer.from(licences()),
  };
}
