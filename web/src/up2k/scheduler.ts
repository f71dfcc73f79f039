// Decides which files are hashed and sent now. Hashing runs ahead of sending, within limits, so that neither the processor nor the
// network idles.
import { type DeliveryContext, type DeliveryOutcome, deliver } from "./delivery.ts";
import { Unreadable } from "./hasher.ts";
import type { Item, Reason, State } from "./item.ts";
import { isFoundAt } from "./peek.ts";
import { PendingFiles, type SizeClass, sizeClassOf } from "./pending-files.ts";
import type { QueueOptions } from "./queue-options.ts";
import { encodeName } from "./urls.ts";

/** Maximum number of hashed files waiting to be sent, per size class. */
const MAX_HASHED_AHEAD = 256;

/** Files hashed concurrently, per size class: enough that no worker waits, and that small files are read together. */
const MAX_HASHING: Readonly<Record<SizeClass, number>> = { small: 128, large: 8 };

/**
 * Files in delivery per connection: one sends, the others wait in the limiter with their next request. Large files take at most
 * two thirds.
 */
const SENDING_PER_CONNECTION = 3;
const LARGE_PER_CONNECTION = 2;

/** Files in delivery whose requests are bundled: three bundles for each of the three requests of a file. */
const MAX_BUNDLED_FILES = 192;

/** What the queue does when something happens to a file. */
export interface SchedulerEvents {
  show: (item: Item, state: State, reason?: Reason) => void;
  hashed: (item: Item, bytes: number) => void;
  forgetHashes: (item: Item) => void;
  ended: (item: Item, outcome: DeliveryOutcome) => void;
}

export class Scheduler {
  /** nothing is hashed or sent */
  isPaused = false;
  /** nothing is sent */
  isHeld = false;
  private readonly toHash = new PendingFiles<Item>();
  private readonly toSend = new PendingFiles<Item>();
  private readonly hashing: Record<SizeClass, number> = { small: 0, large: 0 };
  private readonly sending: Record<SizeClass, number> = { small: 0, large: 0 };

  constructor(
    private readonly options: QueueOptions,
    private readonly context: DeliveryContext,
    private readonly events: SchedulerEvents,
  ) {}

  /** Adds a file in the state "waiting". */
  add(item: Item): void {
    (item.hashes ? this.toSend : this.toHash).add(item);
  }

  remove(item: Item): void {
    this.toHash.remove(item);
    this.toSend.remove(item);
  }

  clear(): void {
    this.toHash.clear();
    this.toSend.clear();
  }

  /** Starts what may run now. */
  start(): void {
    const { hashing, sending, toHash, toSend, options } = this;
    const mayHash = (): boolean =>
      options.hashAhead !== false ||
      sending.small + sending.large + toSend.count("small") + toSend.count("large") === 0;
    const hashes = (sizeClass: SizeClass): boolean =>
      mayHash() && hashing[sizeClass] < MAX_HASHING[sizeClass] && toSend.count(sizeClass) < MAX_HASHED_AHEAD;
    const { parallel, bundles } = options;
    const sharesSlots = (): boolean => sending.small + sending.large < SENDING_PER_CONNECTION * parallel;
    const sends = (sizeClass: SizeClass): boolean =>
      sizeClass === "large"
        ? sending.large < LARGE_PER_CONNECTION * parallel && (bundles || sharesSlots())
        : bundles
          ? sending.small < MAX_BUNDLED_FILES
          : sharesSlots();
    while (!this.isPaused) {
      const item = toHash.next(hashes);
      if (!item) break;
      void this.hashItem(item);
    }
    while (!this.isPaused && !this.isHeld) {
      const item = toSend.next(sends);
      if (!item) break;
      void this.deliverItem(item);
    }
  }

  private async hashItem(item: Item): Promise<void> {
    const { signal } = item.abort;
    this.hashing[sizeClassOf(item)]++;
    this.events.show(item, "hashing");
    const progress = (bytes: number): void => {
      if (signal.aborted) return;
      this.events.hashed(item, bytes);
    };
    try {
      if (item.quick && (await this.isThere(item, signal))) return;
      const { hashes, content } = await this.options.hasher.hash(item.file, item.plan, progress, signal);
      if (!signal.aborted) {
        item.hashes = hashes;
        item.content = content;
        this.events.show(item, "waiting");
        this.add(item);
      }
    } catch (error) {
      if (!signal.aborted) {
        // Abort, so that the remaining chunks of this file are not hashed in vain.
        item.abort.abort(error);
        const code = error instanceof Unreadable ? "unreadable" : "internal";
        this.events.forgetHashes(item);
        this.events.show(item, "failed", { code, detail: String(error instanceof Error ? error.message : error) });
      }
    } finally {
      this.hashing[sizeClassOf(item)]--;
      this.start();
    }
  }

  /** The fast check: ends the file without reading it if one of the same name, size and date is there. */
  private async isThere(item: Item, signal: AbortSignal): Promise<boolean> {
    const url = item.folder + encodeName(item.name);
    const isThere = isFoundAt(await this.options.peek?.(url), item.plan.size, item.modified);
    if (signal.aborted || !isThere) return false;
    item.known = true;
    item.link = url;
    this.context.progress(item, item.plan.size, 0, 0);
    this.events.ended(item, { end: "done" });
    return true;
  }

  private async deliverItem(item: Item): Promise<void> {
    const { signal } = item.abort;
    this.sending[sizeClassOf(item)]++;
    let outcome: DeliveryOutcome | undefined;
    try {
      outcome = await deliver(item, this.context);
    } catch (error) {
      // Stopped: the function that stopped it has set the state.
      if (!signal.aborted) this.events.show(item, "failed", { code: "internal", detail: String(error) });
    } finally {
      this.sending[sizeClassOf(item)]--;
    }
    if (outcome && !signal.aborted) this.events.ended(item, outcome);
    this.start();
  }
}
