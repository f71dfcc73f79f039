// Files are looked for by content: hits with places and dates, misses, what could not be asked. Requests have about five seconds each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../src/up2k/pace.ts";
import { ChunkSupply } from "../src/up2k/sender.ts";
import { type Answer, ConnectionLost, type Transport } from "../src/up2k/transport.ts";
import { FileSearch } from "../src/uploads/search-run.ts";
import { nodeHasher, source } from "./support.ts";

const MIB = 1024 * 1024;

function searchOf(names: string[], answer: (name: string, tries: number) => Answer) {
  const tries = new Map<string, number>();
  const post: Transport = async ({ url, body }) => {
    assert.equal(url, "/sub/");
    const question = JSON.parse(String(body)) as { name: string; srch: number; hash: string[] };
    assert.equal(question.srch, 1);
    assert.equal(question.hash.length, 1);
    const count = (tries.get(question.name) ?? 0) + 1;
    tries.set(question.name, count);
    return answer(question.name, count);
  };
  const sources = names.map((name) => source(name, `content of ${name}`));
  const means = { base: "/sub", hasher: nodeHasher, post, pause: 1 };
  return new FileSearch(sources, means, new AbortController().signal, () => {});
}

const hits = (...paths: string[]): Answer => ({
  status: 200,
  text: JSON.stringify({ hits: paths.map((rp) => ({ rp, ts: 1_700_000_000, sz: 3, tags: {} })), tag_order: [] }),
});

test("hits, misses and failures; a refusal for a while and a lost connection are repeated", async () => {
  const search = searchOf(["known", "missing", "busy", "lost", "never"], (name, count) => {
    if (name === "known") return hits("a/b%20c.txt", "d.txt?k=1");
    if (name === "busy" && count === 1) return { status: 429, text: "<pre>rate-limit 0.001 sec, cost 1, idle 0" };
    if (name === "lost" && count === 1) throw new ConnectionLost("gone");
    if (name === "never") return { status: 403, text: "<pre>no" };
    return hits();
  });
  await search.run();
  const of = (name: string) => search.results.find((one) => one.source.name === name);
  assert.deepEqual(
    of("known")?.hits?.map(({ path, modified }) => [path, modified]),
    [
      ["a/b%20c.txt", 1_700_000_000_000],
      ["d.txt?k=1", 1_700_000_000_000],
    ],
  );
  assert.deepEqual([of("never")?.hits, of("never")?.detail], [undefined, "no"]);
  assert.deepEqual(
    search.missing.map(({ name }) => name),
    ["missing", "busy", "lost"],
  );
  assert.deepEqual([search.hashed, search.busy], [search.bytes, false]);
});

test("requests grow and shrink with the speed, within bounds", () => {
  const pace = new Pace(64 * MIB);
  assert.equal(pace.bytes, 4 * MIB);
  pace.add(4 * MIB, 40);
  assert.equal(pace.bytes, 64 * MIB);
  for (let i = 0; i < 20; i++) pace.add(MIB, 5000);
  assert.ok(Math.abs(pace.bytes - MIB) < MIB / 10, String(pace.bytes));
  for (let i = 0; i < 20; i++) pace.add(MIB, 600_000);
  assert.equal(pace.bytes, MIB / 4);
  pace.add(100, 1);
  assert.equal(pace.bytes, MIB / 4, "small bodies say nothing");
});

test("each batch has the size that is right when it is taken", () => {
  const hashes = Array.from({ length: 400 }, (_, i) => `h${i}`);
  const supply = new ChunkSupply({ size: 400 * MIB, chunk: MIB, count: 400 }, hashes, hashes, 2);
  const counts = [4 * MIB, 32 * MIB, MIB / 4, 1024 * MIB].map((limit) => supply.next(limit)?.count);
  assert.deepEqual(counts, [4, 32, 1, 64]);
  assert.equal(supply.left, 400 - 101);
});
