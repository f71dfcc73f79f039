// What was picked, in parts: the first files are hashed before all have been looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { selectionOf, selectionParts } from "../src/uploads/selection.ts";

const file = (name: string, webkitRelativePath = ""): File =>
  Object.assign(new File(["x"], name), { webkitRelativePath }) as File;

const fileEntry = (name: string): FileSystemEntry =>
  ({ isFile: true, name, file: (ok: (file: File) => void) => ok(file(name)) }) as unknown as FileSystemEntry;

const brokenEntry = { isFile: true, file: (_: unknown, no: (why: Error) => void) => no(new Error("gone")) };

function folderEntry(name: string, children: unknown[]): FileSystemEntry {
  const batches = children.length > 0 ? [children, []] : [[]];
  const readEntries = (ok: (entries: unknown[]) => void): void => ok(batches.shift() ?? []);
  return { isDirectory: true, name, createReader: () => ({ readEntries }) } as unknown as FileSystemEntry;
}

test("many files come in parts, in their order, and the page runs between them", async () => {
  const files = Array.from({ length: 150 }, (_, at) => file(`${at}`));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const parts: string[][] = [];
  const turnsAt: number[] = [];
  for await (const { sources } of selectionParts({ entries: [], files }, "/to/")) {
    parts.push(sources.map(({ name }) => name));
    turnsAt.push(turns);
    await new Promise((go) => setTimeout(go, 5));
  }
  clearInterval(timer);
  assert.deepEqual(
    parts.map(({ length }) => length),
    [64, 64, 22],
  );
  assert.deepEqual(
    parts.flat(),
    files.map(({ name }) => name),
  );
  assert.ok((turnsAt[0] ?? 0) < (turnsAt[2] ?? 0));
});

test("folders keep their paths; empty ones and what cannot be read are told", async () => {
  const entries = [folderEntry("a", [fileEntry("1"), folderEntry("none", []), brokenEntry]), fileEntry("2")];
  const files = [file("3", "chosen/below/3")];
  const { sources, folders, unreadable } = await selectionOf({ entries, files }, "/to/");
  assert.deepEqual(
    sources.map(({ folder, path }) => [folder, path]),
    [
      ["/to/chosen/below/", "chosen/below/3"],
      ["/to/a/", "a/1"],
      ["/to/", "2"],
    ],
  );
  assert.deepEqual(folders, [{ above: "/to/a/", name: "none" }]);
  assert.equal(unreadable, 1);
});
