// Small chunks are read together, and kept until they are sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kept, MAX_KEPT, readTogether } from "../src/up2k/digest.ts";

test("small chunks are kept without a copy, beside large ones with one", async () => {
  const blobs = [3, 0, MAX_KEPT].map((size, at) => new Blob([new Uint8Array(size).fill(at + 1)]));
  const small = await readTogether(blobs);
  const whole = kept(small);
  assert.deepEqual(
    whole.bytes.map((bytes) => [bytes?.length, bytes?.at(-1)]),
    [
      [3, 1],
      [0, undefined],
      [MAX_KEPT, 3],
    ],
  );
  assert.deepEqual(whole.transfer, [small?.[0]?.buffer]);
  const mixed = kept(await readTogether([...blobs, new Blob([new Uint8Array(MAX_KEPT + 1)])]));
  assert.deepEqual(
    mixed.bytes.map((bytes) => bytes?.length),
    [3, 0, MAX_KEPT, undefined],
  );
  const held = mixed.transfer.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(held, MAX_KEPT + 3, "no byte of the large chunk stays in memory");
  assert.deepEqual(kept(undefined), { bytes: [], transfer: [] });
});
