// Small files share requests; each is answered on its own, and stopped on its own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import { Bundler } from "../src/up2k/bundler.ts";
import { Pace } from "../src/up2k/pace.ts";
import { RequestLimiter } from "../src/up2k/request-limiter.ts";
import type { Answer, Post } from "../src/up2k/transport.ts";
import { noise, source, testQueue } from "./support.ts";

const MIB = 1024 * 1024;
let mock: Awaited<ReturnType<typeof startMock>>;

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

const requests = (kind: string): number => mock.state.log.filter((one) => one.kind === kind).length;

test("a thousand small files need few requests, and arrive whole", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  const files = Array.from({ length: 1000 }, (_, i) => source(`photo ${i}.jpg`, noise(1000 + i, i + 1)));
  queue.add(files);
  await settled();
  assert.equal(queue.counts.done, 1000);
  assert.equal(queue.totals.sent, queue.totals.bytes);
  assert.ok(mock.state.log.length < 50, `${mock.state.log.length} requests`);
  for (const i of [0, 1, 500, 999]) {
    const stored = mock.state.files.get(`/up/photo%20${i}.jpg`);
    assert.deepEqual(stored?.data, Buffer.from(noise(1000 + i, i + 1)));
  }
});

test("a file alone is sent as to any other server", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  queue.add([source("a.bin", noise(1000))]);
  await settled();
  assert.deepEqual([requests("bundle"), requests("handshake"), requests("chunk")], [0, 2, 1]);
});

test("files of the folders in a dropped folder share requests", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  const files = Array.from({ length: 60 }, (_, i) => ({
    ...source("a b.txt", `text ${i}`, `/up/tree/${i}%20x/`),
    path: `tree/${i} x/a b.txt`,
  }));
  queue.add(files);
  await settled();
  assert.equal(mock.state.files.size, 60);
  assert.ok(mock.state.files.has("/up/tree/7%20x/a%20b.txt"));
  assert.ok(mock.state.log.length < 20, `${mock.state.log.length} requests`);
  assert.ok(mock.state.log.filter(({ kind }) => kind === "bundle").every(({ path }) => path === "/up/"));
});

test("large files are not bundled, and do not wait for small ones", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  queue.add([...Array.from({ length: 300 }, (_, i) => source(`${i}`, `text ${i}`)), source("film", noise(9 * MIB))]);
  await settled();
  assert.equal(queue.counts.done, 301);
  assert.ok(requests("chunk") >= 3);
});

test("one refused file does not keep the others back", async () => {
  mock.state.refuse = (kind, _headers, body) =>
    kind === "handshake" && body.toString().includes('"bad') ? [403, "<pre>you don't have write-access"] : undefined;
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  queue.add(["a", "bad", "b", "c"].map((name) => source(`${name}.txt`, name)));
  await settled();
  assert.deepEqual(
    queue.items.map(({ state }) => state),
    ["done", "failed", "done", "done"],
  );
});

test("a bundle that is refused as a whole, lost or answered by another server is tried again", async () => {
  const answers: [number, string][] = [
    [503, "<pre>the server is busy"],
    [413, "too large"],
    [200, "<html>please sign in to the network</html>"],
    [200, "[]"],
  ];
  mock.state.refuse = (kind) => (kind === "bundle" ? answers.pop() : undefined);
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  queue.add(Array.from({ length: 5 }, (_, i) => source(`${i}.txt`, `text ${i}`)));
  await settled();
  assert.equal(queue.counts.done, 5);
  assert.equal(answers.length, 0);
});

test("a file that changed on disk fails alone, and is not taken for a lost connection", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  // Smaller ones are kept in memory.
  const files = Array.from({ length: 30 }, (_, i) => source(`${i}.txt`, noise(40_000, i + 1)));
  const broken = files[7] as (typeof files)[number];
  const real = broken.file;
  // Hashed, but gone when it is sent.
  let reads = 0;
  const gone = (): Promise<ArrayBuffer> =>
    reads++ === 0 ? real.arrayBuffer() : Promise.reject(new DOMException("gone", "NotReadableError"));
  broken.file = Object.assign(new Blob([]), { slice: () => Object.assign(new Blob([]), { arrayBuffer: gone }) });
  Object.defineProperty(broken.file, "size", { value: real.size });
  queue.add(files);
  let wasLost = false;
  queue.subscribe(() => {
    wasLost ||= queue.connectivity.isLost;
  });
  await settled();
  assert.deepEqual([queue.counts.done, queue.counts.failed, wasLost], [29, 1, false]);
  assert.equal(queue.items[7]?.reason?.code, "unreadable");
  // It is chosen again, with its new date: the new row takes the place of the failed one.
  queue.add([{ ...broken, file: new Blob(["text seven"]), modified: broken.modified + 5000 }]);
  await settled();
  assert.deepEqual([queue.counts.done, queue.counts.failed, queue.items.length], [30, 0, 30]);
});

test("on a slow line few bytes share a request", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  queue.add(Array.from({ length: 30 }, (_, i) => source(`${i}.bin`, noise(100_000, i + 1))));
  mock.state.latency = 400;
  await settled();
  const sizes = mock.state.log.filter(({ kind }) => kind === "bundle").map(({ size }) => size);
  assert.equal(queue.counts.done, 30);
  assert.ok(Math.max(...sizes.slice(0, 4)) < 300_000, `${sizes}`);
});

for (const [what, length] of [
  ["with the handshake", 20],
  ["after it", 40_000],
] as const) {
  test(`what was sent ${what} before a pause was not there before`, async () => {
    const { queue, settled, until } = testQueue(() => mock.url, { bundles: true });
    let release = (): void => {};
    const held = new Promise<void>((go) => {
      release = go;
    });
    const isCarried = length < 1000;
    mock.state.hold = (kind) => (kind === "bundle" && (isCarried || mock.state.uploads.size > 0) ? held : undefined);
    queue.add([1, 2, 3].map((seed) => source(`${seed}.bin`, noise(length, seed))));
    await until(() => queue.states[isCarried ? "starting" : "sending"] === 3);
    await new Promise((go) => setTimeout(go, 50));
    queue.pauseAll();
    release();
    await new Promise((go) => setTimeout(go, 50));
    assert.equal(mock.state.files.size, 3);
    queue.resumeAll();
    await settled();
    assert.deepEqual(
      queue.items.map(({ state, known }) => [state, known]),
      Array.from({ length: 3 }, () => ["done", false]),
    );
  });
}

test("small files that the server has are told as such", async () => {
  const { queue, settled } = testQueue(() => mock.url, { bundles: true });
  const files = ["a", "b", "c"].map((name) => source(`${name}.txt`, `text of ${name}`));
  queue.add(files);
  await settled();
  queue.add(files);
  await settled();
  assert.deepEqual(
    queue.items.map(({ state, known }) => [state, known]),
    Array.from({ length: 3 }, () => ["done", true]),
  );
});

/** Bundles whose request ends on command. */
function heldBundles() {
  const posted: Post[] = [];
  const ends: ((answer: Answer) => void)[] = [];
  const post = (request: Post): Promise<Answer> =>
    new Promise((resolve, reject) => {
      posted.push(request);
      ends.push(resolve);
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
    });
  const bundler = new Bundler(post, new RequestLimiter(2), new Pace(64 * MIB), () => 64 * MIB);
  const stops = [new AbortController(), new AbortController()];
  const sent: number[][] = [[], []];
  const parts = stops.map(({ signal }, i) =>
    bundler.transport(
      "/up/",
      i,
    )({
      url: "/up/",
      headers: { "X-Up2k-Wark": "w", "X-Up2k-Hash": `h${i}` },
      body: new Blob([`${i}`.repeat(10)]),
      signal,
      stall: 1000,
      progress: (bytes) => void sent[i]?.push(bytes),
    }),
  );
  return { posted, ends, stops, sent, parts };
}

const gathered = (): Promise<void> => new Promise((go) => setTimeout(go, 40));

test("progress is told to the parts in their order", async () => {
  const { posted, ends, sent, parts } = heldBundles();
  await gathered();
  const request = posted[0] as Post;
  const list = (request.body as Blob).size - 20;
  for (const bytes of [list - 1, list + 5, list + 15, list + 20]) request.progress?.(bytes);
  assert.deepEqual(sent, [
    [5, 10, 10],
    [5, 10],
  ]);
  ends[0]?.({ status: 200, text: '[{"status":200,"text":"thank"},{"status":400,"text":"no"}]' });
  assert.deepEqual(await Promise.all(parts), [
    { status: 200, text: "thank" },
    { status: 400, text: "no" },
  ]);
});

test("a stopped part ends alone; the request ends with the last one", async () => {
  const { posted, stops, parts } = heldBundles();
  await gathered();
  stops[0]?.abort(new Error("stopped"));
  await assert.rejects(parts[0] as Promise<Answer>, /stopped/);
  assert.equal(posted[0]?.signal.aborted, false);
  stops[1]?.abort(new Error("stopped"));
  await assert.rejects(parts[1] as Promise<Answer>, /stopped/);
  assert.equal(posted[0]?.signal.aborted, true);
});

test("a part that is stopped while it waits is not sent", async () => {
  const { posted, stops, parts } = heldBundles();
  stops[0]?.abort(new Error("stopped"));
  await assert.rejects(parts[0] as Promise<Answer>, /stopped/);
  await gathered();
  assert.equal(posted.length, 1);
  assert.equal(posted[0]?.headers["X-Up2k-Hash"], "h1");
});
