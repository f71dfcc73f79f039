// Large files do not block small ones: in the request limiter, in the queues, or at the hash workers.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import type { HashEvent, HashRequest } from "../src/up2k/hash.worker.ts";
import { poolSize, WorkerHasher } from "../src/up2k/hasher.ts";
import { PendingFiles } from "../src/up2k/pending-files.ts";
import { plan } from "../src/up2k/plan.ts";
import { type Load, RequestLimiter } from "../src/up2k/request-limiter.ts";
import type { Transport } from "../src/up2k/transport.ts";
import { fetchTransport, noise, source, testQueue } from "./support.ts";

const MIB = 1024 * 1024;
const never = new AbortController().signal;
let mock: Awaited<ReturnType<typeof startMock>>;

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

/** Requests that end on command; records the order in which the limiter admits them. */
function heldRequests(limiter: RequestLimiter) {
  const admitted: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, order: number, load: Load): void => {
    const work = (): Promise<void> => {
      admitted.push(name);
      return new Promise((end) => ends.set(name, end));
    };
    void limiter.run(order, never, work, load);
  };
  const settle = (): Promise<void> => new Promise((go) => setImmediate(go));
  const end = (name: string): Promise<void> => {
    ends.get(name)?.();
    return settle();
  };
  return { admitted, ask, end, settle };
}

test("bulk requests leave one slot free, even when no other request waits", async () => {
  for (const [width, most] of [
    [1, 1],
    [2, 1],
    [5, 4],
  ] as const) {
    const { admitted, ask, settle } = heldRequests(new RequestLimiter(width));
    for (let i = 0; i < 10; i++) ask(`film ${i}`, 1, "bulk");
    await settle();
    assert.equal(admitted.length, most, `${width} places`);
  }
});

test("waiting short requests get the slots that bulk requests leave", async () => {
  const { admitted, ask, end, settle } = heldRequests(new RequestLimiter(4));
  for (let i = 0; i < 6; i++) ask(`film ${i}`, 1, "bulk");
  for (let i = 0; i < 6; i++) ask(`small ${i}`, 2, "short");
  await settle();
  assert.deepEqual(admitted, ["film 0", "film 1", "film 2", "small 0"]);
  await end("film 0");
  assert.equal(admitted.at(-1), "small 1");
  await end("small 0");
  assert.equal(admitted.at(-1), "small 2", "half of the slots are bulk");
  await end("film 1");
  assert.equal(admitted.at(-1), "film 3", "and the next one goes to the earlier file");
});

test("a single slot alternates between bulk and short requests", async () => {
  const { admitted, ask, end, settle } = heldRequests(new RequestLimiter(1));
  for (const i of [1, 2, 3]) ask(`film ${i}`, 1, "bulk");
  for (const i of [1, 2]) ask(`small ${i}`, 2, "short");
  await settle();
  for (let at = 0; at < 5; at++) await end(admitted[at] ?? "");
  assert.deepEqual(admitted, ["film 1", "small 1", "film 2", "small 2", "film 3"]);
});

test("the earliest file with a free slot in its size class is next", () => {
  const pending = new PendingFiles<{ id: number; plan: { size: number } }>();
  const files = [
    [1, 100 * MIB],
    [2, 90 * MIB],
    [3, 10],
    [4, 5 * MIB],
    [5, 4 * MIB],
  ].map(([id, size]) => ({ id: id as number, plan: { size: size as number } }));
  for (const file of files.toReversed()) pending.add(file);
  pending.remove(files[1] as (typeof files)[0]);
  assert.deepEqual([pending.count("large"), pending.count("small")], [2, 2]);
  assert.equal(pending.next(() => true)?.id, 1);
  assert.equal(pending.next((lane) => lane === "small")?.id, 3);
  assert.equal(
    pending.next(() => false),
    undefined,
  );
  assert.equal(pending.next(() => true)?.id, 4);
  assert.equal(
    pending.next((lane) => lane === "large"),
    undefined,
  );
  assert.equal(pending.next(() => true)?.id, 5);
});

test("both of two cores hash, and one of several is left to the page", () => {
  const sizes = [undefined, 1, 2, 3, 4, 16].map((cores) => poolSize(cores));
  assert.deepEqual(sizes, [2, 1, 2, 2, 3, 15]);
});

test("files take turns at the hash workers", async () => {
  const asked: number[][] = [];
  let worker: { onmessage?: (event: { data: HashEvent }) => void } = {};
  const hasher = new WorkerHasher(() => {
    const postMessage = ({ blobs }: HashRequest): void => void asked.push(blobs.map(({ size }) => size));
    const made = { postMessage, terminate: () => {} };
    worker = made as typeof worker;
    return made as unknown as Worker;
  }, 1);
  const film = new Blob([new Uint8Array(6 * MIB)]);
  const whole = hasher.hash(film, plan(film.size), () => {}, never);
  const small = [11, 22, 33].map((size) => {
    const file = new Blob([new Uint8Array(size)]);
    return hasher.hash(file, plan(size), () => {}, never);
  });
  for (let id = 0; id < 7; id++) {
    const results = (asked[id] ?? []).map((size) => ({ hash: `${id} ${size}`, bytes: new Uint8Array(size) }));
    worker.onmessage?.({ data: { id, results } });
  }
  assert.deepEqual(asked, [[MIB], [MIB], [MIB], [11, 22, 33], [MIB], [MIB], [MIB]], "small files are read together");
  const hashed = await Promise.all(small);
  assert.deepEqual(
    hashed.map(({ hashes, content }) => [hashes, content?.length]),
    [11, 22, 33].map((size) => [[`3 ${size}`], size]),
  );
  assert.deepEqual(await whole, {
    hashes: [0, 1, 2, 4, 5, 6].map((id) => `${id} ${MIB}`),
    content: undefined,
  });
});

test("small files that come one by one are read together", async () => {
  const asked: number[] = [];
  let worker: { onmessage?: (event: { data: HashEvent }) => void } = {};
  const hasher = new WorkerHasher(() => {
    const postMessage = ({ id, blobs }: HashRequest): void => {
      asked.push(blobs.length);
      queueMicrotask(() => worker.onmessage?.({ data: { id, results: blobs.map(() => ({ hash: "x" })) } }));
    };
    worker = { postMessage, terminate: () => {} } as typeof worker;
    return worker as unknown as Worker;
  }, 1);
  const small = async (): Promise<void> => {
    await hasher.hash(new Blob(["1"]), plan(1), () => {}, never);
  };
  const first = Array.from({ length: 5 }, small);
  // As the queue does: a file that is hashed makes room for the next one.
  await Promise.all(first.map((one) => one.then(small)));
  assert.deepEqual(asked, [5, 5]);
});

test("the number of hash workers changes while they work", async () => {
  const workers: { asked: number[]; ended: boolean; onmessage?: (event: { data: HashEvent }) => void }[] = [];
  const hasher = new WorkerHasher(() => {
    const made: (typeof workers)[number] = { asked: [], ended: false };
    workers.push(made);
    const postMessage = ({ id }: HashRequest): void => void made.asked.push(id);
    const terminate = (): void => {
      made.ended = true;
    };
    return Object.assign(made, { postMessage, terminate }) as unknown as Worker;
  }, 3);
  const answer = (at: number): void => {
    const id = workers[at]?.asked.shift() ?? -1;
    workers[at]?.onmessage?.({ data: { id, results: [{ hash: "x" }] } });
  };
  const film = new Blob([new Uint8Array(12 * MIB)]);
  const whole = hasher.hash(film, plan(film.size), () => {}, never);
  assert.deepEqual(
    workers.map(({ asked }) => asked.length),
    [2, 2, 2],
  );
  hasher.resize(1);
  for (let turn = 0; turn < 2; turn++) for (const at of [1, 2]) answer(at);
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, true, true],
    "they end what they compute",
  );
  while ((workers[0]?.asked.length ?? 0) > 0) answer(0);
  assert.equal((await whole).hashes.length, 12);
});

/** Bodies of more than 1 MiB are held back until `release` is called. */
function slowForLargeBodies(): { post: Transport; release: () => void } {
  const plain = fetchTransport(() => mock.url);
  let release = (): void => {};
  const gone = new Promise<void>((go) => {
    release = go;
  });
  const post: Transport = async (request) => {
    if (request.body instanceof Blob && request.body.size > MIB) await gone;
    return plain(request);
  };
  return { post, release: () => release() };
}

for (const [films, where] of [
  [1, "before"],
  [20, "before"],
  [3, "after"],
] as const) {
  test(`500 small files chosen ${where === "before" ? "after" : "before"} ${films} large arrive while those are on their way`, {
    timeout: 60_000,
  }, async () => {
    const { post, release } = slowForLargeBodies();
    const { queue, settled, until } = testQueue(() => mock.url, { post, parallel: 5 });
    const large = Array.from({ length: films }, (_, i) => source(`film${i}.mkv`, noise(9 * MIB, i + 1)));
    const small = Array.from({ length: 500 }, (_, i) => source(`photo${i}.jpg`, `photo ${i}`));
    queue.add(where === "before" ? [...large, ...small] : [...small, ...large]);
    await until(() => queue.counts.done === 500);
    assert.equal(queue.counts.active + queue.counts.waiting, films);
    release();
    await settled();
    assert.equal(queue.counts.done, 500 + films);
  });
}
