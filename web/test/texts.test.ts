// Words about rows, links and columns.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TemplateResult } from "lit";
import type { ShareLink } from "../src/api/types.gen.ts";
import { columnsOf, inMenu } from "../src/browse/columns.ts";
import type { Row } from "../src/browse/rows.ts";
import { counts, sumText } from "../src/browse/texts.ts";
import { linkFacts } from "../src/parts/link-facts.ts";

const row = (kind: Row["kind"], size?: number): Row => ({ kind, name: "a", size, modified_ms: 1 }) as Row;

test("a sum counts folders if the size of all is known, else it says that it is of files", () => {
  assert.equal(sumText([row("file", 3), row("file", 4)]), "7\u00a0B");
  assert.equal(sumText([row("folder", 1024), row("file", 1024)]), "2.0\u00a0KiB");
  assert.equal(sumText([row("folder", 1024), row("folder"), row("file", 1024)]), "1.0\u00a0KiB in files");
  assert.equal(sumText([row("folder"), row("file", 0)]), "");
  assert.equal(sumText([row("file", 3)], 2048), "2.0\u00a0KiB in files");
});

test("a line of counts ends only after the folders", () => {
  assert.equal(counts(14, 1), "14\u00a0folders, 1\u00a0file");
  assert.equal(counts(0, 340), "340\u00a0files");
});

test("menus name the columns of all files before tags", () => {
  const columns = columnsOf([{ name: "artist", label: "Artist", hidden: false }]);
  assert.deepEqual(
    inMenu(columns).map(({ id }) => id),
    ["size", "ext", "date", "tag:artist"],
  );
});

const textOf = ({ values }: TemplateResult): string =>
  values.flatMap((value) => (Array.isArray(value) ? value.map(textOf) : [String(value)])).join("");

test("uses of a limited link read well for one, too", () => {
  const link = { kind: "share", uses: 1, max_uses: 1, has_pin: false, state: "works" } as ShareLink;
  assert.match(textOf(linkFacts(link)), /uses: 1 of 1/);
});
