// Web worker of hasher.ts: hashes the chunks of one request after the other.
import { type Digested, digestAll, kept, readTogether } from "./digest.ts";

/** Request from the page to hash a chunk, or some small ones. A Blob is a handle, so no bytes are copied. */
export interface HashRequest {
  id: number;
  blobs: Blob[];
}

/** Answer of the worker: of a single chunk progress (`bytes` hashed since the last one), then the results in the order asked. */
export type HashEvent = { id: number; bytes: number } | { id: number; results: Digested[] };

const post = (message: HashEvent, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });
const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
let pending: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<HashRequest>) => {
  const { id, blobs } = event.data;
  const isSingle = blobs.length === 1;
  const progress = (bytes: number): void => {
    if (isSingle) post({ id, bytes });
  };
  // Small chunks are read while those of the request before are hashed.
  const reading = isSingle ? undefined : readTogether(blobs);
  pending = pending.then(async () => {
    const contents = await reading;
    const results = await digestAll(blobs, contents, subtle, progress);
    const { bytes, transfer } = kept(contents);
    post(
      { id, results: results.map((result, i) => ("hash" in result ? { ...result, bytes: bytes[i] } : result)) },
      transfer,
    );
  });
};
