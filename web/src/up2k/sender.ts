// Sends missing chunks: adjacent chunks share one request (stitching), a chunk above the request limit is split.
// Source: docs/up2k.md "chunk upload".
import type { Pace } from "./pace.ts";
import { bytesOf, type Plan, range } from "./plan.ts";
import { classifyError, serverText } from "./server-error.ts";
import type { Transport } from "./transport.ts";

const MIB = 1024 * 1024;

/** Maximum bytes per request: accepted by common reverse proxies. */
export const MAX_REQUEST = 64 * MIB;

/** Adjacent chunks are stitched up to at least this many bytes, whatever the number of concurrent requests. */
export const MIN_STITCHED = 4 * MIB;

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
 * The missing chunks of a file, taken in batches, in file order.
 *
 * A hash that occurs several times is sent once, from its first place. Only chunks that stand next to each other in the file
 * and are each the first of their kind are stitched: the one reading of "neighbours" on which servers agree.
 */
export class ChunkSupply {
  private readonly indexes: number[] = [];
  private at = 0;
  /** most chunks of a batch, so that a middling file uses all connections */
  private readonly share: number;

  /** `spread`: how many requests may run at once. */
  constructor(
    private readonly plan: Plan,
    hashes: readonly string[],
    missing: readonly string[],
    spread: number,
  ) {
    const need = new Set(missing);
    hashes.forEach((hash, index) => {
      if (need.delete(hash)) this.indexes.push(index);
    });
    const { length } = this.indexes;
    this.share = Math.max(Math.ceil(length / (spread * 2)), Math.floor(MIN_STITCHED / plan.chunk));
  }

  /** Number of chunks that were not taken. */
  get left(): number {
    return this.indexes.length - this.at;
  }

  /** Takes the next batch of at most `limit` bytes, and of one chunk at least; undefined when all are taken. */
  next(limit: number): ChunkBatch | undefined {
    const first = this.indexes[this.at];
    if (first === undefined) return undefined;
    const most = Math.max(1, Math.min(MAX_STITCHED, Math.floor(limit / this.plan.chunk), this.share));
    let count = 1;
    while (count < most && this.indexes[this.at + count] === first + count) count++;
    this.at += count;
    return { first, count, start: range(this.plan, first).start, end: range(this.plan, first + count - 1).end };
  }
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
  /** how many bytes a request should carry; measures this one unless it is small. Undefined: the batch is one request */
  pace: Pace | undefined;
  signal: AbortSignal;
  /** called with the bytes of this batch sent so far */
  progress: (bytes: number) => void;
}

/** Sends one batch. Rejects with `ServerError`, `ConnectionLost` or the signal's reason. */
export async function sendBatch(upload: BatchUpload): Promise<void> {
  const { batch, limit, pace } = upload;
  const size = batch.end - batch.start;
  // A little over five seconds is not worth a request more.
  if (pace && batch.count === 1 && size > Math.min(limit, 2 * pace.bytes)) {
    for (let at = 0; at < size; ) {
      const end = Math.min(at + Math.min(limit, pace.bytes), size);
      await sendBody(upload, at, end, { "X-Up2k-Subc": String(at) });
      at = end;
    }
  } else {
    await sendBody(upload, 0, size, {});
  }
  upload.progress(size);
}

async function sendBody(upload: BatchUpload, from: number, to: number, extra: Record<string, string>): Promise<void> {
  const { batch, hashes, pace } = upload;
  const start = Date.now();
  const answer = await upload.post({
    url: upload.url,
    headers: {
      "Content-Type": "application/octet-stream",
      "X-Up2k-Wark": upload.wark,
      "X-Up2k-Hash": hashHeader(hashes.slice(batch.first, batch.first + batch.count)),
      ...extra,
    },
    body: bytesOf(upload.file, batch.start + from, batch.start + to),
    signal: upload.signal,
    stall: STALL_MS,
    progress: (sent) => upload.progress(from + Math.min(sent, to - from)),
  });
  pace?.add(to - from, Date.now() - start);
  if (answer.status === 200 || serverText(answer.text).startsWith("already got that")) return;
  throw classifyError(answer);
}
