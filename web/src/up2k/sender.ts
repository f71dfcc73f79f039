// Sends missing chunks: adjacent chunks share one request (stitching), a chunk above the request limit is split.
// Source: docs/up2k.md "chunk upload".
import { type Plan, range } from "./plan.ts";
import { classifyError, serverText } from "./server-error.ts";
import type { Transport } from "./transport.ts";

const MIB = 1024 * 1024;

/** Maximum bytes per request: accepted by common reverse proxies. */
export const MAX_REQUEST = 64 * MIB;

/** Adjacent chunks are stitched up to at least this many bytes, whatever the number of concurrent requests. */
const MIN_STITCHED = 4 * MIB;

/** Returns whether a file of `size` bytes is sent in one request, whatever the number of connections. */
export const fitsOneRequest = (size: number): boolean => size <= MIN_STITCHED;

/** Milliseconds without progress after which a connection counts as lost. */
const STALL_MS = 60_000;

/** With more chunks per request, too few characters of each hash would fit into the header to tell them apart. */
const MAX_STITCHED = 64;

/** Adjacent chunks of one request: `first..first + count`, never empty. */
export interface ChunkBatch {
  first: number;
  count: number;
  /** byte range in the file, end exclusive */
  start: number;
  end: number;
}

/**
 * Groups missing chunks into batches, in file order.
 *
 * A hash that occurs several times is sent once, from its first place. Only chunks that stand next to each other in the file
 * and are each the first of their kind are stitched: the one reading of "neighbours" on which servers agree.
 * `limit`: bytes per request. `spread`: how many requests may run at once, so that a middling file uses all of them.
 */
export function batchChunks(
  p: Plan,
  hashes: readonly string[],
  missing: readonly string[],
  limit: number,
  spread: number,
): ChunkBatch[] {
  const need = new Set(missing);
  const indexes: number[] = [];
  hashes.forEach((hash, index) => {
    if (need.delete(hash)) indexes.push(index);
  });
  const share = Math.max(Math.ceil(indexes.length / (spread * 2)), Math.floor(MIN_STITCHED / p.chunk));
  const most = Math.max(1, Math.min(MAX_STITCHED, Math.floor(limit / p.chunk), share));
  const batches: ChunkBatch[] = [];
  for (const index of indexes) {
    const { start, end } = range(p, index);
    const last = batches[batches.length - 1];
    if (last && last.count < most && last.first + last.count === index) {
      last.count++;
      last.end = end;
    } else {
      batches.push({ first: index, count: 1, start, end });
    }
  }
  return batches;
}

/** Returns the `X-Up2k-Hash` header of a batch: the first hash, then a prefix of each further one. */
export function hashHeader(hashes: readonly string[]): string {
  const [first = "", ...others] = hashes;
  if (others.length === 0) return first;
  const length = Math.max(2, Math.min(9, Math.floor(192 / hashes.length)));
  return `${first},${length},${others.map((hash) => hash.slice(0, length)).join("")}`;
}

export interface BatchUpload {
  post: Transport;
  url: string;
  wark: string;
  file: Blob;
  hashes: readonly string[];
  batch: ChunkBatch;
  /** maximum bytes per request; a larger chunk is split */
  limit: number;
  signal: AbortSignal;
  /** called with the bytes of this batch sent so far */
  progress: (bytes: number) => void;
}

/** Sends one batch. Rejects with `ServerError`, `ConnectionLost` or the signal's reason. */
export async function sendBatch(upload: BatchUpload): Promise<void> {
  const { batch, limit } = upload;
  const size = batch.end - batch.start;
  if (batch.count === 1 && size > limit) {
    for (let at = 0; at < size; at += limit) {
      await sendBody(upload, at, Math.min(at + limit, size), { "X-Up2k-Subc": String(at) });
    }
  } else {
    await sendBody(upload, 0, size, {});
  }
  upload.progress(size);
}

async function sendBody(upload: BatchUpload, from: number, to: number, extra: Record<string, string>): Promise<void> {
  const { batch, hashes } = upload;
  const answer = await upload.post({
    url: upload.url,
    headers: {
      "Content-Type": "application/octet-stream",
      "X-Up2k-Wark": upload.wark,
      "X-Up2k-Hash": hashHeader(hashes.slice(batch.first, batch.first + batch.count)),
      ...extra,
    },
    body: upload.file.slice(batch.start + from, batch.start + to),
    signal: upload.signal,
    stall: STALL_MS,
    progress: (sent) => upload.progress(from + Math.min(sent, to - from)),
  });
  if (answer.status === 200 || serverText(answer.text).startsWith("already got that")) return;
  throw classifyError(answer);
}
