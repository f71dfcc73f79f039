// Plugins are taken out of a Markdown text as copyparty's are, and the page believes nothing of their frame but a height.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expressionOf, takeBlocks } from "../src/plugin-frame/blocks.ts";
import { heightOf } from "../src/plugin-frame/messages.ts";

test("blocks are taken out in their order; the rest stays", () => {
  const text =
    "# A\n```copyparty_pre\nctor() {}\n```\nb\n```js\n1\n```\n```copyparty_post \r\nrender(dom) {}\r\n```\r\nc\n";
  assert.deepEqual(takeBlocks(text), {
    blocks: [
      { stage: "pre", code: "ctor() {}\n" },
      { stage: "post", code: "render(dom) {}\r\n" },
    ],
    rest: "# A\nb\n```js\n1\n```\nc\n",
  });
  for (const plain of ["```copyparty_pre\nno end", "see ```copyparty_pre\n```", "```copyparty_other\n```"])
    assert.deepEqual(takeBlocks(plain), { blocks: [], rest: plain });
});

test("a block is an object with or without its braces", () => {
  for (const code of [
    "a: 1, f() { return 2; }",
    "// a note\n/* and\nanother */ {a: 1, f() { return 2; }} // end",
    "a: 1, f() { return 2; } // end",
  ]) {
    // biome-ignore lint/security/noGlobalEval: as the frame does.
    const made = eval(expressionOf(code)) as { a: number; f: () => number };
    assert.deepEqual([made.a, made.f()], [1, 2], code);
  }
});

test("a message is a height within bounds, or nothing", () => {
  assert.deepEqual([-5, 0, 99.2, 1e9].map(heightOf), [24, 24, 100, 100_000]);
  for (const other of ["99", Number.NaN, Number.POSITIVE_INFINITY, { height: 99 }, [99], null, undefined, true])
    assert.equal(heightOf(other), undefined, String(other));
});
