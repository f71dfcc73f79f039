// Speeds of the queue and of each file, and the time that is left.
import type { Item } from "./item.ts";
import { Meter } from "./meter.ts";

export class Speeds {
  private readonly bytes = new Meter();
  private readonly files = new Meter();
  private readonly byItem = new WeakMap<Item, Meter>();

  /** Adds sent bytes; negative when a request that was partly sent has to start again. */
  sent(item: Item, bytes: number, now = Date.now()): void {
    this.bytes.add(bytes, now);
    let meter = this.byItem.get(item);
    if (!meter) {
      meter = new Meter();
      this.byItem.set(item, meter);
    }
    meter.add(bytes, now);
  }

  ended(item: Item, now = Date.now()): void {
    this.byItem.delete(item);
    this.files.add(1, now);
  }

  /** Returns the bytes per second of all files. */
  rate(now: number): number {
    return this.bytes.rate(now);
  }

  rateOf(item: Item, now: number): number {
    return this.byItem.get(item)?.rate(now) ?? 0;
  }

  /** Returns the estimated seconds left, by bytes or by number of files, whichever is more; undefined before a first estimate. */
  timeLeft(bytesLeft: number, filesLeft: number, now: number): number | undefined {
    const bytes = this.bytes.rate(now);
    const files = this.files.rate(now);
    const byBytes = bytes > 0 ? bytesLeft / bytes : undefined;
    const byFiles = files > 0 ? filesLeft / files : undefined;
    // Below one file per second the number of files gives no useful estimate.
    if (byBytes === undefined || byFiles === undefined || files < 1) return byBytes;
    return Math.max(byBytes, byFiles);
  }
}
