// What links and habits of copyparty's page become here: its searches in addresses, and its notations of musical keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import { example, inNotation, NOTATION_NAMES } from "../src/browse/key-notation.ts";
import { textOfRawQuery } from "../src/browse/raw-query.ts";

test("searches of copyparty are understood", () => {
  for (const [raw, text] of [
    ["size >= 3 and size <= 10", "size>=3M size<=10M"],
    ["date >= 2026-01-31T12:00 and up_at <= 2026-02", "date>=2026-01-31 uploaded<=2026-02"],
    ["name like *holiday* and path not like *old*", "name:holiday -path:old"],
    ["not name like draft* and tags like *two words*", '-name:draft tags:"two words"'],
    ["artist = björk and .bpm >= 172", "artist:björk bpm>=172"],
    ['title == "a and b"', 'title:"a and b"'],
    ["name like * and size > 1", "size>1M"],
    ["a song", "a song"],
    ["name like *a* or name like *b*", "name like *a* or name like *b*"],
    ["size > 1 and ( name like *a* and size < 9 )", "size > 1 and ( name like *a* and size < 9 )"],
  ] as const) {
    assert.equal(textOfRawQuery(raw), text, raw);
  }
});

test("keys are written in the chosen notation, whatever wrote them", () => {
  for (const key of ["8B", "08b", "C", "1d"]) assert.equal(inNotation(key, "rekobo_classic"), "C");
  for (const key of ["8A", "Am", "A minor", "1m", " am "]) assert.equal(inNotation(key, "traktor_open"), "1m");
  assert.deepEqual(
    NOTATION_NAMES.map((name) => inNotation("C#m", name)),
    ["12A", "Dbm", "C#m", "C#m", "5m"],
  );
  assert.deepEqual(
    ["all", "", "H-dur"].map((key) => inNotation(key, "rekobo_alnum")),
    ["all", "", "H-dur"],
  );
  assert.equal(inNotation("Gbm", undefined), "Gbm", "as the files have it");
  assert.equal(example("rekobo_alnum"), "8B, 2B, 1A");
  assert.equal(new Set(NOTATION_NAMES.map(example)).size, 5, "each can be told from the others");
});
