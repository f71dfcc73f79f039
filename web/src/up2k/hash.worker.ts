// The worker's end of hasher.ts: one chunk in, one hash out, in order.
import { digestChunk } from "./digest.ts";

/** What the page asks: the bytes of one chunk. A Blob is a handle, so nothing is copied. */
export interface HashRequest {
  id: number;
  blob: Blob;
}

/** Progress (`bytes` just hashed), then either `hash` or `error`. */
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
