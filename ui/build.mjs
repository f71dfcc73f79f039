// Builds ui/dist: the settings window, for the desktop program and for administrators of a headless server. Fetches
// nothing.
//   index.html        refers to the others by relative URLs, so it works in any folder
//   app.js            module entry
//   style.css         tokens and styles, icons inlined
//   icon.svg          the mark
//   licences.txt      texts of what is bundled
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeDist } from "../web/kit/write-dist.mjs";
import { bundle } from "./bundle.mjs";

/** Compressed bytes. */
const BUDGET = { "app.js": 60_000, "style.css": 15_000 };

const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const files = await bundle({ fake: false });
writeDist(dist, files);

if (files["app.js"].includes("potluckFake")) {
  console.error("the fake server is in the product");
  process.exitCode = 1;
}
for (const [name, most] of Object.entries(BUDGET)) {
  const size = gzipSync(files[name], { level: 9 }).length;
  console.log(`${name} ${size} bytes compressed`);
  if (size > most) {
    console.error(`over the budget of ${most} bytes`);
    process.exitCode = 1;
  }
}
