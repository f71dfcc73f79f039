// What a volume proposes for its pages holds until a visitor chooses something.
import assert from "node:assert/strict";
import { test } from "node:test";
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
  view.ask(byDate);
  view.propose({ grid: true, sort: bySize });
  assert.deepEqual(shown(view), ["grid", byDate]);
});
