// Common functions of the queue's tests: a hasher without workers, a transport without a browser, generated files.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MAX_KEPT } from "../src/up2k/digest.ts";
import type { Hasher } from "../src/up2k/hasher.ts";
import type { Source } from "../src/up2k/item.ts";
import { type Plan, range } from "../src/up2k/plan.ts";
import { Queue } from "../src/up2k/queue.ts";
import { ConnectionLost, type Transport } from "../src/up2k/transport.ts";

export function vectors<T>(name: string): T {
  const file = join(process.env.WEB ?? "", "../tests/vectors", name);
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

export const nodeHasher: Hasher = {
  async hash(file: Blob, plan: Plan, progress, signal) {
    const hashes: string[] = [];
    let content: Uint8Array<ArrayBuffer> | undefined;
    for (let i = 0; i < plan.count; i++) {
      signal.throwIfAborted();
      const { start, end } = range(plan, i);
      const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
      hashes.push(createHash("sha512").update(bytes).digest().subarray(0, 33).toString("base64url"));
      progress(end - start);
      content = bytes;
    }
    return { hashes, content: plan.size <= MAX_KEPT ? content : undefined };
  },
};

export function fetchTransport(origin: () => string): Transport {
  return async (post) => {
    try {
      const { headers, body, signal } = post;
      const response = await fetch(origin() + post.url, { method: "POST", headers, body, signal });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      post.signal.throwIfAborted();
      throw new ConnectionLost(String(error));
    }
  };
}

export function source(name: string, content: BlobPart, folder = "/up/"): Source {
  return { file: new Blob([content]), name, modified: 1_700_000_000_000, folder, path: name };
}

/** Returns pseudo-random bytes without repetitions. */
export function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(size / 4));
  let x = seed * 2654435761;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return bytes;
}

/** Creates a queue against `origin`; `settled` waits until no file is active or waiting. */
export function testQueue(origin: () => string, more: Partial<ConstructorParameters<typeof Queue>[0]> = {}) {
  const queue = new Queue({
    hasher: nodeHasher,
    post: fetchTransport(origin),
    base: "",
    parallel: 6,
    whenTaken: "keep",
    pause: 20,
    ...more,
  });
  const until = (test: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!test()) return;
        stop();
        resolve();
      };
      const stop = queue.subscribe(look);
      look();
    });
  return { queue, until, settled: () => until(() => !queue.busy) };
}
