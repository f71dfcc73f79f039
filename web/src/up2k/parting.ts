// Cancelled files. For a moment they can be had back; then what the server holds of them is taken back there, so that
// it neither fills the disk nor keeps the name from the next file.
import type { Item } from "./item.ts";
import { Lost, type Transport } from "./transport.ts";

/** What the server holds of a file that is not complete there. */
export interface Begun {
  /** folder and name as in the answer to the handshake */
  path: string;
  wark: string;
}

/** Milliseconds in which a cancelled file can be had back. */
const GRACE = 10_000;

export class Parting {
  private items: Item[] = [];
  private readonly gone = new WeakSet<Item>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: told when the last of them can no longer be had back. */
  constructor(
    private readonly takeBack: (begun: Begun[]) => void,
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
    this.timer = setTimeout(() => this.end(), this.grace);
  }

  /** Gives those back that `which` names: nothing is taken from the server. */
  recall(which: (item: Item) => boolean = () => true): Item[] {
    return this.without(which);
  }

  /** Now, not later. */
  end(which: (item: Item) => boolean = () => true): void {
    const items = this.without(which);
    for (const item of items) this.gone.add(item);
    const begun = items.flatMap((item) => item.begun ?? []);
    if (begun.length > 0) this.takeBack(begun);
    if (items.length > 0) this.changed();
  }

  /** An answer that came after the file was stopped: it may have been the one that began the upload. */
  late(item: Item, begun: Begun): void {
    if (this.gone.has(item)) this.takeBack([begun]);
    else item.begun ??= begun;
  }

  private without(which: (item: Item) => boolean): Item[] {
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
export async function takeBack(post: Transport, base: string, begun: readonly Begun[], pause = 1000): Promise<void> {
  for (let at = 0; at < begun.length; at += MOST) await request(post, base, begun.slice(at, at + MOST), pause);
}

async function request(post: Transport, base: string, begun: readonly Begun[], pause: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const { status } = await post({
        url: `${base}/?delete&unpost`,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(begun),
        signal: new AbortController().signal,
        stall: 30_000,
      });
      if (status !== 503) return;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
    }
    await new Promise((go) => setTimeout(go, pause * 2 ** tries));
  }
}
