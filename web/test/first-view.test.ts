// What a page loads at once is one file, of which the files that are loaded later use the same instance.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bundleFirstView } from "../kit/first-view.mjs";

let dir: string;

before(() => {
  dir = mkdtempSync(join(tmpdir(), "first-view-"));
});
after(() => rmSync(dir, { recursive: true }));

const SOURCES = {
  "entry.ts": `import { count, order } from "./shared.ts"; order.push("entry"); count();
    globalThis.later = () => Promise.all([import("./one.ts"), import("./two.ts")]); globalThis.order = order;`,
  "shared.ts": `export const order: string[] = ["shared"]; let n = 0; export const count = () => ++n; export default "d";`,
  "late.ts": `import { order } from "./shared.ts"; order.push("late"); export class Late {}`,
  "one.ts": `import word, { count } from "./shared.ts"; import { Late } from "./late.ts"; export const got = [word, count(), Late];`,
  "two.ts": `import { count } from "./shared.ts"; import { Late } from "./late.ts"; export const got = [count(), Late];`,
};

const bundled = (sources: Record<string, string>): ReturnType<typeof bundleFirstView> => {
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(dir, name), text);
  return bundleFirstView({ absWorkingDir: dir, entryPoints: { entry: "entry.ts" }, bundle: true, minify: true });
};

test("one file is loaded at once, and shared by what is loaded later", async () => {
  const { files, first } = await bundled(SOURCES);
  assert.equal(first.length, 2);
  assert.equal(String(files["entry.js"]).trim(), `import"./${first[1]}";`);
  assert.ok(Object.entries(files).every(([name, text]) => name === "entry.js" || !String(text).includes("entry.js")));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  await import(join(dir, "entry.js"));
  const page = globalThis as unknown as { later(): Promise<{ got: unknown[] }[]>; order: string[] };
  const [one, two] = await page.later();
  assert.deepEqual(one?.got.slice(0, 1), ["d"]);
  assert.deepEqual([one?.got[1], two?.got[0]].sort(), [2, 3], "one counter for all");
  assert.equal(one?.got[2], two?.got[1], "what only later files share has one instance, too");
  assert.deepEqual(page.order, ["shared", "entry", "late"]);
});

test("names change with the content of any file: they name each other", async () => {
  const before = Object.keys((await bundled(SOURCES)).files);
  const same = Object.keys((await bundled(SOURCES)).files);
  const changed = Object.keys(
    (await bundled({ ...SOURCES, "late.ts": `${SOURCES["late.ts"]} export const x = 1;` })).files,
  );
  assert.deepEqual(same, before);
  assert.deepEqual(
    changed.filter((name) => before.includes(name)),
    ["entry.js"],
  );
});
