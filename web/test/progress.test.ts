// Progress figures: a stopped file keeps its figure, and no figure decreases.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import type { Item, State } from "../src/up2k/item.ts";
import type { Queue } from "../src/up2k/queue.ts";
import { ConnectionLost, type Transport } from "../src/up2k/transport.ts";
import { statusText } from "../src/uploads/sentences.ts";
import { fetchTransport, noise, source, testQueue } from "./support.ts";

const MIB = 1024 * 1024;
let mock: Awaited<ReturnType<typeof startMock>>;

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

/** Every body is sent up to the fraction `share`, then stalls until `go`, or fails by `cut`. */
function halfway(share: number) {
  const plain = fetchTransport(() => mock.url);
  let go = (): void => {};
  let cut = (): void => {};
  const hold = new Promise<void>((free, fail) => {
    go = free;
    cut = () => fail(new ConnectionLost("cut"));
  });
  hold.catch(() => {});
  let open = false;
  const post: Transport = async (request) => {
    if (!open && request.body instanceof Blob) {
      request.progress?.(request.body.size * share);
      const stopped = new Promise<never>((_, fail) => {
        request.signal.addEventListener("abort", () => fail(request.signal.reason), { once: true });
      });
      await Promise.race([hold, stopped]);
    }
    return plain(request);
  };
  const end = (how: () => void): void => {
    open = true;
    how();
  };
  return { post, go: () => end(go), cut: () => end(cut) };
}

/** Records every decrease of a file's figure, with its state at that time. */
function watchFalls(queue: Queue): [State, number, number][] {
  const falls: [State, number, number][] = [];
  const seen = new Map<Item, number>();
  queue.subscribe(() => {
    for (const item of queue.items) {
      const before = seen.get(item) ?? 0;
      if (item.sent < before) falls.push([item.state, before, item.sent]);
      seen.set(item, item.sent);
    }
  });
  return falls;
}

const bytes = (queue: Queue): number => queue.items.reduce((sum, item) => sum + item.sent, 0);

test("a paused file shows its progress, paused alone or with all others", async () => {
  for (const all of [false, true]) {
    const { post, go } = halfway(0.3);
    const { queue, until, settled } = testQueue(() => mock.url, { post, parallel: 4, limit: 100 * MIB });
    queue.add([source(`pause-${all}.bin`, noise(20 * MIB, all ? 1 : 2))]);
    const [item] = queue.items;
    assert.ok(item);
    // Three of four slots send 4 MiB each.
    await until(() => item.sent > 3.5 * MIB);
    const before = item.sent;
    if (all) queue.pauseAll();
    else queue.pause(item);
    await new Promise((go) => setImmediate(go));
    assert.equal(item.sent, before);
    assert.match(statusText(item, 0, queue.paused), /^Paused at 1[78]\u00a0%$/);
    assert.equal(queue.totals.sent, bytes(queue));
    const falls = watchFalls(queue);
    go();
    if (all) queue.resumeAll();
    else queue.resume(item);
    await settled();
    assert.equal(queue.counts.done, 1);
    assert.equal(queue.totals.sent, queue.totals.bytes);
    assert.deepEqual(falls, []);
  }
});

test("files paused one by one are resumed together", async () => {
  const { post, go } = halfway(0.5);
  const { queue, until, settled } = testQueue(() => mock.url, { post });
  assert.equal(queue.paused, false);
  queue.add(["a", "b", "c"].map((name) => source(name, `content of ${name}`)));
  await until(() => queue.items.every((item) => item.sent > 0));
  const [first, ...others] = queue.items;
  for (const item of others) queue.pause(item);
  assert.equal(queue.paused, false, "one file is still running");
  if (first) queue.pause(first);
  assert.equal(queue.paused, true);
  go();
  queue.resumeAll();
  assert.equal(queue.paused, false);
  await settled();
  assert.equal(queue.counts.done, 3);
});

test("bytes that were handed to the network and lost never make a figure decrease", async () => {
  const { post, cut } = halfway(0.8);
  const { queue, until, settled } = testQueue(() => mock.url, { post, parallel: 3 });
  const content = noise(24 * MIB);
  queue.add([source("film.mkv", content)]);
  const [item] = queue.items;
  assert.ok(item);
  await until(() => item.sent > 6 * MIB);
  const reached = item.sent;
  const falls = watchFalls(queue);
  const totals: number[] = [];
  const said: string[] = [];
  queue.subscribe(() => {
    totals.push(queue.totals.sent);
    const text = statusText(item, 0, false);
    if (said.at(-1) !== text) said.push(text);
  });
  cut();
  await until(() => queue.connectivity.isLost);
  assert.ok(item.sent >= reached, "no reply yet");
  await settled();
  assert.equal(queue.counts.done, 1);
  assert.deepEqual(falls, []);
  assert.deepEqual(
    totals,
    totals.toSorted((a, b) => a - b),
  );
  assert.ok(new Set(totals).size > 3, "totals move");
  assert.ok(said.includes("Checking progress"), said.join(" | "));
  assert.ok(Buffer.from(content).equals(mock.state.files.get("/up/film.mkv")?.data ?? Buffer.alloc(0)));
});

test("skipped files are counted separately", async () => {
  const { queue, settled } = testQueue(() => mock.url, { whenTaken: "skip" });
  queue.add([source("here.txt", "old")]);
  await settled();
  queue.clearDone();
  queue.add([source("here.txt", "another"), ...["x", "y"].map((name) => source(name, name))]);
  await settled();
  assert.deepEqual([queue.states.done, queue.states.skipped, queue.counts.done], [2, 1, 3]);
  queue.clearDone();
  assert.deepEqual([queue.states.done, queue.states.skipped, queue.counts.done], [0, 0, 0]);
});

test("the row shows the name under which a file was saved", async () => {
  const { queue, settled } = testQueue(() => mock.url);
  queue.add([source("Invoice.pdf", "old")]);
  await settled();
  queue.add([{ ...source("Invoice.pdf", "newer one"), path: "papers/Invoice.pdf" }]);
  await settled();
  const [old, renamed] = queue.items;
  assert.ok(old && renamed);
  assert.equal(statusText(old, 0, false), "Uploaded");
  assert.notEqual(renamed.name, "Invoice.pdf");
  assert.equal(statusText(renamed, 0, false), `Uploaded · Saved as ${renamed.name}`);
});
