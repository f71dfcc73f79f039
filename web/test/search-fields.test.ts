// The search form writes the words that the search box understands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fields, textOf } from "../src/search/fields.ts";

const NONE: Fields = {
  name: "",
  path: "",
  tags: "",
  type: "",
  sizeFrom: "",
  sizeTo: "",
  dateFrom: "",
  dateTo: "",
  uploadedFrom: "",
  uploadedTo: "",
};

function check(fields: Partial<Fields>, text: string): void {
  assert.equal(textOf({ ...NONE, ...fields }), text);
}

test("each field becomes a word of its own", () => {
  check({}, "");
  check({ name: "  " }, "");
  check({ name: "rain sun" }, "name:rain name:sun");
  check({ name: '"rainy day" -sun' }, 'name:"rainy day" -name:sun');
  check({ name: '-"rainy day"' }, '-name:"rainy day"');
  check({ name: "-" }, "name:-");
  check({ type: ".jpg, png" }, "type:jpg,png");
  check({ path: "a/b" }, "path:a/b");
});

test("ranges have one or two ends, and a plain number is MiB", () => {
  check({ sizeFrom: "10" }, "size>=10M");
  check({ sizeTo: "1,5" }, "size<=1.5M");
  check({ sizeFrom: "1k", sizeTo: "2G" }, "size:1k..2G");
  check({ dateFrom: "2026-01-01", dateTo: "2026-03-31" }, "date:2026-01-01..2026-03-31");
  check({ uploadedTo: "2026-03-31" }, "uploaded<=2026-03-31");
});
