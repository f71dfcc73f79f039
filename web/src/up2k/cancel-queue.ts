// Cancelled files. For a moment they can be had back; then what the server holds of them is taken back there, so that
// it neither fills the disk nor keeps the name from the next file.
import type { Item } from "./item.ts";
import { ConnectionLost, type Transport } from "./transport.ts";

/** What the server holds of a file that is not complete there. */
export interface ServerPartial {
  /** folder and name as in the answer to the handshake */
  path: string;
  wark: string;
}

/** Milliseconds in which a cancelled file can be had back. */
const GRACE = 10_000;

export class CancelQueue {
  private items: Item[] = [];
  private readonly flushed = new WeakSet<Item>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: told when the last of them can no longer be had back. */
  constructor(
    private readonly deletePartials: (partials: ServerPartial[]) => void,
    private readonly changed: () => void,
    private readonly grace = GRACE,
  ) {}

  /** What can still be had back. */
  get waiting(): readonly Item[] {
    return this.items;
  }

  add(items: readonly Item[]): void {
    this.items.push(...items);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.grace);
  }

  /** Gives those back that `which` names: nothing is taken from the server. */
  restore(which: (item: Item) => boolean = () => true): Item[] {
    return this.take(which);
  }

  /** Now, not later. */
  flush(which: (item: Item) => boolean = () => true): void {
    const items = this.take(which);
    for (const item of items) this.flushed.add(item);
    const partials = items.flatMap((item) => item.partial ?? []);
    if (partials.length > 0) this.deletePartials(partials);
    if (items.length > 0) this.changed();
  }

  /** An answer that came after the file was stopped: it may have been the one that began the upload. */
  addLate(item: Item, partial: ServerPartial): void {
    if (this.flushed.has(item)) this.deletePartials([partial]);
    else item.partial ??= partial;
  }

  private take(which: (item: Item) => boolean): Item[] {
    const out = this.items.filter(which);
    this.items = this.items.filter((item) => !which(item));
    if (this.items.length === 0) clearTimeout(this.timer);
    return out;
  }
}

/** So many in one request: its body has to be small enough to outlive the page. */
const MOST = 200;

const TRIES = 3;

/**
 * Asks the server to remove unfinished uploads. What it refuses, or never hears, it removes by itself after a day without
 * news of the file, so nothing is made of a failure.
 */
export async function deletePartials(
  post: Transport,
  base: string,
  partials: readonly ServerPartial[],
  pause = 1000,
): Promise<void> {
  for (let at = 0; at < partials.length; at += MOST)
    await requestDelete(post, base, partials.slice(at, at + MOST), pause);
}

async function requestDelete(
  post: Transport,
  base: string,
  partials: readonly ServerPartial[],
  pause: number,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const { status } = await post({
        url: `${base}/?delete&unpost`,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(partials),
        signal: new AbortController().signal,
        stall: 30_000,
      });
      if (status !== 503) return;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    await new Promise((go) => setTimeout(go, pause * 2 ** tries));
  }
}
