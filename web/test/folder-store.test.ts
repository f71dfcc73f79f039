// Which rows are shown before all have arrived.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Api } from "../src/api/client.ts";
import { FolderStore } from "../src/browse/folder-store.ts";
import { type View, ViewStore } from "../src/browse/view.ts";

const line = (name: string, size: number) => JSON.stringify({ kind: "file", name, size, modified_ms: 0 });
const head = (more = {}) => JSON.stringify({ kind: "listing", path: "/", folders: 0, files: 3, ...more });

/** Returns what is shown each time that rows arrive: two of a folder, then a third one. */
async function shownOf(view: Partial<View>, more = {}, begun = (_: FolderStore): unknown => 0): Promise<string[]> {
  const pieces = [[head(more), line("a", 1), line("b", 9)], [line("c", 5)], ['{"kind":"end","rows":3}']];
  const body = new ReadableStream({
    pull: (controller) => {
      const lines = pieces.shift();
      if (lines) controller.enqueue(new TextEncoder().encode(`${lines.join("\n")}\n`));
      else controller.close();
    },
  });
  const api = { folderLines: async () => new Response(body) } as unknown as Api;
  const views = new ViewStore();
  views.value.value = { ...views.value.value, ...view };
  const store = new FolderStore(api, views, "lost");
  const shown: string[] = [];
  store.shown.subscribe((rows) => {
    if (rows.length > 0) shown.push(rows.map(({ name }) => name).join(""));
  });
  await store.open("/", false, () => begun(store));
  return shown;
}

test("what is below a folder has columns for the tags that some file has", async () => {
  const tags = ["artist", "title"].map((name) => ({ name, label: name, hidden: false }));
  const file = { kind: "file", name: "a", folder: "/b", size: 1, modified_ms: 0, tags: { title: "A", artist: null } };
  const lines = [{ kind: "below", path: "/", tags }, file, { kind: "end", rows: 1, truncated: false }];
  const api = { belowLines: async () => new Response(lines.map((one) => `${JSON.stringify(one)}\n`).join("")) };
  const store = new FolderStore(api as unknown as Api, new ViewStore(), "lost");
  await store.open("/", true);
  assert.deepEqual(
    store.listing.peek()?.head.tags?.map(({ name }) => name),
    ["title"],
  );
});

test("that a folder has begun is told once, with its first rows", async () => {
  const begun: string[] = [];
  await shownOf({}, {}, (store) =>
    begun.push(
      store.shown
        .peek()
        .map(({ name }) => name)
        .join(""),
    ),
  );
  assert.deepEqual(begun, ["ab"]);
});

test("first rows are shown only where the others come after them", async () => {
  assert.deepEqual(await shownOf({}), ["ab", "abc"]);
  const by = (column: string, descending: boolean) => ({ levels: [{ column, descending }] });
  assert.deepEqual(await shownOf(by("name", false)), ["ab", "abc"]);
  assert.deepEqual(await shownOf(by("size", true)), ["bca"]);
  assert.deepEqual(await shownOf(by("name", true)), ["cba"]);
  assert.deepEqual(await shownOf({ foldersFirst: false }), ["abc"]);
  const proposed = { view: { grid: false, sort: [{ column: "size", descending: true }], downloads: false } };
  assert.deepEqual(await shownOf({}, proposed), ["abc"]);
});
