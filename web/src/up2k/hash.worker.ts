// The worker's end of hasher.ts: one chunk in, one hash out, in order.
import { digestChunk } from "./digest.ts";

/** What the page asks: the bytes of one chunk. A Blob is a handle, so nothing is copied. */
export interface Ask {
  id: number;
  blob: Blob;
}

/** Progress (`bytes` just hashed), then either `hash` or `error`. */
export type Tell = { id: number; bytes: number } | { id: number; hash: string } | { id: number; error: string };

const tell = (message: Tell): void => self.postMessage(message);
const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
let line: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<Ask>) => {
  const { id, blob } = event.data;
  line = line.then(async () => {
    try {
      tell({ id, hash: await digestChunk(blob, subtle, (bytes) => tell({ id, bytes })) });
    } catch (error) {
      tell({ id, error: String(error) });
    }
  });
};
