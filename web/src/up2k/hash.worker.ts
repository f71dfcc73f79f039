// Web worker of hasher.ts: hashes one chunk per request, in order.
import { digestChunk } from "./digest.ts";

/** Request from the page to hash one chunk. A Blob is a handle, so no bytes are copied. */
export interface HashRequest {
  id: number;
  blob: Blob;
}

/** Answer of the worker: progress (`bytes` hashed since the last one), then either `hash` or `error`. */
export type HashEvent = { id: number; bytes: number } | { id: number; hash: string } | { id: number; error: string };

const post = (message: HashEvent): void => self.postMessage(message);
const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
let pending: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<HashRequest>) => {
  const { id, blob } = event.data;
  pending = pending.then(async () => {
    try {
      post({ id, hash: await digestChunk(blob, subtle, (bytes) => post({ id, bytes })) });
    } catch (error) {
      post({ id, error: String(error) });
    }
  });
};
