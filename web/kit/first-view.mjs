// Bundles an entry, what it loads later, and what they share. All that a page loads at once becomes one file: a bundler that splits
// makes dozens of small ones, each with a request, headers and a dictionary of its own to compress.
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

/** Name of the merged file while the others are built; replaced by its final name. */
const PENDING = "core-PENDING.js";

const text = (bytes) => Buffer.from(bytes).toString();

/** Prefix of the names that a merged part exports: `k3_` for the fourth. */
const prefix = (index) => `k${index}_`;

const outputOf = (meta, name) => Object.entries(meta.outputs).find(([path]) => basename(path) === name)?.[1];

/** Imports between the given files; the rest stays as it is. `load` returns the text of a file, or undefined to keep its import. */
function linked(dir, load) {
  return {
    name: "linked",
    setup(pass) {
      pass.onResolve({ filter: /^\.\// }, ({ path, kind }) => {
        const name = basename(path);
        const isKept = kind === "dynamic-import" || (kind !== "entry-point" && load(name) === undefined);
        return isKept ? { path, external: true } : { path: name, namespace: "linked" };
      });
      pass.onLoad({ filter: /.*/, namespace: "linked" }, ({ path }) => ({ contents: load(path), resolveDir: dir }));
    },
  };
}

async function relink(options, dir, entry, load) {
  const result = await build({
    ...options,
    entryPoints: [`./${entry}`],
    outdir: dir,
    format: "esm",
    plugins: [linked(dir, load)],
  });
  return text(result.outputFiles[0].contents);
}

/** Returns the names of the files that the browser loads at once with the entry: itself, and what it imports statically. */
function loadedWith(meta, entry) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const one of outputOf(meta, name).imports) if (one.kind === "import-statement") visit(basename(one.path));
  };
  visit(entry);
  return [...found];
}

/**
 * Bundles the entry point of `options`, which are esbuild's. Returns the files by name: the entry, `core-HASH.js` with all that it
 * imports statically, and what it loads later; and the names of those that are loaded at once.
 */
export async function bundleFirstView(options) {
  const parts = {
    splitting: true,
    outdir: "/parts",
    entryNames: "[name]",
    chunkNames: "[name]-[hash]",
    metafile: true,
  };
  const result = await build({ ...options, ...parts, format: "esm", write: false });
  const files = Object.fromEntries(result.outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const entry = `${Object.keys(options.entryPoints)[0]}.js`;
  const { absWorkingDir, bundle, minify, legalComments, target, charset, logLevel } = options;
  const again = { absWorkingDir, bundle, minify, legalComments, target, charset, logLevel, write: false };
  return merged(again, { files, meta: result.metafile }, entry, loadedWith(result.metafile, entry));
}

/** Merges `first` into one file; the other files import from it what they imported from its parts. */
async function merged(options, { files, meta }, entry, first) {
  const dir = dirname(join("/", entry));
  const parts = first.filter((name) => name !== entry);
  const exportsOf = (name) => outputOf(meta, name).exports;
  const facade = (name) => {
    const index = parts.indexOf(name);
    if (index < 0) return undefined;
    const names = exportsOf(name).map((one) => `${prefix(index)}${one} as ${one}`);
    return `import "./${PENDING}"; export { ${names.join(", ")} } from "./${PENDING}";`;
  };
  const out = {};
  for (const [name, bytes] of Object.entries(files)) {
    if (first.includes(name)) continue;
    out[name] = await relink(options, dir, name, (one) => (one === name ? text(bytes) : facade(one)));
  }
  // Only what the others use is exported.
  const used = new Set(Object.values(out).flatMap((one) => one.match(/\bk\d+_[\w$]+/g) ?? []));
  const lines = parts.flatMap((name, index) => {
    const names = exportsOf(name).filter((one) => used.has(prefix(index) + one));
    return names.length === 0
      ? []
      : [`export { ${names.map((one) => `${one} as ${prefix(index)}${one}`)} } from "./${name}";`];
  });
  const whole = [`import "./${entry}";`, ...lines].join("\n");
  const core = await relink(options, dir, PENDING, (one) =>
    one === PENDING ? whole : first.includes(one) ? text(files[one]) : undefined,
  );
  return named({ ...out, [PENDING]: core, [entry]: `import"./${PENDING}";\n` }, entry);
}

/** Gives all files but the entry names that change when any of them changes: they name each other. */
function named(files, entry) {
  const short = (value) => createHash("sha256").update(value).digest("hex").slice(0, 8).toUpperCase();
  const all = short(JSON.stringify(files));
  const names = new Map();
  for (const name of Object.keys(files)) {
    if (name !== entry) names.set(name, name.replace(/-[^-]*\.js$/, `-${short(name + all)}.js`));
  }
  const renamed = (name) => names.get(name) ?? name;
  const pattern = new RegExp([...names.keys()].map((name) => name.replace(/[.$]/g, "\\$&")).join("|"), "g");
  const final = Object.entries(files).map(([name, body]) => [
    renamed(name),
    Buffer.from(body.replace(pattern, renamed)),
  ]);
  return { files: Object.fromEntries(final), first: [entry, renamed(PENDING)] };
}
