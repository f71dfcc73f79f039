// The order of rows, and finding one by its name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "../src/browse/jump.ts";
import { afterClick, fromParameter, inOrder, toParameter } from "../src/browse/order.ts";
import type { Row } from "../src/browse/rows.ts";

const row = (name: string, more: Partial<Row> = {}): Row =>
  ({ kind: "file", name, size: 1, modified_ms: 1, ...more }) as Row;
const folder = (name: string): Row => row(name, { kind: "folder" } as Partial<Row>);
const names = (rows: readonly Row[]): string => rows.map(({ name }) => name).join(" ");

test("names of folders and files are sorted together where folders are not first", () => {
  const rows = [folder("b"), folder("d10"), folder("d9"), row("a"), row("c"), row("D9b")];
  assert.equal(names(inOrder(rows, { levels: [], foldersFirst: false })), "a b c d9 D9b d10");
  const descending = [{ column: "name", descending: true }];
  assert.equal(names(inOrder(rows, { levels: descending, foldersFirst: false })), "d10 D9b d9 c b a");
});

test("results of several folders are sorted by name, also among equals of another column", () => {
  const rows = [row("b", { folder: "/x/" }), row("c", { folder: "/x/", size: 5 }), row("a", { folder: "/y/" })];
  assert.equal(names(inOrder(rows, { levels: [{ column: "name", descending: false }], foldersFirst: true })), "a b c");
  assert.equal(names(inOrder(rows, { levels: [{ column: "size", descending: true }], foldersFirst: true })), "c a b");
});

test("rows of one folder keep the server's order", () => {
  const rows = [folder("z"), row("same", { size: 2 }), row("Same", { size: 2 }), row("b", { size: 9 })];
  assert.equal(inOrder(rows, { levels: [], foldersFirst: true }), rows);
  const bySize = [{ column: "size", descending: false }];
  assert.equal(names(inOrder(rows, { levels: bySize, foldersFirst: true })), "z same Same b");
});

test("a click makes a column the first level, and turns it around; earlier ones order what is equal, up to four", () => {
  const by = (column: string, descending = false) => ({ column, descending });
  let levels = afterClick([], "name");
  assert.deepEqual(levels, [by("name", true)], "by name it was already");
  levels = afterClick(levels, "ext");
  levels = afterClick(levels, "size");
  assert.deepEqual(levels, [by("size", true), by("ext"), by("name", true)], "the largest first");
  levels = afterClick(levels, "size");
  assert.deepEqual(levels, [by("size"), by("ext"), by("name", true)]);
  levels = afterClick(afterClick(levels, "date"), "tag:artist");
  assert.deepEqual(levels, [by("tag:artist"), by("date", true), by("size"), by("ext")]);
  const rows = [row("b.txt", { size: 2 }), row("a.txt"), row("c.md", { size: 2 }), row("d.md"), row("e.md")];
  const order = { levels: [by("size", true), by("ext"), by("name", true)], foldersFirst: true };
  assert.equal(names(inOrder(rows, order)), "c.md b.txt e.md d.md a.txt");
});

test("a typed name: its beginning first, then any part; around the end, both ways, without case and accents", () => {
  const rows = ["apple", "Banana", "crab apple", "éclair", "Apricot"].map((name) => row(name));
  assert.equal(matching(rows, "ap", 1), 4);
  assert.equal(matching(rows, "ap", 0), 0);
  assert.equal(matching(rows, "ap", -1, -1), 4);
  assert.equal(matching(rows, "app", 1), 0);
  assert.equal(matching(rows, "appl", 2), 0);
  assert.equal(matching(rows, "ab", 0), 2);
  assert.equal(matching(rows, "ECL", 0), 3);
  assert.equal(matching(rows, "zz", 0), -1);
  assert.equal(matching([], "a", 0), -1);
});

test("links name the first level of an order, unless it is that of a new visitor", () => {
  const asc = (column: string) => ({ column, descending: false });
  for (const text of ["-date", "size", "-name", "ext"]) assert.equal(toParameter(fromParameter(text) ?? []), text);
  assert.equal(toParameter([asc("size"), asc("date")]), "size");
  assert.deepEqual([[], [asc("name")], [asc("tag:artist")]].map(toParameter), [undefined, undefined, undefined]);
});
