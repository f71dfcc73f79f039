// What a volume proposes for its pages holds until a visitor chooses something.
import assert from "node:assert/strict";
import { test } from "node:test";
import { utc } from "../src/browse/choices.ts";
import type { Row } from "../src/browse/rows.ts";
import { clockTime, shownDate, shownTime } from "../src/browse/texts.ts";
import { ViewStore } from "../src/browse/view.ts";

const bySize = [{ column: "size", descending: true }];
const shown = ({ value }: ViewStore): unknown => [value.peek().mode, value.peek().levels];

test("a proposal holds in its volume, and gives way to a choice", () => {
  const view = new ViewStore();
  view.propose({ grid: true, sort: bySize });
  assert.deepEqual(shown(view), ["grid", bySize]);
  view.propose(undefined);
  assert.deepEqual(shown(view), ["list", []]);
  view.change({ mode: "list" });
  view.propose({ grid: true, sort: bySize });
  assert.deepEqual(shown(view), ["list", []]);
});

test("an order in the address goes before a proposal", () => {
  const view = new ViewStore();
  const byDate = [{ column: "date", descending: false }];
  view.ask(byDate, false);
  view.enter("/");
  view.propose({ grid: true, sort: bySize });
  assert.deepEqual(shown(view), ["grid", byDate]);
});

const file = (name: string): Row => ({ kind: "file", name, size: 1, modified_ms: 1 });

test("a folder of pictures is shown as a grid until it is left, and other choices keep the list", () => {
  const kept = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  Object.assign(globalThis, { window: { localStorage } });
  const linked = new ViewStore();
  linked.ask(bySize, true);
  linked.enter("/");
  assert.deepEqual([linked.value.peek().dots, linked.value.peek().levels], [true, bySize]);
  linked.change({ zoom: 1 });
  assert.match(kept.get("potluck.view") ?? "", /"levels":\[\],.*"dots":false/, "what an address names was not chosen");
  linked.change({ dots: true });
  assert.match(kept.get("potluck.view") ?? "", /"levels":\[\],.*"dots":true/);
  kept.clear();
  const pictures = [file("a.jpg"), file("b.png"), file("notes.txt")];
  const view = new ViewStore();
  const mode = (): string => view.value.peek().mode;
  const enter = (path: string, rows: readonly Row[]): string => {
    view.enter(path);
    view.suit(rows, true);
    return mode();
  };
  assert.equal(enter("/photos/", pictures), "grid");
  view.propose({ grid: false, sort: [] });
  assert.equal(mode(), "grid", "a list that is loaded again changes nothing");
  view.change({ zoom: 3 });
  assert.match(kept.get("potluck.view") ?? "", /"mode":"list"/, "the grid was not chosen");
  assert.equal(enter("/docs/", [file("a.jpg"), file("b.txt")]), "list", "half of them are not most");
  assert.equal(enter("/photos/", pictures), "grid");
  view.change({ mode: "list" });
  view.suit(pictures, true);
  assert.equal(mode(), "list", "the visitor has chosen another mode");
  assert.equal(enter("/photos/", pictures), "grid");
  view.enter("/more photos/");
  view.suit([], false);
  assert.equal(mode(), "grid", "nothing changes before the new folder is known");
  view.unsuit();
  assert.equal(mode(), "list");
  assert.equal(enter("/folders/", [{ kind: "folder", name: "x", modified_ms: 1 } as Row]), "list");
  Reflect.deleteProperty(globalThis, "window");
});

test("times in UTC say so", () => {
  const noon = Date.UTC(2026, 10, 2, 23, 30);
  utc.value = true;
  assert.equal(shownTime(noon), "2 Nov 2026, 23:30 UTC");
  assert.match(clockTime(noon), / UTC$/);
  assert.equal(shownDate(noon), "2 Nov 2026");
  utc.value = false;
  assert.doesNotMatch(shownTime(noon), /UTC/);
});
