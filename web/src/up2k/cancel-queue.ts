// Cancelled files. Cancelling can be undone for a short time; then the partial files are deleted on the server, so that they
// neither fill the disk nor reserve the name.
import type { Item } from "./item.ts";
import { ConnectionLost, type Transport } from "./transport.ts";

/** An unfinished upload on the server. */
export interface ServerPartial {
  /** folder and name as in the handshake's reply */
  path: string;
  wark: string;
}

/** Milliseconds during which cancelling can be undone. */
const GRACE = 10_000;

export class CancelQueue {
  private items: Item[] = [];
  private readonly flushed = new WeakSet<Item>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is called when files can no longer be restored. */
  constructor(
    private readonly deletePartials: (partials: ServerPartial[]) => void,
    private readonly changed: () => void,
    private readonly grace = GRACE,
  ) {}

  /** The files that can still be restored. */
  get waiting(): readonly Item[] {
    return this.items;
  }

  add(items: readonly Item[]): void {
    this.items.push(...items);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.grace);
  }

  /** Removes and returns the files that `which` selects; nothing is deleted on the server. */
  restore(which: (item: Item) => boolean = () => true): Item[] {
    return this.take(which);
  }

  /** Deletes the selected files on the server now instead of after the grace period. */
  flush(which: (item: Item) => boolean = () => true): void {
    const items = this.take(which);
    for (const item of items) this.flushed.add(item);
    const partials = items.flatMap((item) => item.partial ?? []);
    if (partials.length > 0) this.deletePartials(partials);
    if (items.length > 0) this.changed();
  }

  /** Handles a handshake reply that came after the file was stopped: that handshake may have created the upload. */
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

/** Uploads per request: browsers limit the body of a keepalive request (64 KiB). */
const MOST = 200;

const TRIES = 3;

/**
 * Asks the server to delete unfinished uploads. Failures are ignored: the server deletes unfinished uploads by itself after a
 * day without requests for them.
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
