// Missing chunks are sent in few requests of adjacent chunks, all named in the header.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type HandshakeRequest, handshake } from "../src/up2k/handshake.ts";
import type { Plan } from "../src/up2k/plan.ts";
import { type ChunkBatch, ChunkSupply, hashHeader } from "../src/up2k/sender.ts";
import { classifyError, ServerError } from "../src/up2k/server-error.ts";
import type { Answer, Transport } from "../src/up2k/transport.ts";

const MIB = 1024 * 1024;
const plan = (count: number, short = 0): Plan => ({ size: count * MIB - short, chunk: MIB, count });
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(44, "h"));

/** Returns all batches of at most `limit` bytes; see `ChunkSupply`. */
function batchChunks(
  p: Plan,
  hashes: readonly string[],
  missing: readonly string[],
  limit: number,
  spread: number,
): ChunkBatch[] {
  const supply = new ChunkSupply(p, hashes, missing, spread);
  const batches: ChunkBatch[] = [];
  for (let batch = supply.next(limit); batch; batch = supply.next(limit)) batches.push(batch);
  return batches;
}

test("adjacent chunks are stitched, a gap starts a new batch", () => {
  const hashes = names(10);
  const missing = hashes.filter((_, i) => i !== 4);
  const batches = batchChunks(plan(10, 100), hashes, missing, 64 * MIB, 1);
  assert.deepEqual(
    batches.map((p) => [p.first, p.count, p.start, p.end]),
    [
      [0, 4, 0, 4 * MIB],
      [5, 5, 5 * MIB, 10 * MIB - 100],
    ],
  );
});

test("a medium file is spread over the connections", () => {
  const hashes = names(100);
  const batches = batchChunks(plan(100), hashes, hashes, 64 * MIB, 5);
  assert.equal(batches.length, 10);
  assert.ok(batches.every((p) => p.count === 10));
});

test("no batch exceeds the limit, nor 64 chunks", () => {
  const hashes = names(256);
  assert.equal(Math.max(...batchChunks(plan(256), hashes, hashes, 16 * MIB, 1).map((p) => p.count)), 16);
  assert.equal(Math.max(...batchChunks(plan(256), hashes, hashes, 512 * MIB, 1).map((p) => p.count)), 64);
  assert.equal(Math.max(...batchChunks(plan(256), hashes, hashes, 1, 1).map((p) => p.count)), 1);
});

test("a repeated chunk is sent once, and never stitched", () => {
  const [a = "", b = "", c = ""] = names(3);
  const batches = batchChunks(plan(5), [a, a, b, a, c], [a, b, c], 64 * MIB, 1);
  assert.deepEqual(
    batches.map((p) => [p.first, p.count]),
    [
      [0, 1],
      [2, 1],
      [4, 1],
    ],
  );
});

test("the compact header, as captured from a client", () => {
  const four = [
    "61k5gWWIhj4igZrvTWqTZ7l6ZdeKNC3OjfW70VjnoJFL",
    "uVbzgzwX1lUlIv9ZD5EF6Ey8OWTeyin60d-s_a23jhWk",
    "Ck428a73PHY937o1uLJr_XC2CH4tDFsXldAaXqj3iG11",
  ];
  assert.equal(hashHeader(four), "61k5gWWIhj4igZrvTWqTZ7l6ZdeKNC3OjfW70VjnoJFL,9,uVbzgzwX1Ck428a73P");
  assert.equal(hashHeader(four.slice(0, 1)), four[0]);
  assert.match(hashHeader(names(64)), /^.{44},3,.{189}$/);
});

test("errors are classified by the server's text", () => {
  const check = (status: number, text: string, kind: string): void => {
    const found = classifyError({ status, text });
    assert.ok(found instanceof ServerError);
    assert.equal(found.kind, kind, text);
  };
  check(400, "<pre>unknown wark (see fileserver log for details)\r\nURL: rw/\r\n", "handshake");
  check(422, "<pre>partial upload exists at a different location; please ...\n/x/y \r\nURL: rw/\r\n", "again");
  check(409, "<pre>upload rejected, file already exists:\n/x \r\nURL: rw/\r\n", "exists");
  check(403, "<pre>you don't have write-access in '/x' or below '/x'\r\nURL: x\r\n", "denied");
  check(500, "<pre>server HDD is full; 300 MiB free, need 1.2 GiB\r\nURL: x\r\n", "again");
  check(413, "<html>nginx</html>", "large");
  check(400, "<pre>your chunk got corrupted somehow (received 5 bytes)\r\nURL: x\r\n", "corrupt");
  check(400, "<pre>file too big\r\nURL: x\r\n", "refused");
  assert.equal(classifyError({ status: 429, text: "<pre>rate-limit 2.5 sec, cost 1, idle 0" }).wait, 2500);
  assert.equal(
    classifyError({ status: 400, text: "<pre>file &lt;b&gt; too big\r\nURL: x\r\n" }).message,
    "file <b> too big",
  );
});

test("a file keeps its date, or gets that of its arrival; the older of two files is found by dates", async () => {
  const sent: (number | undefined)[] = [];
  const post = async ({ body }: { body: unknown }): Promise<Answer> => {
    sent.push((JSON.parse(String(body)) as { lmod?: number }).lmod);
    return { status: 200, text: '{"name":"a","wark":"w","hash":[]}' };
  };
  const ask = (more: Partial<HandshakeRequest>): Promise<unknown> =>
    handshake(
      post as Transport,
      "/up/",
      { name: "a", size: 1, modified: 5000, hashes: [], whenTaken: "keep", ...more },
      new AbortController().signal,
    );
  await ask({});
  await ask({ undated: true });
  await ask({ undated: true, whenTaken: "older" });
  assert.deepEqual(sent, [5, undefined, 5]);
});
