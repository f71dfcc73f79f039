// The visitor's choice has priority over the server's defaults; choices that permissions forbid are not offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, clampParallel, inOrder, resolvePreferences } from "../src/features/uploads/options.ts";
import type { Source } from "../src/up2k/item.ts";

const editor = ["read", "write", "delete"];
const guest = ["write"];

test("initial preferences", () => {
  const check = (
    ...[chosen, defaults, perms, parallel, whenTaken]: [...Parameters<typeof resolvePreferences>, number, string]
  ): void => assert.deepEqual(resolvePreferences(chosen, defaults, perms), { parallel, whenTaken });
  check({}, {}, editor, 5, "keep");
  check({}, { parallel: "2", taken: "older" }, editor, 2, "older");
  check({ parallel: 3 }, { parallel: "2", taken: "replace" }, editor, 3, "replace");
  check({ whenTaken: "skip" }, { taken: "replace" }, editor, 5, "skip");
  check({ whenTaken: "replace" }, { taken: "older" }, guest, 5, "keep");
  check({}, { parallel: "64", taken: "burn" }, editor, 16, "keep");
  check({ parallel: Number.NaN, whenTaken: "burn" as "keep" }, { parallel: "x" }, editor, 5, "keep");
});

test("choices and numbers", () => {
  assert.deepEqual(choices(guest), ["keep", "skip"]);
  assert.deepEqual(choices(editor), ["keep", "skip", "older", "replace"]);
  assert.deepEqual([0, 4.4, 99, Number.NaN].map(clampParallel), [1, 4, 16, undefined]);
});

test("the order of selected files", () => {
  const source = (path: string, size: number): Source => ({
    file: new Blob([new Uint8Array(size)]),
    name: path,
    modified: 0,
    folder: "/",
    path,
  });
  const chosen = [source("b10", 2), source("a", 3), source("b9", 1)];
  const paths = (order: string | undefined): string[] => inOrder(chosen, order).map((one) => one.path);
  assert.deepEqual(paths("size"), ["b9", "b10", "a"]);
  assert.deepEqual(paths("name"), ["a", "b9", "b10"]);
  assert.deepEqual(paths(undefined), ["b10", "a", "b9"]);
  assert.deepEqual(paths("other"), ["b10", "a", "b9"]);
});
