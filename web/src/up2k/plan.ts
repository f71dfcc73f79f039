// Splits a file into chunks. The chunk size depends only on the file size, so every client and server splits alike.
// Source: docs/up2k.md "chunk size". Vectors: tests/vectors/chunk_sizes.json.

const MIB = 1024 * 1024;

/** Version of the chunk size rule. 1: chunks grow to 32 MiB at most; 2: they grow further, so that a file has at most 4096. */
export type Generation = 1 | 2;

export interface Plan {
  /** bytes of the whole file, from 0 */
  readonly size: number;
  /** bytes of every chunk but the last, at least 1 MiB */
  readonly chunk: number;
  /** number of chunks; 0 for an empty file */
  readonly count: number;
}

function fits(chunks: number, chunk: number, generation: Generation): boolean {
  if (chunks <= 256) return true;
  return chunk >= 32 * MIB && (generation === 1 || chunks <= 4096);
}

/** Returns the bytes per chunk of a file of `size` bytes. */
export function chunkSize(size: number, generation: Generation = 2): number {
  let chunk = MIB;
  let step = MIB / 2;
  for (;;) {
    for (const mul of [1, 2]) {
      if (fits(Math.ceil(size / chunk), chunk, generation)) return chunk;
      chunk += step;
      step *= mul;
    }
  }
}

export function plan(size: number, generation: Generation = 2): Plan {
  const chunk = chunkSize(size, generation);
  return { size, chunk, count: Math.ceil(size / chunk) };
}

/** Returns the byte range of chunk `index`, end exclusive; the last chunk may be shorter. */
export function range(p: Plan, index: number): { start: number; end: number } {
  const start = index * p.chunk;
  return { start, end: Math.min(start + p.chunk, p.size) };
}

/**
 * Returns bytes of a file, end exclusive. All of them are the file itself: browsers register each slice with another process, and
 * wait for it.
 */
export const bytesOf = (file: Blob, start: number, end: number): Blob =>
  start === 0 && end === file.size ? file : file.slice(start, end);
