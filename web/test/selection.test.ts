// The selection: rows in the order of the list, ranges, and rows that are gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { signal } from "@preact/signals-core";
import type { Row } from "../src/browse/rows.ts";
import { Selection } from "../src/browse/selection.ts";

const row = (name: string): Row => ({ kind: "file", name, size: 1, modified_ms: 0 });

function start(...names: string[]): {
  all: Row[];
  shown: ReturnType<typeof signal<readonly Row[]>>;
  selection: Selection;
} {
  const all = names.map(row);
  const shown = signal<readonly Row[]>(all);
  return { all, shown, selection: new Selection(shown) };
}

const names = (selection: Selection): string => selection.rows.value.map(({ name }) => name).join("");

test("selected rows have the order of the list, whatever order they were selected in", () => {
  const { all, shown, selection } = start("a", "b", "c", "d");
  for (const at of [2, 0, 3]) selection.toggle(all[at] as Row);
  assert.equal(names(selection), "acd");
  selection.toggle(all[0] as Row);
  assert.equal(names(selection), "cd");
  shown.value = [...all].reverse();
  assert.equal(names(selection), "dc");
  selection.invert();
  assert.equal(names(selection), "ba");
  selection.all();
  assert.equal(names(selection), "dcba");
});

test("a range starts where the keyboard was, and may go either way or add to what is selected", () => {
  const { all, selection } = start("a", "b", "c", "d", "e");
  selection.only(all[2] as Row);
  selection.extendTo(all[4] as Row);
  assert.equal(names(selection), "cde");
  selection.extendTo(all[1] as Row);
  assert.equal(names(selection), "bc");
  assert.equal(selection.cursorIndex(), 1);
  selection.toggle(all[4] as Row);
  selection.extendTo(all[4] as Row, true);
  assert.equal(names(selection), "bce");
});

test("all rows are selected, also those that arrive later, until the selection is another one", () => {
  const [shown, place] = [signal<readonly Row[]>([]), signal("here")];
  let isComplete = false;
  const selection = new Selection(
    shown,
    () => place.peek(),
    () => isComplete,
  );
  const arrive = (names: string, complete = false): void => {
    isComplete = complete;
    shown.value = [...names].map(row);
  };
  arrive("ab");
  selection.all();
  assert.equal(selection.isGrowing(), true);
  arrive("abcd");
  assert.equal(names(selection), "abcd");
  selection.toggle(row("b"));
  arrive("abcdef", true);
  assert.equal(names(selection), "acdef");
  assert.equal(selection.isGrowing(), false);
  arrive("abcdefg", true);
  assert.equal(names(selection), "acdef", "a row that comes after the load is not selected");
  for (const leave of [() => selection.set([row("a")]), () => selection.clear(), () => selection.invert()]) {
    arrive("ab");
    selection.all();
    leave();
    const before = names(selection);
    arrive("abcd", true);
    assert.equal(names(selection), before);
  }
  arrive("ab");
  selection.all();
  place.value = "there";
  arrive("abcd", true);
  assert.equal(names(selection), "ab", "rows of another place are not selected");
});

test("rows that are gone are not selected any more", () => {
  const { all, shown, selection } = start("a", "b", "c");
  selection.all();
  selection.moveTo(all[1] as Row);
  shown.value = [all[0] as Row, row("new")];
  assert.equal(names(selection), "a");
  selection.prune();
  assert.deepEqual([...selection.keys.value], ["a"]);
});

test("the keyboard goes on at the row that takes the place of one that is gone", () => {
  const { all, shown, selection } = start("a", "b", "c", "d", "e");
  const left = (...at: number[]): Row[] => at.map((one) => all[one] as Row);
  const cursor = (): string | undefined => shown.peek()?.[selection.cursorIndex()]?.name;
  selection.moveTo(all[2] as Row);
  shown.value = [row("new"), ...all];
  assert.equal(cursor(), "c", "rows before it move it along");
  shown.value = left(0, 1, 4);
  assert.equal(cursor(), "e", "the next one that is left");
  selection.extendTo(all[1] as Row);
  assert.equal(names(selection), "be", "a range starts there, too");
  shown.value = left(0);
  assert.equal(cursor(), "a", "after the last one, the one before");
  shown.value = [row("other")];
  assert.equal(cursor(), "other", "nothing is left: what is at its position");
  shown.value = [];
  assert.equal(selection.cursor.value, undefined);
});

test("rows of another folder take no place of those of the last one", () => {
  const shown = signal<readonly Row[]>([row("a"), row("b")]);
  let place = "/one/";
  const selection = new Selection(shown, () => place);
  selection.moveTo(row("b"));
  place = "/two/";
  shown.value = [row("a")];
  assert.equal(selection.cursor.value, "b");
});
