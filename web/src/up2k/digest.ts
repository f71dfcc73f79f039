// Hashes one chunk: the first 33 bytes of SHA-512 as URL-safe base64, 44 characters.
// Uses `crypto.subtle` in secure contexts and WebAssembly elsewhere (plain http on a LAN, the usual case).
import { createSHA512, type IHasher } from "hash-wasm";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `subtle` cannot stream: a larger chunk would be held in memory whole. */
const SUBTLE_LIMIT = 64 * 1024 * 1024;

/** Bytes per read of the streaming hasher. */
const SLICE = 4 * 1024 * 1024;

let wasm: Promise<IHasher> | undefined;

/** Encodes the first 33 bytes as base64. 33 is a multiple of three, so there is no padding. */
export function encode(digest: Uint8Array): string {
  let out = "";
  for (let i = 0; i < 33; i += 3) {
    const n = ((digest[i] ?? 0) << 16) | ((digest[i + 1] ?? 0) << 8) | (digest[i + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) out += ALPHABET[(n >> shift) & 63];
  }
  return out;
}

async function streamed(blob: Blob, progress: (bytes: number) => void): Promise<Uint8Array> {
  wasm ??= createSHA512();
  const hasher = await wasm;
  hasher.init();
  for (let at = 0; at < blob.size; at += SLICE) {
    const bytes = new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer());
    hasher.update(bytes);
    progress(bytes.length);
  }
  return hasher.digest("binary");
}

/**
 * Hashes one chunk. Not reentrant: the WebAssembly hasher is shared, so a worker does one chunk at a time.
 *
 * `subtle`: the browser's hashing, undefined outside secure contexts. `progress` receives the bytes hashed since its last call.
 * Rejects with the browser's error when the file can no longer be read.
 */
export async function digestChunk(
  blob: Blob,
  subtle: SubtleCrypto | undefined,
  progress: (bytes: number) => void,
): Promise<string> {
  if (!subtle || blob.size > SUBTLE_LIMIT) return encode(await streamed(blob, progress));
  const bytes = await blob.arrayBuffer();
  const digest = await subtle.digest("SHA-512", bytes);
  progress(blob.size);
  return encode(new Uint8Array(digest));
}
