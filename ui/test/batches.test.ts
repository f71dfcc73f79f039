// Transfers of one client are grouped into batches.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActiveTransfer, Outcome, PastTransfer } from "../../web/kit/types.gen.ts";
import { gathered, progressOf, running } from "../src/batches.ts";
import { batchWords, fileName, filesWords } from "../src/sentences.ts";

const NOW = Date.UTC(2026, 10, 2, 8, 30);
const PHONE = { account: "guest", who: "Anna's phone", address: "10.0.0.7" };

function going(id: number, change: Partial<ActiveTransfer> = {}): ActiveTransfer {
  const path = `/inbox/IMG_${id}.jpg`;
  const size = 1000;
  return { ...PHONE, id, is_upload: true, path, size, done: 0, speed: 0, is_paused: false, since_ms: NOW, ...change };
}

function gone(id: number, secondsAgo: number, change: Partial<PastTransfer> = {}): PastTransfer {
  const outcome: Outcome = { is: "arrived" };
  return { ...PHONE, at_ms: NOW - secondsAgo * 1000, outcome, path: `/inbox/IMG_${id}.jpg`, size: 1000, ...change };
}

const ids = (past: readonly PastTransfer[]): number[] => past.map(({ path }) => Number(/\d+/.exec(path)?.[0]));

test("twenty photos from one phone are one batch: 7 of 20, 35 %", () => {
  const now = [...Array(13).keys()].map((n) => going(n + 8));
  const past = [...Array(7).keys()].map((n) => gone(7 - n, n));
  const [batch, ...others] = running({ now, past, connections: [] });
  assert.ok(batch && others.length === 0);
  const { files, all, done, whole } = progressOf(batch);
  assert.deepEqual([files, all, done, whole], [7, 20, 7000, 20_000]);
  assert.equal(batchWords(batch), "7 of 20 files, 35\u00a0%");
});

test("another phone, account or direction, or a long gap, starts another batch", () => {
  const now = [
    going(1),
    going(2, { address: "10.0.0.8" }),
    going(3, { account: "ben" }),
    going(4, { is_upload: false }),
    going(5),
  ];
  const past = [
    gone(11, 30),
    gone(12, 40, { outcome: { is: "sent" } }),
    gone(13, 50, { outcome: { is: "failed", reason: "Broken." } }),
    gone(14, 85),
    gone(15, 200),
    gone(16, 210),
  ];
  const all = running({ now, past, connections: [] });
  assert.deepEqual(
    all.map((batch) => [batch.now.map(({ id }) => id), ids(batch.ended)]),
    [
      [
        [1, 5],
        [11, 14],
      ],
      [[2], []],
      [[3], []],
      [[4], [12]],
    ],
  );
});

test("an unknown size has no percentage, a paused batch no speed, and a single file no batch text", () => {
  const unknown = running({ now: [going(1, { size: null, done: 5 }), going(2)], past: [], connections: [] })[0];
  assert.ok(unknown);
  assert.equal(batchWords(unknown), "0 of 2 files");
  const held = { is_paused: true, speed: 50 };
  const [paused] = running({ now: [going(1, held), going(2, held)], past: [], connections: [] });
  assert.ok(paused && progressOf(paused).isHeld);
  assert.equal(batchWords(paused), "0 of 2 files, 0\u00a0% · paused");
  const [moving] = running({ now: [going(1, held), going(2, { speed: 100, done: 500 })], past: [], connections: [] });
  assert.ok(moving);
  assert.equal(batchWords(moving), "0 of 2 files, 25\u00a0% · 100\u00a0B/s · 15\u00a0s left");
  const [one] = running({ now: [going(1, { done: 500 })], past: [], connections: [] });
  assert.ok(one);
  assert.equal(batchWords(one), "500\u00a0B of 1000\u00a0B");
});

test("past transfers are grouped by batch, in order; failures and notes are not grouped", () => {
  const message: Outcome = { is: "message", text: "Hello" };
  const failed: Outcome = { is: "failed", reason: "Broken." };
  const past = [
    gone(1, 0),
    gone(2, 20),
    gone(3, 70),
    gone(4, 200),
    gone(5, 210, { address: "10.0.0.8" }),
    gone(6, 220, { outcome: failed }),
    gone(7, 225, { outcome: failed }),
    gone(8, 230, { outcome: message }),
    gone(9, 240, { outcome: { is: "sent" } }),
    gone(10, 241, { outcome: { is: "sent" } }),
  ];
  assert.deepEqual(gathered(past).map(ids), [[1, 2, 3], [4], [5], [6], [7], [8], [9, 10]]);
  assert.deepEqual(gathered([]), []);
});

test("several files are named by the first one", () => {
  assert.equal(filesWords(["/a/IMG_10.jpg", "/a/IMG_9.jpg", "C:\\x\\z.jpg"]), "IMG_9.jpg and 2 more");
  assert.equal(filesWords(["/a/b.jpg"]), "b.jpg");
  assert.equal(fileName("C:\\Users\\anna\\a b.jpg"), "a b.jpg");
});
