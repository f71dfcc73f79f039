// What visitors choose holds for every file: taken names, random names, the fast check, the size rule, one tab at a time.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import type { Item, Source } from "../src/up2k/item.ts";
import { canRetry } from "../src/up2k/item.ts";
import { isFoundAt } from "../src/up2k/peek.ts";
import { UnfinishedFiles } from "../src/up2k/unfinished.ts";
import { reasonText } from "../src/uploads/sentences.ts";
import { source, testQueue } from "./support.ts";

let mock: Awaited<ReturnType<typeof startMock>>;
const origin = (): string => mock.url;

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

const text = (path: string): string | undefined => mock.state.files.get(path)?.data?.toString();
const handshakes = (): number => mock.state.log.filter(({ kind }) => kind === "handshake").length;

async function withTaken(): Promise<ReturnType<typeof testQueue>> {
  const made = testQueue(origin, { whenTaken: "ask" });
  made.queue.add([source("a.txt", "the first one"), source("b.txt", "another")]);
  await made.settled();
  return made;
}

test("a taken name waits for an answer; equal content is not asked about", async () => {
  const { queue, until, settled } = await withTaken();
  queue.add([{ ...source("b.txt", "another"), modified: 5 }, source("a.txt", "second")]);
  await until(() => queue.states.asking === 1 && queue.states.done === 3);
  const asking = queue.items.find(({ state }) => state === "asking") as Item;
  assert.equal(reasonText(asking), "A file with this name exists. Waiting for your decision.");
  assert.deepEqual([queue.busy, queue.counts.waiting, text("/up/a.txt")], [true, 1, "the first one"]);
  queue.answer(asking, "keep");
  await settled();
  assert.deepEqual([asking.name, text("/up/a%20(2).txt"), text("/up/a.txt")], ["a (2).txt", "second", "the first one"]);
});

for (const [answer, state, content] of [
  ["replace", "done", "second"],
  ["skip", "skipped", "the first one"],
] as const) {
  test(`the answer "${answer}"`, async () => {
    const { queue, until, settled } = await withTaken();
    queue.add([source("a.txt", "second")]);
    await until(() => queue.states.asking === 1);
    const asking = queue.items.find((item) => item.state === "asking") as Item;
    queue.answer(asking, answer);
    await settled();
    assert.deepEqual([asking.state, text("/up/a.txt")], [state, content]);
  });
}

test("a file that is asked about can be cancelled, and the queue ends", async () => {
  const { queue, until, settled } = await withTaken();
  queue.add([source("a.txt", "second")]);
  await until(() => queue.states.asking === 1);
  queue.cancel(queue.items.find((item) => item.state === "asking") as Item);
  await settled();
  assert.equal(text("/up/a.txt"), "the first one");
});

test("a file above the size rule fails at once, with both figures, and no retry sends it", async () => {
  const { queue, settled } = testQueue(origin);
  queue.add([
    { ...source("large.bin", new Uint8Array(3000)), maxBytes: 2048 },
    { ...source("small.bin", "x"), maxBytes: 2048 },
  ]);
  await settled();
  const [large] = queue.items as [Item];
  assert.equal(reasonText(large), "Too large: 2.9\u00a0KiB. This folder takes files up to 2.0\u00a0KiB.");
  assert.deepEqual([large.state, canRetry(large), queue.counts.done], ["failed", false, 1]);
  queue.retryFailed();
  assert.deepEqual([large.state, mock.state.files.has("/up/large.bin")], ["failed", false]);
});

test("a file below the size rule fails at once, with both figures", async () => {
  const { queue, settled } = testQueue(origin);
  queue.add(["x", "enough"].map((text) => ({ ...source(`${text}.txt`, text), minBytes: 2 })));
  await settled();
  const [small] = queue.items as [Item];
  assert.equal(reasonText(small), "Too small: 1\u00a0B. This folder takes files of 2\u00a0B or more.");
  assert.deepEqual([small.state, canRetry(small), queue.counts.done], ["failed", false, 1]);
});

test("the server's refusals become sentences with a way out", () => {
  const check = (code: "size" | "quota" | "again", detail: string, expected: RegExp): void => {
    const item = { plan: { size: 2 ** 21 }, maxBytes: undefined, reason: { code, detail } } as unknown as Item;
    assert.match(reasonText(item), expected);
  };
  check("size", "file too big", /^Too large: 2\.0\u00a0MiB\. This folder takes smaller files only\./);
  check("size", "file too small", /^Too small: 2\.0\u00a0MiB\./);
  check("quota", "volume has exceeded max size", /holds as much as it may.*make room/);
  check("quota", "volume has exceeded max num.files", /as many files as it may/);
  check(
    "again",
    "server HDD is full; 300 MiB free, need 1.2 GiB",
    /^Disk is full on the server: 1\.2\u00a0GiB needed, 300\u00a0MiB free\. Your upload is kept/,
  );
  check(
    "again",
    "server HDD is full; 5 MiB free beside the uploads under way, need 9 MiB",
    /9\u00a0MiB needed, 5\u00a0MiB free/,
  );
  check("again", "server HDD is full; try again when there is room", /disk is full/);
});

test("the fast check sends nothing for a file that is there; another date or size is read", async () => {
  const asked: string[] = [];
  const there = { size: 5, modified: 1_700_000_001_500 };
  const peek = async (url: string): Promise<typeof there> => {
    asked.push(url);
    return there;
  };
  const { queue, settled } = testQueue(origin, { peek });
  queue.add([
    { ...source("same #1.txt", "12345"), quick: true },
    { ...source("longer.txt", "123456"), quick: true },
    source("unasked.txt", "12345"),
  ]);
  await settled();
  assert.deepEqual(asked, ["/up/same%20%231.txt", "/up/longer.txt"]);
  assert.deepEqual(
    queue.items.map(({ known }) => known),
    [true, false, false],
  );
  assert.equal(mock.state.files.has("/up/same%20%231.txt"), false);
  assert.equal(queue.items[0]?.link, "/up/same%20%231.txt");
  assert.deepEqual([isFoundAt(there, 5, there.modified + 2001), isFoundAt(undefined, 5, 0)], [false, false]);
});

test("while another tab sends, files are hashed and not sent", async () => {
  const { queue, until, settled } = testQueue(origin);
  queue.hold(true);
  queue.add([source("held.txt", "held")]);
  await until(() => queue.items[0]?.hashes !== undefined && queue.states.waiting === 1);
  assert.deepEqual([handshakes(), queue.isHeld, queue.busy], [0, true, true]);
  queue.hold(false);
  await settled();
  assert.equal(text("/up/held.txt"), "held");
});

test("without reading ahead nothing is hashed while something is sent", async () => {
  mock.state.latency = 10;
  const { queue, settled } = testQueue(origin, { hashAhead: false });
  let both = 0;
  queue.subscribe(() => {
    if (queue.states.hashing > 0 && queue.states.sending > 0) both++;
  });
  queue.add(Array.from({ length: 40 }, (_, i) => source(`f${i}`, `content ${i}`)));
  await settled();
  assert.equal(queue.counts.done, 40);
  // The files that began together may end apart; no new one begins.
  assert.ok(both < 40, `${both} changes with hashing and sending`);
});

test("a random name is asked for once, and then kept", async () => {
  const bodies: { name: string; rand?: boolean }[] = [];
  mock.state.refuse = (kind, _headers, body) => {
    if (kind === "handshake") bodies.push(JSON.parse(body.toString()));
    return undefined;
  };
  const { queue, settled } = testQueue(origin);
  queue.add([{ ...source("plain.txt", "content"), random: true }]);
  await settled();
  assert.deepEqual(
    bodies.map(({ rand }) => rand),
    [true, undefined],
  );
});

test("every complete file is reported, with its folder", async () => {
  const done: string[] = [];
  const { queue, settled } = testQueue(origin, { finished: (item) => done.push(item.folder) });
  queue.add([source("one", "1", "/up/"), source("two", "2", "/other/")]);
  await settled();
  assert.deepEqual(done.sort(), ["/other/", "/up/"]);
});

test("files that are chosen again go where they were going", () => {
  const kept = JSON.stringify([{ folder: "/photos/tour/", path: "tour/a.jpg", name: "a.jpg", size: 3 }]);
  const unfinished = new UnfinishedFiles({ getItem: () => kept, setItem: () => {} });
  const folderOf = (one: Source): string => unfinished.withFolder(one).folder;
  assert.equal(folderOf(source("a.jpg", "123", "/elsewhere/")), "/photos/tour/");
  assert.equal(folderOf(source("a.jpg", "1234", "/elsewhere/")), "/elsewhere/");
  assert.equal(unfinished.fromEarlierVisits().length, 1);
  assert.equal(unfinished.fromEarlierVisits("/music/").length, 0);
  unfinished.dismiss();
  assert.equal(unfinished.fromEarlierVisits().length, 0);
});
