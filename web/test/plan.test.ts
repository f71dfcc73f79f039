// Chunk sizes, chunk hashes and URLs equal those of the server: both test against tests/vectors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { digestChunk } from "../src/up2k/digest.ts";
import { plan, range } from "../src/up2k/plan.ts";
import { below, encodePath, folderUrl } from "../src/up2k/urls.ts";
import { vectors } from "./support.ts";

interface Sizes {
  cases: { size: number; g1: { chunk: number; count: number }; g2: { chunk: number; count: number } }[];
}

interface Warks {
  cases: {
    name: string;
    content: { text?: string; byte?: number; cycle?: number; count: number }[];
    size: number;
    hashes: { hash: string; times: number }[];
  }[];
}

interface Paths {
  cases: { path?: string; link?: string }[];
}

test("chunk sizes of both generations", () => {
  for (const { size, g1, g2 } of vectors<Sizes>("chunk_sizes.json").cases) {
    const [one, two] = [plan(size, 1), plan(size, 2)];
    assert.deepEqual([one.chunk, one.count], [g1.chunk, g1.count], `generation 1, ${size} bytes`);
    assert.deepEqual([two.chunk, two.count], [g2.chunk, g2.count], `generation 2, ${size} bytes`);
  }
});

test("chunks cover the file without gaps", () => {
  for (const size of [0, 1, 1 << 20, (1 << 20) + 1, 268435457]) {
    const p = plan(size);
    let at = 0;
    for (let i = 0; i < p.count; i++) {
      const { start, end } = range(p, i);
      assert.equal(start, at);
      assert.ok(end > start);
      at = end;
    }
    assert.equal(at, size);
  }
});

function content(pieces: Warks["cases"][number]["content"]): BlobPart[] {
  return pieces.map(({ text, byte, cycle, count }) => {
    if (text !== undefined) return new TextEncoder().encode(text);
    if (byte !== undefined) return new Uint8Array(count).fill(byte);
    return Uint8Array.from({ length: count }, (_, i) => i % (cycle ?? 256));
  });
}

for (const [way, subtle] of [
  ["crypto.subtle", crypto.subtle],
  ["WebAssembly", undefined],
] as const) {
  test(`chunk hashes by ${way}`, async () => {
    for (const { name, content: pieces, size, hashes } of vectors<Warks>("warks.json").cases) {
      // The large vector adds no new case and takes seconds.
      if (size > 16 * 1024 * 1024) continue;
      const file = new Blob(content(pieces));
      assert.equal(file.size, size, name);
      const p = plan(size);
      const expected = hashes.flatMap(({ hash, times }) => Array<string>(times).fill(hash));
      for (let i = 0; i < p.count; i++) {
        const { start, end } = range(p, i);
        let seen = 0;
        const hash = await digestChunk(file.slice(start, end), subtle, (bytes) => {
          seen += bytes;
        });
        assert.equal(hash, expected[i], `${name}, chunk ${i}`);
        assert.equal(seen, end - start, `${name}, progress of chunk ${i}`);
      }
    }
  });
}

test("paths are encoded as in the server's links", () => {
  for (const { path, link } of vectors<Paths>("vpaths.json").cases) {
    if (path !== undefined) assert.equal(`/${encodePath(path)}`, link);
  }
});

test("folder URLs of a dropped tree and of a reply", () => {
  assert.equal(below("/music/2026/", ["a b", "50%", "ü"]), "/music/2026/a%20b/50%25/%C3%BC/");
  assert.equal(folderUrl("", "/a b/"), "/a%20b/");
  assert.equal(folderUrl("/sub/path", "/a b/"), "/sub/path/a%20b/");
  assert.equal(folderUrl("/sub", "/sub/a/"), "/sub/a/");
  assert.equal(encodePath("lone \uD83D surrogate"), "lone%20%EF%BF%BD%20surrogate");
});
