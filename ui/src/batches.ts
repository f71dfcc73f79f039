// Groups consecutive transfers of one client into batches: "7 of 20, 35 %". Pure.
import type { ActiveTransfer, Activity, PastTransfer } from "../../web/kit/types.gen.ts";

/** Milliseconds without a transfer after which the next file starts another batch. */
const GAP = 60_000;

/** Transfers of one client in one direction. */
export interface Batch {
  /** Stable between updates. */
  key: string;
  /** Running transfers, oldest first; at least one. */
  now: readonly ActiveTransfer[];
  /** Finished transfers of the same batch, latest first. */
  ended: readonly PastTransfer[];
}

function keyOf(isUpload: boolean, { account, address }: { account: string; address: string }): string {
  return JSON.stringify([isUpload, account, address]);
}

/** Returns whether it was an upload; undefined for entries that belong to no batch. */
function wasUpload({ outcome }: PastTransfer): boolean | undefined {
  return outcome.is === "arrived" ? true : outcome.is === "sent" ? false : undefined;
}

/** Groups running transfers by client and direction, in the order in which each group began. */
export function running({ now, past }: Activity): Batch[] {
  const groups = new Map<string, ActiveTransfer[]>();
  for (const transfer of now) {
    const key = keyOf(transfer.is_upload, transfer);
    const group = groups.get(key);
    if (group) group.push(transfer);
    else groups.set(key, [transfer]);
  }
  return [...groups].map(([key, all]) => ({ key, now: all, ended: endedOf(key, all, past) }));
}

function endedOf(key: string, now: readonly ActiveTransfer[], past: readonly PastTransfer[]): PastTransfer[] {
  let edge = Math.min(...now.map(({ since_ms }) => since_ms));
  const ended: PastTransfer[] = [];
  for (const one of past) {
    const isUpload = wasUpload(one);
    if (isUpload === undefined || keyOf(isUpload, one) !== key) continue;
    if (one.at_ms < edge - GAP) break;
    edge = Math.min(edge, one.at_ms);
    ended.push(one);
  }
  return ended;
}

export interface Progress {
  /** Finished files, and all known files. */
  files: number;
  all: number;
  /** Bytes. `whole` is null if one size is unknown. */
  done: number;
  whole: number | null;
  /** Bytes in a second. */
  speed: number;
  isHeld: boolean;
}

export function progressOf({ now, ended }: Batch): Progress {
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const before = sum(ended.map(({ size }) => size));
  const moving = now.filter(({ is_paused }) => !is_paused);
  const sizes = now.map(({ size }) => size);
  const known = sizes.filter((size) => size !== null);
  return {
    files: ended.length,
    all: ended.length + now.length,
    done: before + sum(now.map(({ done }) => done)),
    whole: known.length === sizes.length ? before + sum(known) : null,
    speed: sum(moving.map(({ speed }) => speed)),
    isHeld: moving.length === 0,
  };
}

/** Groups past transfers by batch; groups and their members are latest first. */
export function gathered(past: readonly PastTransfer[]): PastTransfer[][] {
  const groups: PastTransfer[][] = [];
  for (const one of past) {
    const last = groups.at(-1)?.at(-1);
    const isUpload = wasUpload(one);
    const belongs =
      last !== undefined &&
      isUpload !== undefined &&
      wasUpload(last) === isUpload &&
      keyOf(isUpload, last) === keyOf(isUpload, one) &&
      last.at_ms - one.at_ms <= GAP;
    if (belongs) groups.at(-1)?.push(one);
    else groups.push([one]);
  }
  return groups;
}
