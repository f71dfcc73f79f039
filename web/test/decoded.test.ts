// Percent-encoded names are shown as listings show them, whatever their bytes are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decoded, plainName } from "../src/browse/decoded.ts";

test("what is not UTF-8 is shown as in listings, the rest as it is", () => {
  const cases = [
    ["bad-%FF%FE.txt", "bad-\uFFFD\uFFFD.txt"],
    ["%C3%A9%e9.txt", "é\uFFFD.txt"],
    ["%E6%97%A5", "日"],
    ["100%", "100%"],
    ["%zz%41", "%zzA"],
    ["%E2%80%AEx", "\\u{202e}x"],
    ["", ""],
  ] as const;
  for (const [name, shown] of cases) assert.equal(decoded(name), shown);
});

test("for anything but display, a name that is not UTF-8 stays as it is", () => {
  assert.equal(plainName("%C3%A9"), "é");
  assert.equal(plainName("bad-%FF.txt"), "bad-%FF.txt");
});
