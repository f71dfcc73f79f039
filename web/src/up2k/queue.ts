// The upload queue: decides which files are hashed and sent. Uses no DOM; the screen subscribes to changes.
//
//   waiting -> hashing -> waiting (hashed) -> starting -> sending -> checking -> done | skipped | failed
//
// Hashing runs ahead of sending, within limits, so that neither the processor nor the network idles.

import { CancelQueue, deletePartials, type ServerPartial } from "./cancel-queue.ts";
import { Connectivity } from "./connectivity.ts";
import { type DeliveryContext, type DeliveryOutcome, deliver } from "./delivery.ts";
import type { WhenTaken } from "./handshake.ts";
import { type Hasher, Unreadable } from "./hasher.ts";
import { canRetry, type Item, keyOf, type Reason, type Source, type State, type Tab, tabOf } from "./item.ts";
import { Pace } from "./pace.ts";
import { isFoundAt, type Peek } from "./peek.ts";
import { PendingFiles, type SizeClass, sizeClassOf } from "./pending-files.ts";
import { plan } from "./plan.ts";
import { RequestLimiter } from "./request-limiter.ts";
import { MAX_REQUEST } from "./sender.ts";
import { Speeds } from "./speeds.ts";
import { Tally, type Totals } from "./tally.ts";
import type { Transport } from "./transport.ts";
import { encodeName } from "./urls.ts";

export interface Options {
  hasher: Hasher;
  post: Transport;
  /** path the server is hosted under, "" or "/sub/path" */
  base: string;
  /** maximum number of concurrent requests, at least 1 */
  parallel: number;
  whenTaken: WhenTaken;
  /** maximum bytes per request, if the server states one */
  limit?: number;
  /** milliseconds before the first retry after a lost connection */
  pause?: number;
  /** transport for deleting cancelled uploads, also while the page is being left; default: `post` */
  keepalive?: Transport;
  /** milliseconds during which cancelling can be undone */
  grace?: number;
  /** called when a file is added, and when it is done, skipped or cancelled; the rest can be asked for after a reload */
  unfinished?: { add(source: Source): void; remove(source: Source): void };
  /** whether files are hashed while others are sent; default: true */
  hashAhead?: boolean;
  /** looks whether a file of the same name, size and date is there already, for files that ask for it (`Source.quick`) */
  peek?: Peek;
  /** called when a file is complete */
  finished?: (item: Item) => void;
}

/** Maximum number of hashed files waiting to be sent, per size class. */
const MAX_HASHED_AHEAD = 128;

/** Files hashed concurrently: enough that no worker waits for the next small file. At most half of them are large. */
const MAX_HASHING = 16;

/**
 * Files in delivery per connection: one sends, the others wait in the limiter with their next request. Large files take at most
 * two thirds.
 */
const SENDING_PER_CONNECTION = 3;
const LARGE_PER_CONNECTION = 2;

export class Queue {
  readonly items: Item[] = [];
  readonly connectivity: Connectivity;
  private readonly cancelQueue: CancelQueue;
  private readonly tally = new Tally();
  private readonly speeds = new Speeds();
  private readonly byKey = new Map<string, Item>();
  private readonly keys = new WeakMap<Item, string>();
  private readonly toHash = new PendingFiles<Item>();
  private readonly toSend = new PendingFiles<Item>();
  private readonly hashing: Record<SizeClass, number> = { small: 0, large: 0 };
  private readonly sending: Record<SizeClass, number> = { small: 0, large: 0 };
  private allPaused = false;
  /** another tab sends now */
  private held = false;
  private nextId = 1;
  private readonly limiter: RequestLimiter;
  private readonly context: DeliveryContext;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: Options) {
    this.limiter = new RequestLimiter(options.parallel);
    this.connectivity = new Connectivity(options.pause);
    this.cancelQueue = new CancelQueue(
      (partials) => this.deletePartials(partials),
      () => this.changed(),
      options.grace,
    );
    this.context = {
      post: options.post,
      limiter: this.limiter,
      connectivity: this.connectivity,
      base: options.base,
      limit: options.limit ?? MAX_REQUEST,
      pace: new Pace(MAX_REQUEST),
      width: () => this.options.parallel,
      whenTaken: () => this.options.whenTaken,
      show: (item, state, reason) => this.show(item, state, reason),
      sent: (item, bytes, moved) => this.sent(item, bytes, moved),
      createdLate: (item, partial) => this.cancelQueue.addLate(item, partial),
    };
  }

  /** Calls `listener` after every change, which is often. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Files by tab. */
  get counts(): Readonly<Record<Tab, number>> {
    return this.tally.counts;
  }

  /** Files in each state; `counts` sums them up by tab. */
  get states(): Readonly<Record<State, number>> {
    return this.tally.states;
  }

  get totals(): Readonly<Totals> {
    return this.tally.totals;
  }

  /** True when every unfinished file is paused, together or one by one. */
  get paused(): boolean {
    return this.busy && (this.allPaused || this.counts.active + this.counts.waiting === this.states.paused);
  }

  /** True while the server is asked what it received of earlier attempts: totals may decrease. */
  get resuming(): boolean {
    return this.states.resuming > 0;
  }

  /** True while files are unfinished: leaving the page would interrupt them. */
  get busy(): boolean {
    return this.counts.active + this.counts.waiting > 0;
  }

  /** True while another tab sends, see `hold`. */
  get isHeld(): boolean {
    return this.held;
  }

  /** Returns the bytes per second of all files. */
  rate(now = Date.now()): number {
    return this.speeds.rate(now);
  }

  /** Returns the estimated seconds left; undefined before a first estimate. */
  timeLeft(now = Date.now()): number | undefined {
    const { totals, counts } = this;
    return this.speeds.timeLeft(totals.bytes - totals.sent, counts.active + counts.waiting, now);
  }

  rateOf(item: Item, now = Date.now()): number {
    return this.speeds.rateOf(item, now);
  }

  setParallel(parallel: number): void {
    this.options.parallel = Math.max(1, parallel);
    this.limiter.resize(this.options.parallel);
    this.startWork();
  }

  setWhenTaken(whenTaken: WhenTaken): void {
    this.options.whenTaken = whenTaken;
  }

  setHashAhead(hashAhead: boolean): void {
    this.options.hashAhead = hashAhead;
    this.startWork();
  }

  /** Sends nothing while `held`; files are still hashed. */
  hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    if (held) this.stopActive((item) => item.state !== "hashing");
    this.changed();
    this.startWork();
  }

  /** Goes on with a file whose name is taken, as the visitor decided. */
  answer(item: Item, whenTaken: WhenTaken): void {
    if (item.state !== "asking") return;
    item.whenTaken = whenTaken;
    item.abort = new AbortController();
    this.show(item, "waiting");
    this.enqueue(item);
    this.startWork();
  }

  /** Adds files. A file that is already queued for the same target is not added twice; a failed or paused one resumes. */
  add(sources: Iterable<Source>): void {
    const back = this.restoreCancelled();
    for (const source of sources) {
      const key = keyOf(source);
      if (back(source, key)) continue;
      const known = this.byKey.get(key);
      if (known && known.state !== "done" && known.state !== "skipped") {
        known.file = source.file;
        this.options.unfinished?.add(source);
        if (known.state === "failed" || known.state === "paused") this.resume(known);
        continue;
      }
      if (known) this.remove(known);
      const item: Item = {
        ...source,
        id: this.nextId++,
        plan: plan(source.file.size),
        state: "waiting",
        hashed: 0,
        sent: 0,
        hashes: undefined,
        reason: undefined,
        link: undefined,
        partial: undefined,
        known: false,
        abort: new AbortController(),
        timer: undefined,
        tries: 0,
        least: Number.POSITIVE_INFINITY,
      };
      this.keys.set(item, key);
      this.items.push(item);
      this.track(item);
      if (source.maxBytes !== undefined && item.plan.size > source.maxBytes) {
        this.show(item, "failed", { code: "size", detail: "file too big" });
        this.options.unfinished?.remove(item);
      } else {
        this.toHash.add(item);
      }
    }
    this.changed();
    this.startWork();
  }

  private track(item: Item): void {
    this.byKey.set(this.keys.get(item) ?? keyOf(item), item);
    this.tally.add(item);
    this.options.unfinished?.add(item);
  }

  /**
   * Returns a function that restores a cancelled file when it is added again (then true), and deletes a cancelled upload on
   * the server when another file is added for the same name, so that the name is free.
   */
  private restoreCancelled(): (source: Source, key: string) => boolean {
    const place = ({ folder, name }: { folder: string; name: string }): string => folder + name;
    const byKey = new Map(this.cancelled.map((item) => [this.keys.get(item), item]));
    const byPlace = new Map(this.cancelled.map((item) => [place(item), item]));
    return (source, key) => {
      const same = byKey.get(key);
      const other = byPlace.get(place(source));
      if (other && other !== same) this.cancelQueue.flush((item) => item === other);
      // Its upload may have been deleted meanwhile: then it starts as a new file.
      if (!same || this.cancelQueue.restore((item) => item === same).length === 0) return false;
      byKey.delete(key);
      same.file = source.file;
      this.rejoin(same);
      return true;
    };
  }

  pause(item: Item): void {
    if (tabOf(item.state) !== "active" && item.state !== "waiting") return;
    this.stop(item);
    this.show(item, "paused");
  }

  /** Resumes a paused or failed file, and immediately retries one that waits for its next attempt. */
  resume(item: Item): void {
    const resting = item.timer !== undefined;
    if (item.state !== "paused" && item.state !== "failed" && !resting) return;
    clearTimeout(item.timer);
    item.timer = undefined;
    // A file that changed during the upload has other hashes now.
    if (item.reason?.code === "changed" || item.reason?.code === "unreadable") {
      this.forgetHashes(item);
      if (item.partial) this.deletePartials([item.partial]);
      item.partial = undefined;
    }
    item.abort = new AbortController();
    item.tries = 0;
    this.connectivity.retryNow();
    this.show(item, "waiting");
    this.enqueue(item);
    this.startWork();
  }

  /** Removes a file. Unless it is complete, this can be undone for a short time; then its upload is deleted on the server. */
  cancel(item: Item): void {
    const isUnfinished = tabOf(item.state) !== "done";
    this.stop(item);
    this.options.unfinished?.remove(item);
    this.remove(item);
    if (isUnfinished) this.cancelQueue.add([item]);
    this.changed();
    this.startWork();
  }

  /** Cancelled files that can still be restored. */
  get cancelled(): readonly Item[] {
    return this.cancelQueue.waiting;
  }

  /** Restores all cancelled files that can be restored. */
  undoCancel(): void {
    for (const item of this.cancelQueue.restore()) this.rejoin(item);
    this.changed();
    this.startWork();
  }

  /** Deletes cancelled uploads on the server now; called when the page is left. */
  discardCancelled(): void {
    this.cancelQueue.flush();
  }

  private deletePartials(partials: ServerPartial[]): void {
    const { keepalive, post, base, pause } = this.options;
    void deletePartials(keepalive ?? post, base, partials, pause);
  }

  private rejoin(item: Item): void {
    item.abort = new AbortController();
    item.state = "waiting";
    item.reason = undefined;
    item.tries = 0;
    const at = this.items.findIndex((other) => other.id > item.id);
    this.items.splice(at < 0 ? this.items.length : at, 0, item);
    this.track(item);
    this.enqueue(item);
  }

  pauseAll(): void {
    this.allPaused = true;
    this.stopActive(() => true);
    this.changed();
  }

  /** Puts active files back into the queue. */
  private stopActive(which: (item: Item) => boolean): void {
    for (const item of this.items) {
      if (tabOf(item.state) !== "active" || !which(item)) continue;
      this.stop(item);
      item.abort = new AbortController();
      this.show(item, "waiting");
      this.enqueue(item);
    }
  }

  resumeAll(): void {
    this.allPaused = false;
    this.connectivity.retryNow();
    for (const item of this.items) if (item.state === "paused") this.resume(item);
    this.changed();
    this.startWork();
  }

  retryFailed(): void {
    for (const item of this.items) if (item.state === "failed" && canRetry(item)) this.resume(item);
  }

  cancelAll(): void {
    this.toHash.clear();
    this.toSend.clear();
    const cancelled = this.items.filter((item) => tabOf(item.state) !== "done");
    for (const item of cancelled) {
      this.stop(item);
      this.options.unfinished?.remove(item);
    }
    this.drop((item) => tabOf(item.state) !== "done");
    this.cancelQueue.add(cancelled);
    this.allPaused = false;
  }

  /** Removes finished files; totals then count the remaining ones only. */
  clearDone(): void {
    this.drop((item) => tabOf(item.state) === "done");
  }

  private drop(which: (item: Item) => boolean): void {
    const gone = this.items.filter(which);
    const kept = this.items.filter((item) => !which(item));
    this.items.length = 0;
    this.items.push(...kept);
    for (const item of gone) this.untrack(item);
    this.changed();
    this.startWork();
  }

  private remove(item: Item): void {
    const at = this.items.indexOf(item);
    if (at < 0) return;
    this.items.splice(at, 1);
    this.untrack(item);
  }

  private untrack(item: Item): void {
    this.tally.remove(item);
    const key = this.keys.get(item);
    if (key !== undefined && this.byKey.get(key) === item) this.byKey.delete(key);
    this.removePending(item);
  }

  private removePending(item: Item): void {
    if (item.state !== "waiting") return;
    this.toHash.remove(item);
    this.toSend.remove(item);
  }

  private stop(item: Item): void {
    clearTimeout(item.timer);
    item.timer = undefined;
    item.abort.abort(new DOMException("stopped", "AbortError"));
    this.removePending(item);
    if (!item.hashes) this.forgetHashes(item);
  }

  private forgetHashes(item: Item): void {
    this.tally.totals.hashed -= item.hashed;
    item.hashed = 0;
    item.hashes = undefined;
  }

  private enqueue(item: Item): void {
    (item.hashes ? this.toSend : this.toHash).add(item);
  }

  private startWork(): void {
    const { hashing, sending, toHash, toSend, options } = this;
    const mayHash = (): boolean =>
      options.hashAhead !== false ||
      sending.small + sending.large + toSend.count("small") + toSend.count("large") === 0;
    const hashes = (sizeClass: SizeClass): boolean =>
      mayHash() &&
      hashing.small + hashing.large < MAX_HASHING &&
      (sizeClass === "small" || hashing.large < MAX_HASHING / 2) &&
      toSend.count(sizeClass) < MAX_HASHED_AHEAD;
    const sends = (sizeClass: SizeClass): boolean =>
      sending.small + sending.large < SENDING_PER_CONNECTION * options.parallel &&
      (sizeClass === "small" || sending.large < LARGE_PER_CONNECTION * options.parallel);
    while (!this.allPaused) {
      const item = toHash.next(hashes);
      if (!item) break;
      void this.hashItem(item);
    }
    while (!this.allPaused && !this.held) {
      const item = toSend.next(sends);
      if (!item) break;
      void this.deliverItem(item);
    }
  }

  private async hashItem(item: Item): Promise<void> {
    const { signal } = item.abort;
    this.hashing[sizeClassOf(item)]++;
    this.show(item, "hashing");
    const progress = (bytes: number): void => {
      if (signal.aborted) return;
      item.hashed += bytes;
      this.tally.totals.hashed += bytes;
      this.changed();
    };
    try {
      if (item.quick && (await this.isThere(item, signal))) return;
      const hashes = await this.options.hasher.hash(item.file, item.plan, progress, signal);
      if (!signal.aborted) {
        item.hashes = hashes;
        this.show(item, "waiting");
        this.enqueue(item);
      }
    } catch (error) {
      if (!signal.aborted) {
        // Abort, so that the remaining chunks of this file are not hashed in vain.
        item.abort.abort(error);
        const code = error instanceof Unreadable ? "unreadable" : "internal";
        this.forgetHashes(item);
        this.show(item, "failed", { code, detail: String(error instanceof Error ? error.message : error) });
      }
    } finally {
      this.hashing[sizeClassOf(item)]--;
      this.startWork();
    }
  }

  /** The fast check: ends the file without reading it if one of the same name, size and date is there. */
  private async isThere(item: Item, signal: AbortSignal): Promise<boolean> {
    const url = item.folder + encodeName(item.name);
    const isThere = isFoundAt(await this.options.peek?.(url), item.plan.size, item.modified);
    if (signal.aborted || !isThere) return false;
    item.known = true;
    item.link = url;
    this.sent(item, item.plan.size, 0);
    this.applyOutcome(item, { end: "done" });
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
      if (!signal.aborted) this.show(item, "failed", { code: "internal", detail: String(error) });
    } finally {
      this.sending[sizeClassOf(item)]--;
    }
    if (outcome && !signal.aborted) this.applyOutcome(item, outcome);
    this.startWork();
  }

  private applyOutcome(item: Item, outcome: DeliveryOutcome): void {
    if (outcome.end === "later") {
      item.timer = setTimeout(() => {
        item.timer = undefined;
        this.enqueue(item);
        this.startWork();
      }, outcome.wait);
      return;
    }
    if (outcome.end === "asking") return;
    this.speeds.ended(item);
    if (outcome.end === "done") {
      this.show(item, "done");
      this.options.finished?.(item);
    }
    if (outcome.end !== "failed") this.options.unfinished?.remove(item);
  }

  private show(item: Item, state: State, reason?: Reason): void {
    this.tally.move(item, state);
    // During a retry, keep showing the reason of the pause before it.
    if (reason || (state !== "starting" && state !== "checking")) item.reason = reason;
    this.changed();
  }

  private sent(item: Item, bytes: number, moved: number): void {
    // Requests of a cancelled file may report progress after it was removed from the totals.
    const key = this.keys.get(item);
    if (key !== undefined && this.byKey.get(key) === item) this.tally.totals.sent += bytes - item.sent;
    item.sent = bytes;
    if (moved !== 0) this.speeds.sent(item, moved);
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
