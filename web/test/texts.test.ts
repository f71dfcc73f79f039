// Words about rows, links and columns.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TemplateResult } from "lit";
import type { ShareLink, TagInfo } from "../src/api/types.gen.ts";
import { type Column, columnsOf, fitting, inMenu, isShown, toggled, withUsual } from "../src/browse/columns.ts";
import type { Row } from "../src/browse/rows.ts";
import { counts, sumText } from "../src/browse/texts.ts";
import type { View } from "../src/browse/view.ts";
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

/** The tags of a folder of songs, in the server's order, and its rows: `songs` of `files` have a title, an artist, an album and a length. */
function songs(count: number, files: number): { tags: TagInfo[]; rows: Row[] } {
  const names = ["album", ".tn", "artist", "title", ".dur", "fmt"];
  const tags = names.map((name) => ({ name, label: name, hidden: name === "fmt" }));
  const row = (at: number): Row =>
    ({
      kind: "file",
      name: `${at}.mp3`,
      ...(at < count ? { tags: { title: `T${at}`, artist: "A", album: "B", ".tn": at, ".dur": 60, fmt: "mp3" } } : {}),
    }) as unknown as Row;
  return { tags, rows: Array.from({ length: files }, (_, at) => row(at)) };
}

const view = (part: Partial<View> = {}): View => ({ hidden: [], shown: [], ...part }) as unknown as View;
const shownTags = (columns: readonly Column[]): string[] =>
  columns.map(({ id }) => id).filter((id) => id.startsWith("tag:"));

test("tags are columns where most files have them, and stay so while more files arrive", () => {
  const usual = ({ tags, rows }: { tags: TagInfo[]; rows: Row[] }): string[] =>
    withUsual(tags, rows)
      .filter(({ hidden }) => !hidden)
      .map(({ name }) => name);
  assert.deepEqual(usual(songs(3, 4)), ["album", ".tn", "artist", "title", ".dur"]);
  assert.deepEqual(usual(songs(1, 4)), [], "one song among other files makes no columns");
  const many = songs(200, 1000);
  assert.deepEqual(usual(many), usual({ ...many, rows: many.rows.slice(0, 200) }));
});

test("where not all tags fit, title and artist come first, in the server's order", () => {
  const { tags, rows } = songs(4, 4);
  const columns = columnsOf(withUsual(tags, rows));
  const at = (width: number, shown = view()): string[] => shownTags(fitting(columns, shown, width));
  assert.deepEqual(at(966), ["tag:artist", "tag:title"], "a window of 1280 pixels, beside the tree");
  assert.deepEqual(at(1126), ["tag:artist", "tag:title", "tag:.dur"]);
  assert.deepEqual(at(2000), ["tag:album", "tag:.tn", "tag:artist", "tag:title", "tag:.dur"]);
  assert.deepEqual(at(800), ["tag:title"]);
  assert.deepEqual(at(966, view({ hidden: ["tag:title"] })), ["tag:artist", "tag:.dur"]);
  assert.deepEqual(at(966, view({ shown: ["tag:fmt"] })), ["tag:title", "tag:fmt"], "what was chosen goes first");
});

test("a column that was chosen or hidden is so in all folders, whatever is usual there", () => {
  const column = ({ tags, rows }: { tags: TagInfo[]; rows: Row[] }): Column => {
    const found = columnsOf(withUsual(tags, rows)).find(({ id }) => id === "tag:artist");
    assert.ok(found);
    return found;
  };
  const [usual, rare] = [column(songs(4, 4)), column(songs(1, 4))];
  assert.deepEqual([isShown(usual, view()), isShown(rare, view())], [true, false]);
  const hidden = view(toggled(usual, view()));
  assert.deepEqual([isShown(usual, hidden), isShown(rare, hidden)], [false, false]);
  const shown = view(toggled(rare, hidden));
  assert.deepEqual([isShown(usual, shown), isShown(rare, shown)], [true, true]);
  assert.deepEqual(shown.hidden, []);
  const again = view(toggled(rare, shown));
  assert.deepEqual([isShown(usual, again), isShown(rare, again)], [false, false]);
});

const textOf = ({ values }: TemplateResult): string =>
  values.flatMap((value) => (Array.isArray(value) ? value.map(textOf) : [String(value)])).join("");

test("uses of a limited link read well for one, too", () => {
  const link = { kind: "share", uses: 1, max_uses: 1, has_pin: false, state: "works" } as ShareLink;
  assert.match(textOf(linkFacts(link)), /uses: 1 of 1/);
});
