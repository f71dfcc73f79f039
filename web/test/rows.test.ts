// Paths of rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepFolder, pathOf, type Row } from "../src/browse/rows.ts";

test("a row stays in the folder that was noted first, whatever is shown later", () => {
  const row: Row = { kind: "file", name: "a b.txt", size: 1, modified_ms: 0 };
  assert.equal(pathOf(row, "/one/"), "/one/a%20b.txt");
  // The menu of the row is opened; another folder arrives before something is chosen.
  keepFolder([row], "/one/");
  keepFolder([row], "/two/");
  assert.equal(pathOf(row, "/two/"), "/one/a%20b.txt");
});
