// Hashes one chunk: the first 33 bytes of SHA-512 as URL-safe base64, 44 characters.
// Uses `crypto.subtle` in secure contexts and WebAssembly elsewhere (plain http on a LAN, the usual case).
import { createSHA512, type IHasher } from "hash-wasm";
import { bytesOf } from "./plan.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `subtle` cannot stream: a larger chunk would be held in memory whole. */
const SUBTLE_LIMIT = 64 * 1024 * 1024;

/** Bytes per read of the streaming hasher. */
const SLICE = 4 * 1024 * 1024;

let wasm: Promise<IHasher> | undefined;

function wasmHasher(): Promise<IHasher> {
  wasm ??= createSHA512();
  return wasm;
}

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
  const hasher = await wasmHasher();
  hasher.init();
  const read = (at: number): Promise<ArrayBuffer> => bytesOf(blob, at, Math.min(at + SLICE, blob.size)).arrayBuffer();
  let next = read(0);
  for (let at = 0; at < blob.size; at += SLICE) {
    const bytes = new Uint8Array(await next);
    // Another process reads the next slice meanwhile.
    if (at + SLICE < blob.size) next = read(at + SLICE);
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
  const hash = await digestBytes(new Uint8Array(await blob.arrayBuffer()), subtle);
  progress(blob.size);
  return hash;
}

/** The hash of a chunk, or the browser's error when it can no longer be read. */
export type Digested = { hash: string; bytes?: Uint8Array<ArrayBuffer> | undefined } | { error: string };

/** Chunks up to this size are kept in memory until they are sent: to read them again takes longer than to hash them. */
export const MAX_KEPT = 32 * 1024;

/** Reads small chunks together, which takes little longer than to read one. Undefined if one of them cannot be read. */
export async function readTogether(blobs: readonly Blob[]): Promise<Uint8Array<ArrayBuffer>[] | undefined> {
  try {
    const all = await new Blob([...blobs]).arrayBuffer();
    let start = 0;
    return blobs.map(({ size }) => {
      start += size;
      return new Uint8Array(all, start - size, size);
    });
  } catch {
    return undefined;
  }
}

/** Returns those of the chunks that the page keeps, in their places, and the buffers that hold them and nothing else. */
export function kept(contents: readonly Uint8Array<ArrayBuffer>[] | undefined): {
  bytes: (Uint8Array<ArrayBuffer> | undefined)[];
  transfer: ArrayBuffer[];
} {
  const isKept = ({ length }: Uint8Array): boolean => length <= MAX_KEPT;
  const all = contents ?? [];
  const bytes = all.every(isKept) ? all.slice() : all.map((one) => (isKept(one) ? one.slice() : undefined));
  return { bytes, transfer: [...new Set(bytes.flatMap((one) => one?.buffer ?? []))] };
}

async function digestBytes(bytes: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto | undefined): Promise<string> {
  if (subtle) return encode(new Uint8Array(await subtle.digest("SHA-512", bytes)));
  const hasher = await wasmHasher();
  return encode(hasher.init().update(bytes).digest("binary"));
}

/** Hashes chunks, one after the other. `contents`: their bytes; undefined: each is read when its turn comes. Not reentrant. */
export async function digestAll(
  blobs: readonly Blob[],
  contents: readonly Uint8Array<ArrayBuffer>[] | undefined,
  subtle: SubtleCrypto | undefined,
  progress: (bytes: number) => void,
): Promise<Digested[]> {
  const digested: Digested[] = [];
  for (const [index, blob] of blobs.entries()) {
    const bytes = contents?.[index];
    try {
      digested.push({ hash: await (bytes ? digestBytes(bytes, subtle) : digestChunk(blob, subtle, progress)) });
    } catch (error) {
      digested.push({ error: String(error) });
    }
  }
  return digested;
}
