// Builds web/dist: the files that the server embeds. Fetches nothing.
//   app.js            module entry of every page; imports core-HASH.js, all that a first view needs
//   NAME-HASH.js      parts of it that are loaded when their feature opens, and what they share; the names change with the content
//   i18n-TAG.js       texts of one language, loaded before app.js
//   early.js          classic script that runs before the page is shown
//   service-worker.js classic service worker of the installed page
//   app-icon-N.png    the mark for home screens
//   plugin-frame.html document in which plugins of Markdown run, all in one file
//   hash.worker.js    classic worker: SHA-512, the wasm inside
//   style.css         tokens and page styles, icons inlined
//   NAME.css          styles of features, from styles/later, loaded when the feature opens
//   print.css         texts of users on paper; on screens they have markdown.css
//   icon.svg          the mark
//   licences.txt      texts of what is bundled
//   manifest.json     {"files": {name: {"size", "gzip", "sha256", "type"}}}, itself not listed
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundleFirstView } from "./kit/first-view.mjs";
import { messageScripts } from "./kit/messages.mjs";
import { writeDist } from "./kit/write-dist.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** Maximum compressed bytes of a first view. */
const BUDGET = { script: 70_000, style: 15_000 };

const TYPES = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  txt: "text/plain; charset=utf-8",
  html: "text/html; charset=utf-8",
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["chrome109", "firefox115", "safari15.4"],
  charset: "utf8",
  write: false,
  logLevel: "warning",
};

async function bundle(options) {
  const result = await build({ ...common, ...options });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Script and style are inside: the policy of the document (edge-http/src/reply/headers.rs) lets it load neither. */
async function framePage() {
  const script = await bundle({ entryPoints: ["src/plugin-frame/frame.ts"], format: "iife" });
  const style = await bundle({ entryPoints: ["styles/plugin-frame.css"], loader: { ".svg": "dataurl" } });
  const head = `<meta charset="utf-8"><meta name="robots" content="noindex"><title>Markdown</title><style>${style}</style>`;
  return Buffer.from(`<!DOCTYPE html><html><head>${head}</head><body><script>${script}</script></body></html>`);
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

const worker = await bundle({ entryPoints: ["src/up2k/hash.worker.ts"], format: "iife" });
const serviceWorker = await bundle({ entryPoints: ["src/install/service-worker.ts"], format: "iife" });
const later = {};
for (const name of readdirSync(join(here, "styles/later"))) {
  later[name] = await bundle({ entryPoints: [`styles/later/${name}`], loader: { ".svg": "dataurl" } });
}
const print = await bundle({ entryPoints: ["styles/print.css"] });
const pluginFrame = await framePage();
const versions = Object.fromEntries(
  Object.entries({ ...later, "print.css": print, "plugin-frame.html": pluginFrame }).map(([name, bytes]) => [
    name,
    hash(bytes).slice(0, 8),
  ]),
);
const app = await bundleFirstView({
  ...common,
  entryPoints: { app: "src/main.ts" },
  // Names carry their hashes, so that a cached page script never starts a worker or loads a style of another build.
  define: {
    WORKER_FILE: JSON.stringify(`hash.worker.js?v=${hash(worker).slice(0, 8)}`),
    SERVICE_WORKER_FILE: JSON.stringify(`service-worker.js?v=${hash(serviceWorker).slice(0, 8)}`),
    STYLE_VERSIONS: JSON.stringify(versions),
  },
});
const style = await bundle({ entryPoints: ["styles/main.css"], loader: { ".svg": "dataurl" } });
const early = await bundle({ entryPoints: ["src/early.ts"], format: "iife" });

const licences = [
  ["lit", "node_modules/lit/LICENSE"],
  ["hash-wasm", "node_modules/hash-wasm/LICENSE"],
  ["@preact/signals-core", "node_modules/@preact/signals-core/LICENSE"],
  ["Floating UI", "node_modules/@floating-ui/dom/LICENSE"],
  ["ThumbHash", "licences/thumbhash.txt"],
  ["PhotoSwipe", "node_modules/photoswipe/LICENSE"],
  ["DOMPurify", "node_modules/dompurify/LICENSE"],
  ["CodeMirror", "node_modules/@codemirror/view/LICENSE"],
  ["CodeMirror legacy modes", "node_modules/@codemirror/legacy-modes/LICENSE"],
  ["Lezer", "node_modules/@lezer/highlight/LICENSE"],
  ["marked", "node_modules/marked/LICENSE.md"],
  ["Lucide icons", "kit/icons/LICENSE"],
]
  .map(([name, file]) => `${name}\n\n${readFileSync(join(here, file), "utf8").trim()}\n`)
  .join(`\n${"-".repeat(72)}\n\n`);

const files = {
  ...app.files,
  ...later,
  "early.js": early,
  "hash.worker.js": worker,
  "service-worker.js": serviceWorker,
  "app-icon-256.png": readFileSync(join(here, "../icons/generated/app-256.png")),
  "app-icon-512.png": readFileSync(join(here, "../icons/generated/app-512.png")),
  "style.css": style,
  ...messageScripts(join(here, "src/i18n")),
  "print.css": print,
  "plugin-frame.html": pluginFrame,
  "icon.svg": readFileSync(join(here, "../icons/potluck.svg")),
  "licences.txt": Buffer.from(licences),
};

const manifest = { files: {} };
for (const [name, bytes] of Object.entries(files)) {
  const type = TYPES[name.split(".").pop()];
  manifest.files[name] = { size: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, sha256: hash(bytes), type };
}
writeDist(dist, { ...files, "manifest.json": `${JSON.stringify(manifest, null, 2)}\n` });

const gzip = (name) => manifest.files[name].gzip;
const first = [...app.first, "early.js"];
// Each visitor loads the texts of one language.
const texts = Object.keys(files).filter((name) => name.startsWith("i18n-"));
const script = first.reduce((sum, name) => sum + gzip(name), 0) + Math.max(...texts.map(gzip));
// A folder with a readme loads both.
const styles = gzip("style.css") + gzip("markdown.css");
console.log(`script ${script} bytes, style ${styles} bytes compressed`);
if (script > BUDGET.script || styles > BUDGET.style) {
  console.error(`over the budget of ${BUDGET.script} and ${BUDGET.style} bytes`);
  process.exit(1);
}
