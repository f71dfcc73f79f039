// What the browser keeps about files is forgotten at sign-out: every key of the page is known to be about files, or to hold a setting.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ABOUT_FILES } from "../src/features/kept-keys.ts";

const SOURCES = join(process.env.WEB ?? "", "src");

/** Settings, what tabs say to each other, and the name of the account. Drafts are asked about when people sign out. */
const OTHERS = [
  "theme",
  "reader.bare",
  "view",
  "utc",
  "uploads",
  "uploading",
  "uploading.ask",
  "rename.presets",
  "drag",
  "owner",
  "draft:",
];

/** Texts in code that begin as keys do. */
const NO_KEYS = ["potluck.NAME"];

test("every key in the browser's storage is a setting, or is forgotten at sign-out", () => {
  const found = new Set<string>();
  for (const path of readdirSync(SOURCES, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts")) continue;
    const text = readFileSync(join(SOURCES, path), "utf8");
    for (const [, key] of text.matchAll(/["`](potluck[.][\w.]*:?)/g)) found.add(key as string);
  }
  // `preference()` puts names of settings behind this.
  found.delete("potluck.");
  const known = [...ABOUT_FILES, ...OTHERS.map((name) => `potluck.${name}`), ...NO_KEYS];
  assert.deepEqual(
    [...found].filter((key) => !known.includes(key)),
    [],
  );
  for (const key of ABOUT_FILES) if (key !== "potluck.view:") assert.ok(found.has(key), `${key} is used`);
});
