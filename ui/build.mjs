// Builds ui/dist: the settings window, for the desktop program and for administrators of a headless server. Fetches
// nothing.
//   index.html        refers to the others by relative URLs, so it works in any folder
//   app.js            module entry: loads the texts, then open-HASH.js, the window
//   i18n-TAG.js       texts of one language
//   style.css         tokens and styles, icons inlined
//   icon.svg          the mark
//   licences.txt      texts of what is bundled
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeDist } from "../web/kit/write-dist.mjs";
import { bundle } from "./bundle.mjs";

/** Compressed bytes. */
const BUDGET = { script: 60_000, style: 15_000 };

const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const files = await bundle({ fake: false });
writeDist(dist, files);

const scripts = Object.keys(files).filter((name) => name.endsWith(".js"));
if (scripts.some((name) => files[name].includes("potluckFake"))) {
  console.error("the fake server is in the product");
  process.exitCode = 1;
}
const gzip = (name) => gzipSync(files[name], { level: 9 }).length;
// Each person loads the texts of one language.
const [texts, parts] = [
  scripts.filter((name) => name.startsWith("i18n-")),
  scripts.filter((name) => !name.startsWith("i18n-")),
];
const sizes = {
  script: parts.map(gzip).reduce((sum, size) => sum + size, 0) + Math.max(...texts.map(gzip)),
  style: gzip("style.css"),
};
for (const [name, most] of Object.entries(BUDGET)) {
  console.log(`${name} ${sizes[name]} bytes compressed`);
  if (sizes[name] > most) {
    console.error(`over the budget of ${most} bytes`);
    process.exitCode = 1;
  }
}
