// The visitor's choice has priority over the server's defaults; choices that permissions forbid are not offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source } from "../src/up2k/item.ts";
import {
  choices,
  clampParallel,
  clampThreads,
  inOrder,
  load,
  type Order,
  resolvePreferences,
  save,
} from "../src/uploads/options.ts";
import { rulesOf } from "../src/uploads/rules.ts";

const editor = ["read", "write", "delete"];
const guest = ["write"];

test("initial preferences", () => {
  const check = (
    ...[chosen, defaults, perms, parallel, whenTaken]: [...Parameters<typeof resolvePreferences>, number, string]
  ): void => {
    const found = resolvePreferences(chosen, defaults, perms);
    assert.deepEqual([found.parallel, found.whenTaken], [parallel, whenTaken]);
  };
  check({}, {}, editor, 5, "keep");
  check({}, { parallel: 2, taken: "older" }, editor, 2, "older");
  check({ parallel: 3 }, { parallel: 2, taken: "replace" }, editor, 3, "replace");
  check({ whenTaken: "skip" }, { taken: "replace" }, editor, 5, "skip");
  check({ whenTaken: "replace" }, { taken: "older" }, guest, 5, "keep");
  check({ whenTaken: "ask" }, {}, guest, 5, "keep");
  check({ whenTaken: "ask" }, {}, editor, 5, "ask");
  check({}, { parallel: 64, taken: "burn" }, editor, 16, "keep");
  check({ parallel: Number.NaN, whenTaken: "burn" }, { parallel: Number.NaN }, editor, 5, "keep");
});

test("order and switches; the fast check needs the right to read", () => {
  const now = resolvePreferences({ quick: true, oneTab: true, confirm: "yes" }, { order: "size" }, editor);
  assert.deepEqual([now.quick, now.oneTab, now.confirm, now.hashAhead, now.order], [true, true, false, true, "size"]);
  assert.equal(resolvePreferences({ quick: true }, {}, guest).quick, false);
  assert.equal(resolvePreferences({ order: "name" }, { order: "size" }, guest).order, "name");
  assert.equal(resolvePreferences({ order: "luck" }, { order: "luck" }, guest).order, "added");
});

test("rare choices: dates are kept unless they are switched off, all others are off", () => {
  const now = resolvePreferences({}, {}, editor);
  assert.deepEqual([now.keepDates, now.light, now.tell, now.sound, now.threads], [true, false, false, false, 0]);
  const other = resolvePreferences({ keepDates: false, light: true, tell: true, sound: true, threads: 1 }, {}, guest);
  assert.deepEqual(
    [other.keepDates, other.light, other.tell, other.sound, other.threads],
    [false, true, true, true, 1],
  );
  assert.deepEqual(
    [1, 2.6, 99, 0, -3, Number.NaN].map((value) => clampThreads(value, 4)),
    [1, 3, 4, 0, 0, 0],
  );
});

test("choices are kept in the browser; what cannot be read counts as none", () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  save(store, { parallel: 3 });
  save(store, { random: true });
  assert.deepEqual(load(store), { parallel: 3, random: true });
  kept.set("potluck.uploads", "{");
  assert.deepEqual(load(store), {});
  assert.deepEqual(load(undefined), {});
});

test("the rules that a server-drawn form carries", () => {
  assert.deepEqual(rulesOf({}), {});
  assert.deepEqual(
    rulesOf({ maxFile: "1000", minFile: "10", maxRequest: "50", lifetime: "60", parallel: "3", order: "size" }),
    {
      max_file_bytes: 1000,
      min_file_bytes: 10,
      max_request: 50,
      lifetime_secs: 60,
      parallel: 3,
      order: "size",
    },
  );
  assert.deepEqual(rulesOf({ maxFile: "many", maxRequest: "0" }), {});
});

test("choices and numbers", () => {
  assert.deepEqual(choices(guest), ["keep", "skip"]);
  assert.deepEqual(choices(["read", "write"]), ["ask", "keep", "skip"]);
  assert.deepEqual(choices(editor), ["ask", "keep", "skip", "older", "replace"]);
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
  const paths = (order: Order): string[] => inOrder(chosen, order).map((one) => one.path);
  assert.deepEqual(paths("size"), ["b9", "b10", "a"]);
  assert.deepEqual(paths("name"), ["a", "b9", "b10"]);
  assert.deepEqual(paths("added"), ["b10", "a", "b9"]);
});
