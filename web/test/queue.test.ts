// In every situation a file ends up complete, or fails with a reason.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import { UnfinishedFiles } from "../src/up2k/unfinished.ts";
import { noise, source, testQueue } from "./support.ts";

const MIB = 1024 * 1024;
let mock: Awaited<ReturnType<typeof startMock>>;
const origin = (): string => mock.url;

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

function assertStored(path: string, content: Uint8Array): void {
  const file = mock.state.files.get(path);
  assert.ok(file, `${path} is not there`);
  assert.ok(Buffer.from(content).equals(file.data ?? Buffer.alloc(0)), `${path} differs`);
}

/** Polls until `test` holds: the mock server sends no events. */
async function holds(test: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !test(); ) {
    assert.ok(Date.now() < end, "timeout");
    await new Promise((go) => setTimeout(go, 5));
  }
}

/**
 * Keeps requests of one kind without an answer from the moment at which `when` holds, so that a test acts at that moment however
 * slow the machine is. Resolves when the first one waits; the function returned lets them go on.
 */
async function held(kind: string, when: () => boolean): Promise<() => void> {
  const { state } = mock;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  await new Promise<void>((arrived) => {
    state.hold = (asked: string) => {
      if (asked !== kind || !when()) return undefined;
      arrived();
      return opened;
    };
  });
  return () => {
    state.hold = () => undefined;
    open();
  };
}

/** Whether the server has begun `count` uploads, of which one lacks fewer than `least` chunks. */
const hasPartial = (count: number, least: number): boolean =>
  mock.state.uploads.size === count && [...mock.state.uploads.values()].some((upload) => upload.missing.size < least);

test("small files take three requests each, many at once", async () => {
  mock.state.latency = 5;
  const { queue, settled } = testQueue(origin);
  queue.add(Array.from({ length: 200 }, (_, i) => source(`f${i}.txt`, `content ${i}`)));
  await settled();
  assert.deepEqual({ ...queue.counts }, { active: 0, waiting: 0, done: 200, failed: 0 });
  assert.equal(mock.state.log.length, 600);
  assert.equal(mock.state.mostRunning, 6);
  assert.equal(queue.items[7]?.link, "/up/f7.txt");
  assert.equal(queue.totals.sent, queue.totals.bytes);
});

test("a file of many chunks is uploaded with stitched requests", async () => {
  const content = noise(20 * MIB + 77);
  const { queue, settled } = testQueue(origin);
  queue.add([source("big.bin", content)]);
  await settled();
  assertStored("/up/big.bin", content);
  const chunks = mock.state.log.filter((entry) => entry.kind === "chunk");
  assert.ok(chunks.length < 10, `${chunks.length} requests`);
  assert.equal(queue.items[0]?.known, false);
});

test("repeated chunks, an empty file and a known file", async () => {
  const zeros = new Uint8Array(3 * MIB + 5);
  const { queue, settled } = testQueue(origin);
  queue.add([source("zeros.bin", zeros), source("empty", "")]);
  await settled();
  assertStored("/up/zeros.bin", zeros);
  assert.equal(mock.state.files.get("/up/empty")?.size, 0);
  queue.add([source("again.bin", zeros)]);
  await settled();
  assert.equal(queue.items.find((item) => item.path === "again.bin")?.known, true);
});

test("chunks above the request limit are split", async () => {
  const content = noise(2 * MIB + 10);
  const { queue, settled } = testQueue(origin, { limit: 300_000 });
  queue.add([source("pieces.bin", content)]);
  await settled();
  assertStored("/up/pieces.bin", content);
  assert.ok(mock.state.log.some((entry) => entry.headers["x-up2k-subc"] === "300000"));
});

test("a proxy that refuses large bodies gets smaller ones", async () => {
  mock.state.refuse = (kind, _headers, body) =>
    kind === "chunk" && body.length > 2 * MIB ? [413, "too large"] : undefined;
  const content = noise(16 * MIB);
  const { queue, settled } = testQueue(origin, { parallel: 2 });
  queue.add([source("proxy.bin", content)]);
  await settled();
  assertStored("/up/proxy.bin", content);
});

test("a server that is restarted on the same address", async () => {
  const { queue, settled, until } = testQueue(origin, { parallel: 2 });
  const contents = Array.from({ length: 12 }, (_, i) => noise(3 * MIB, i + 1));
  queue.add(contents.map((content, i) => source(`${i}.bin`, content)));
  await until(() => queue.counts.done >= 3);
  const { port, state } = mock;
  await mock.stop();
  await until(() => queue.connectivity.isLost);
  await new Promise((go) => setTimeout(go, 100));
  mock = await startMock({ state, port });
  await settled();
  assert.equal(queue.counts.done, 12);
  for (const [i, content] of contents.entries()) assertStored(`/up/${i}.bin`, content);
});

test("an upload that the server no longer knows is announced again", async () => {
  const content = noise(8 * MIB);
  let forgot = false;
  mock.state.refuse = (kind) => {
    if (kind === "chunk" && !forgot) {
      forgot = true;
      mock.state.uploads.clear();
    }
    return undefined;
  };
  const { queue, settled } = testQueue(origin);
  queue.add([source("forgot.bin", content)]);
  await settled();
  assertStored("/up/forgot.bin", content);
});

test("pause and resume send nothing twice", async () => {
  const content = noise(40 * MIB);
  const { queue, settled } = testQueue(origin, { parallel: 1, limit: 4 * MIB });
  queue.add([source("pause.bin", content)]);
  const [item] = queue.items;
  assert.ok(item);
  const goOn = await held("chunk", () => hasPartial(1, 30));
  queue.pause(item);
  assert.equal(item.state, "paused");
  assert.deepEqual({ ...queue.counts }, { active: 0, waiting: 1, done: 0, failed: 0 });
  goOn();
  await holds(() => mock.state.running === 0);
  const before = mock.state.log.length;
  await new Promise((go) => setTimeout(go, 60));
  assert.equal(mock.state.log.length, before, "a paused file sends no requests");
  queue.resume(item);
  await settled();
  assertStored("/up/pause.bin", content);
  const bytes = mock.state.log.filter((e) => e.kind === "chunk").reduce((sum, e) => sum + e.size, 0);
  assert.ok(bytes <= 44 * MIB, `${bytes} bytes for a file of 40 MiB`);
});

test("pause all, resume, cancel", async () => {
  mock.state.latency = 5;
  const { queue, settled, until } = testQueue(origin, { parallel: 2 });
  queue.add(Array.from({ length: 50 }, (_, i) => source(`p${i}`, `p ${i}`)));
  await until(() => queue.counts.done >= 5);
  queue.pauseAll();
  assert.equal(queue.counts.active, 0);
  const [done, waiting] = [queue.counts.done, queue.counts.waiting];
  await new Promise((go) => setTimeout(go, 50));
  assert.deepEqual([queue.counts.done, queue.counts.waiting], [done, waiting]);
  const victim = queue.items.find((item) => item.state === "waiting");
  assert.ok(victim);
  queue.cancel(victim);
  queue.resumeAll();
  await settled();
  assert.equal(queue.counts.done, 49);
  queue.clearDone();
  assert.deepEqual([queue.items.length, queue.totals.bytes, queue.totals.sent], [0, 0, 0]);
});

test("cancelling can be undone for a short time, then the server deletes the upload", async () => {
  const contents = [noise(30 * MIB, 1), noise(30 * MIB, 2)];
  const { queue, settled, until } = testQueue(origin, { parallel: 2, limit: 2 * MIB, grace: 200 });
  queue.add(contents.map((content, i) => source(`c${i}.bin`, content)));
  const [back, gone] = queue.items;
  assert.ok(back && gone);
  const first = await held("chunk", () => hasPartial(2, 28));
  queue.cancel(back);
  assert.deepEqual([queue.cancelled.length, queue.items.length, queue.totals.bytes], [1, 1, 30 * MIB]);
  queue.undoCancel();
  assert.deepEqual([queue.cancelled.length, queue.items[0], queue.totals.bytes], [0, back, 60 * MIB]);
  first();
  const second = await held("chunk", () => hasPartial(2, 25));
  queue.cancel(gone);
  second();
  await until(() => queue.cancelled.length === 0);
  await settled();
  assertStored("/up/c0.bin", contents[0] ?? new Uint8Array());
  assert.deepEqual([queue.totals.sent, queue.totals.bytes, queue.counts.done], [30 * MIB, 30 * MIB, 1]);
  await holds(() => mock.state.uploads.size === 0);
  assert.equal(mock.state.files.has("/up/c1.bin"), false);
  const bytes = mock.state.log.filter((e) => e.kind === "chunk").reduce((sum, e) => sum + e.size, 0);
  assert.ok(bytes < 60 * MIB, `${bytes} bytes: chunks sent before the undo are not sent again`);
  // A reply that comes late makes the page ask once more.
  assert.ok(mock.state.log.some((e) => e.kind === "unpost"));
});

test("failed files are removed together; those that are refused in any case do not come back", async () => {
  mock.state.refuse = (kind: string) =>
    kind === "handshake" ? [403, "<pre>you don't have write-access\r\nURL: x"] : undefined;
  const { queue, until } = testQueue(origin);
  queue.add([source("denied.bin", noise(10)), { ...source("large.bin", noise(100)), maxBytes: 50 }]);
  await until(() => queue.counts.failed === 2);
  mock.state.refuse = () => undefined;
  queue.add([source("stays.bin", noise(20))]);
  await until(() => !queue.busy);
  queue.removeFailed();
  assert.deepEqual([queue.items.map(({ name }) => name), queue.totals.bytes], [["stays.bin"], 20]);
  assert.deepEqual(
    queue.cancelled.map(({ name }) => name),
    ["denied.bin"],
  );
  queue.undoCancel();
  await until(() => queue.counts.done === 2);
});

test("an upload created after its file was cancelled is deleted as well", async () => {
  const { queue, until } = testQueue(origin, { grace: 1 });
  queue.add([source("late.bin", noise(3 * MIB))]);
  const goOn = await held("handshake", () => true);
  assert.deepEqual([queue.items[0]?.state, mock.state.uploads.size], ["starting", 0]);
  queue.cancelAll();
  await until(() => queue.cancelled.length === 0);
  goOn();
  await holds(() => mock.state.log.some((entry) => entry.kind === "unpost"));
  await holds(() => mock.state.uploads.size === 0);
});

test("another file with the name of a cancelled one finds the name free", async () => {
  const [old, other] = [noise(20 * MIB, 1), noise(2 * MIB, 2)];
  const { queue, settled } = testQueue(origin, { parallel: 1, limit: MIB });
  queue.add([source("name.bin", old)]);
  const first = await held("chunk", () => true);
  queue.cancelAll();
  queue.add([source("name.bin", other)]);
  first();
  await settled();
  assertStored("/up/name.bin", other);
  // The same file again, cancelled and added again: it resumes.
  queue.add([source("again.bin", old)]);
  const second = await held("chunk", () => hasPartial(1, 15));
  queue.cancelAll();
  const before = mock.state.log.length;
  queue.add([source("again.bin", old)]);
  assert.equal(queue.cancelled.length, 0);
  second();
  await settled();
  assertStored("/up/again.bin", old);
  const sent = mock.state.log.slice(before).reduce((sum, e) => sum + (e.kind === "chunk" ? e.size : 0), 0);
  assert.ok(sent < 17 * MIB, `${sent} bytes`);
  assert.equal(mock.state.log.filter((e) => e.kind === "unpost").length, 1);
});

test("the name is taken: keep both, skip, replace", async () => {
  for (const [whenTaken, end] of [
    ["keep", "done"],
    ["skip", "skipped"],
    ["replace", "done"],
  ] as const) {
    mock.state.files.clear();
    const { queue, settled } = testQueue(origin, { whenTaken });
    queue.add([source("name.txt", "old")]);
    await settled();
    queue.add([source("name.txt", "new one")]);
    await settled();
    const item = queue.items.find((i) => i.path === "name.txt" && i.plan.size === 7);
    assert.equal(item?.state, end, whenTaken);
    assert.equal(mock.state.files.size, whenTaken === "keep" ? 2 : 1, whenTaken);
    assert.equal(mock.state.files.get("/up/name.txt")?.size, whenTaken === "replace" ? 7 : 3, whenTaken);
  }
});

test("refused files show why and can be retried", async () => {
  mock.state.refuse = (kind) =>
    kind === "handshake" ? [403, "<pre>you don't have write-access\r\nURL: x"] : undefined;
  const { queue, settled } = testQueue(origin);
  queue.add([source("no.txt", "no")]);
  await settled();
  assert.deepEqual(queue.items[0]?.reason, { code: "denied", detail: "you don't have write-access" });
  mock.state.refuse = () => undefined;
  queue.retryFailed();
  await settled();
  assert.equal(queue.counts.done, 1);
});

test("the upload waits while the disk is full", async () => {
  let full = 3;
  mock.state.refuse = () =>
    full-- > 0 ? [500, "<pre>server HDD is full; 1 MiB free, need 2 MiB\r\nURL: x"] : undefined;
  const { queue, settled, until } = testQueue(origin);
  queue.add([source("wait.txt", "wait")]);
  await until(() => queue.items[0]?.reason?.code === "again");
  assert.match(queue.items[0]?.reason?.detail ?? "", /HDD is full/);
  await settled();
  assert.equal(queue.counts.done, 1);
});

test("equal files in two folders: the second waits for the first and then sends nothing", async () => {
  const content = noise(6 * MIB);
  mock.state.latency = 10;
  const { queue, settled } = testQueue(origin);
  queue.add([source("one.bin", content, "/up/a/"), source("two.bin", content, "/up/b/")]);
  await settled();
  assertStored("/up/a/one.bin", content);
  assertStored("/up/b/two.bin", content);
});

test("a file that changed during the upload fails, and succeeds when retried", async () => {
  const content = noise(2 * MIB);
  const broken = source("changed.bin", content);
  const { queue, settled } = testQueue(origin);
  mock.state.refuse = (kind) =>
    kind === "chunk" ? [400, "<pre>your chunk got corrupted somehow\r\nURL: x"] : undefined;
  queue.add([broken]);
  await settled();
  assert.equal(queue.items[0]?.reason?.code, "changed");
  mock.state.refuse = () => undefined;
  queue.retryFailed();
  await settled();
  assertStored("/up/changed.bin", content);
});

test("an unreadable file fails with a reason", async () => {
  const { queue, settled } = testQueue(origin);
  const gone = source("gone.bin", "x");
  const unreadable = new Proxy(gone.file, {
    get: (file, key) => {
      if (key === "slice") return () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) });
      const value: unknown = Reflect.get(file, key, file);
      return typeof value === "function" ? value.bind(file) : value;
    },
  });
  queue.add([{ ...gone, file: unreadable }]);
  await settled();
  assert.equal(queue.counts.failed, 1);
});

test("choosing a file twice uploads it once; after a reload unfinished files are remembered", async () => {
  const store = new Map<string, string>();
  const storage = {
    getItem: (k: string) => store.get(k) ?? null,
    setItem: (k: string, v: string) => void store.set(k, v),
  };
  const unfinished = new UnfinishedFiles(storage);
  const { queue, settled, until } = testQueue(origin, { unfinished, parallel: 1 });
  mock.state.latency = 10;
  const files = [source("a.txt", "aaa"), source("b.txt", "bbb"), source("c.txt", "ccc", "/up/sub/")];
  queue.add(files);
  queue.add(files);
  assert.equal(queue.items.length, 3);
  await until(() => queue.counts.done === 1);
  unfinished.flush();
  const reloaded = new UnfinishedFiles(storage);
  assert.equal(reloaded.fromEarlierVisits("/up/").length, 2);
  assert.equal(reloaded.fromEarlierVisits("/elsewhere/").length, 0);
  await settled();
  unfinished.flush();
  assert.equal(new UnfinishedFiles(storage).fromEarlierVisits("/up/").length, 0);
});

test("after a reload, files that were refused for good are not offered; those that a new attempt can save are", async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
  };
  const unfinished = new UnfinishedFiles(storage);
  const { queue, settled } = testQueue(origin, { unfinished });
  const refusals: Record<string, [number, string]> = {
    "denied.txt": [403, "<pre>you don't have write-access in '/up' or below '/up'"],
    "small.txt": [400, "<pre>file too small"],
    "big.txt": [400, "<pre>file too big"],
    "kind.txt": [400, "<pre>this file is not allowed here"],
    "quota.txt": [400, "<pre>volume has exceeded max size"],
  };
  let ends = true;
  mock.state.refuse = (kind: string, _: unknown, body: Buffer) => {
    // The session ends once the server has begun to receive the file.
    if (kind === "chunk") return ends ? [403, "<pre>you don't have write-access"] : undefined;
    return Object.entries(refusals).find(([name]) => body.includes(`"${name}"`))?.[1];
  };
  queue.add([...Object.keys(refusals), "session.txt"].map((name) => source(name, name)));
  queue.add([{ ...source("limit.txt", "more than that"), maxBytes: 3 }]);
  await settled();
  assert.equal(queue.counts.failed, 7);
  const offered = (): string[] => {
    unfinished.flush();
    return new UnfinishedFiles(storage).fromEarlierVisits().map(({ name }) => name);
  };
  assert.deepEqual(offered().sort(), ["quota.txt", "session.txt"]);
  // "Retry", where rights were given meanwhile: it is unfinished again, until it is there.
  ends = false;
  for (const name of ["denied.txt", "kind.txt"]) delete refusals[name];
  queue.retryFailed();
  assert.deepEqual(offered().sort(), ["denied.txt", "kind.txt", "quota.txt", "session.txt"]);
  await settled();
  assert.deepEqual(offered(), ["quota.txt"]);
});
