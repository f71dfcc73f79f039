// Missing chunks -> requests: neighbours are stitched into one body, a chunk beyond the request limit is sent in pieces.
// Source: docs/up2k.md "chunk upload".
import { type Plan, range } from "./plan.ts";
import type { Transport } from "./transport.ts";
import { sentence, trouble } from "./trouble.ts";

const MIB = 1024 * 1024;

/** A request aims at this many bytes at most, so that it passes common reverse proxies. */
export const TARGET = 64 * MIB;

/** Chunks are stitched at least up to this many bytes, however many requests may run at once. */
const SHARE = 4 * MIB;

/** Whether a file of `size` bytes travels in one request, whatever the number of connections. */
export const travelsWhole = (size: number): boolean => size <= SHARE;

/** Milliseconds without progress after which a connection counts as lost. */
const STALL = 60_000;

/** More neighbours than this would leave too few characters of each hash to tell them apart. */
const MOST_STITCHED = 64;

/** Neighbouring chunks that travel in one request; `first..first + count`, never empty. */
export interface Parcel {
  first: number;
  count: number;
  /** byte range in the file, end exclusive */
  start: number;
  end: number;
}

/**
 * Packs missing hashes into parcels, in file order.
 *
 * A hash that occurs several times is sent once, from its first place. Only chunks that stand next to each other in the file
 * and are each the first of their kind are stitched: the one reading of "neighbours" on which servers agree.
 * `limit`: bytes per request. `spread`: how many requests may run at once, so that a middling file uses all of them.
 */
export function pack(
  p: Plan,
  hashes: readonly string[],
  missing: readonly string[],
  limit: number,
  spread: number,
): Parcel[] {
  const need = new Set(missing);
  const indexes: number[] = [];
  hashes.forEach((hash, index) => {
    if (need.delete(hash)) indexes.push(index);
  });
  const share = Math.max(Math.ceil(indexes.length / (spread * 2)), Math.floor(SHARE / p.chunk));
  const most = Math.max(1, Math.min(MOST_STITCHED, Math.floor(limit / p.chunk), share));
  const parcels: Parcel[] = [];
  for (const index of indexes) {
    const { start, end } = range(p, index);
    const last = parcels[parcels.length - 1];
    if (last && last.count < most && last.first + last.count === index) {
      last.count++;
      last.end = end;
    } else {
      parcels.push({ first: index, count: 1, start, end });
    }
  }
  return parcels;
}

/** `X-Up2k-Hash` of a parcel: the first hash, then a prefix of each neighbour's. */
export function hashHeader(hashes: readonly string[]): string {
  const [first = "", ...others] = hashes;
  if (others.length === 0) return first;
  const length = Math.max(2, Math.min(9, Math.floor(192 / hashes.length)));
  return `${first},${length},${others.map((hash) => hash.slice(0, length)).join("")}`;
}

export interface Errand {
  post: Transport;
  url: string;
  wark: string;
  file: Blob;
  hashes: readonly string[];
  parcel: Parcel;
  /** bytes per request; a larger chunk goes in pieces */
  limit: number;
  signal: AbortSignal;
  /** bytes of this parcel that are on their way or there */
  progress: (bytes: number) => void;
}

/** Sends one parcel. Rejects with `Trouble`, `Lost` or the signal's reason. */
export async function send(errand: Errand): Promise<void> {
  const { parcel, limit } = errand;
  const size = parcel.end - parcel.start;
  if (parcel.count === 1 && size > limit) {
    for (let at = 0; at < size; at += limit) {
      await sendBody(errand, at, Math.min(at + limit, size), { "X-Up2k-Subc": String(at) });
    }
  } else {
    await sendBody(errand, 0, size, {});
  }
  errand.progress(size);
}

async function sendBody(errand: Errand, from: number, to: number, extra: Record<string, string>): Promise<void> {
  const { parcel, hashes } = errand;
  const answer = await errand.post({
    url: errand.url,
    headers: {
      "Content-Type": "application/octet-stream",
      "X-Up2k-Wark": errand.wark,
      "X-Up2k-Hash": hashHeader(hashes.slice(parcel.first, parcel.first + parcel.count)),
      ...extra,
    },
    body: errand.file.slice(parcel.start + from, parcel.start + to),
    signal: errand.signal,
    stall: STALL,
    progress: (sent) => errand.progress(from + Math.min(sent, to - from)),
  });
  if (answer.status === 200 || sentence(answer.text).startsWith("already got that")) return;
  throw trouble(answer);
}
