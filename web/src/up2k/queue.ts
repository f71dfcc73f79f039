// The upload queue: its files and their states. Uses no DOM; the screen subscribes to changes.
//
//   waiting -> hashing -> waiting (hashed) -> starting -> sending -> checking -> done | skipped | failed
//                                               asking -> waiting

import { Bundler } from "./bundler.ts";
import { CancelQueue, deletePartials, type ServerPartial } from "./cancel-queue.ts";
import { Connectivity } from "./connectivity.ts";
import type { DeliveryContext, DeliveryOutcome } from "./delivery.ts";
import type { WhenTaken } from "./handshake.ts";
import {
  canRetry,
  type Item,
  isRefusedForGood,
  keyOf,
  newItem,
  type Reason,
  type Source,
  type State,
  sizeFault,
  type Tab,
  tabOf,
} from "./item.ts";
import { Pace } from "./pace.ts";
import type { QueueOptions } from "./queue-options.ts";
import { RequestLimiter } from "./request-limiter.ts";
import { Scheduler } from "./scheduler.ts";
import { MAX_REQUEST } from "./sender.ts";
import { Speeds } from "./speeds.ts";
import { Tally, type Totals } from "./tally.ts";

export class Queue {
  readonly items: Item[] = [];
  readonly connectivity: Connectivity;
  private readonly cancelQueue: CancelQueue;
  private readonly tally = new Tally();
  private readonly speeds = new Speeds();
  private readonly byKey = new Map<string, Item>();
  private readonly keys = new WeakMap<Item, string>();
  private nextId = 1;
  private readonly limiter: RequestLimiter;
  private readonly scheduler: Scheduler;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: QueueOptions) {
    this.limiter = new RequestLimiter(options.parallel);
    this.connectivity = new Connectivity(options.pause);
    this.cancelQueue = new CancelQueue(
      (partials) => this.deletePartials(partials),
      () => this.changed(),
      options.grace,
    );
    const limit = options.limit ?? MAX_REQUEST;
    const pace = new Pace(MAX_REQUEST);
    const context: DeliveryContext = {
      post: options.post,
      bundler: options.bundles ? new Bundler(options.post, this.limiter, pace, () => context.limit) : undefined,
      limiter: this.limiter,
      connectivity: this.connectivity,
      base: options.base,
      limit,
      pace,
      width: () => this.options.parallel,
      whenTaken: () => this.options.whenTaken,
      show: this.show,
      progress: this.progress,
      createdLate: (item: Item, partial: ServerPartial) => this.cancelQueue.addLate(item, partial),
    };
    this.scheduler = new Scheduler(options, context, {
      show: this.show,
      hashed: (item, bytes) => {
        item.hashed += bytes;
        this.tally.totals.hashed += bytes;
        this.changed();
      },
      forgetHashes: (item) => this.forgetHashes(item),
      ended: (item, outcome) => this.applyOutcome(item, outcome),
    });
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
    return this.busy && (this.scheduler.isPaused || this.counts.active + this.counts.waiting === this.states.paused);
  }

  /** Whether a file is paused, by itself or with all others. */
  isPaused({ state }: Item): boolean {
    return state === "paused" || (this.scheduler.isPaused && (state === "waiting" || tabOf(state) === "active"));
  }

  /** True while the server is asked what it received of earlier attempts: the figures stand still. */
  get resuming(): boolean {
    return this.states.resuming > 0;
  }

  /** True while files are unfinished: leaving the page would interrupt them. */
  get busy(): boolean {
    return this.counts.active + this.counts.waiting > 0;
  }

  /** True while another tab sends, see `hold`. */
  get isHeld(): boolean {
    return this.scheduler.isHeld;
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
    this.scheduler.start();
  }

  setWhenTaken(whenTaken: WhenTaken): void {
    this.options.whenTaken = whenTaken;
  }

  setHashAhead(hashAhead: boolean): void {
    this.options.hashAhead = hashAhead;
    this.scheduler.start();
  }

  /** Sends nothing while `held`; files are still hashed. */
  hold(held: boolean): void {
    if (held === this.scheduler.isHeld) return;
    this.scheduler.isHeld = held;
    if (held) this.stopActive((item) => item.state !== "hashing");
    this.changed();
    this.scheduler.start();
  }

  /** Goes on with a file whose name is taken, as the visitor decided. */
  answer(item: Item, whenTaken: WhenTaken): void {
    if (item.state !== "asking") return;
    item.whenTaken = whenTaken;
    item.abort = new AbortController();
    this.show(item, "waiting");
    this.scheduler.add(item);
    this.scheduler.start();
  }

  /** Adds files. A file that is already queued for the same target is not added twice; a failed or paused one resumes. */
  add(sources: Iterable<Source>): void {
    const back = this.restoreCancelled();
    const unreadable = this.unreadable();
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
      const old = unreadable.get(source.folder + source.path);
      if (old) this.remove(old);
      const item = newItem(source, this.nextId++);
      this.keys.set(item, key);
      this.items.push(item);
      this.track(item);
      const detail = sizeFault(item);
      if (detail) {
        this.show(item, "failed", { code: "size", detail });
        this.options.unfinished?.remove(item);
      } else {
        this.scheduler.add(item);
      }
    }
    this.changed();
    this.scheduler.start();
  }

  /** Returns files that could not be read any more, by place: one that is chosen again has another size or date now. */
  private unreadable(): Map<string, Item> {
    const failed = this.counts.failed > 0 ? this.items.filter(({ reason }) => reason?.code === "unreadable") : [];
    return new Map(failed.map((item) => [item.folder + item.path, item]));
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

  /** Resumes a paused or failed file, and immediately retries one that waits for its next attempt */
  resume(item: Item): void {
    const resting = item.timer !== undefined;
    if (item.state !== "paused" && item.state !== "failed" && !resting) return;
    clearTimeout(item.timer);
    item.timer = undefined;
    if (item.state === "failed" && isRefusedForGood(item)) this.options.unfinished?.add(item);
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
    this.scheduler.add(item);
    this.scheduler.start();
  }

  /** Removes a file. Unless it is complete, this can be undone for a short time; then its upload is deleted on the server. */
  cancel(item: Item): void {
    const isUnfinished = tabOf(item.state) !== "done";
    this.stop(item);
    this.options.unfinished?.remove(item);
    this.remove(item);
    if (isUnfinished) this.keepCancelled([item]);
    this.changed();
    this.scheduler.start();
  }

  /** Cancelled files that can still be restored. */
  get cancelled(): readonly Item[] {
    return this.cancelQueue.waiting;
  }

  /** Restores all cancelled files that can be restored. */
  undoCancel(): void {
    for (const item of this.cancelQueue.restore()) this.rejoin(item);
    this.changed();
    this.scheduler.start();
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
    this.scheduler.add(item);
  }

  pauseAll(): void {
    this.scheduler.isPaused = true;
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
      this.scheduler.add(item);
    }
  }

  /** Resumes a file as `resume` does, also out of a queue that is paused as a whole: the others stay paused, each by itself. */
  resumeAlone(item: Item): void {
    if (this.scheduler.isPaused) {
      this.scheduler.isPaused = false;
      for (const other of this.items) this.pause(other);
    }
    this.resume(item);
  }

  resumeAll(): void {
    this.scheduler.isPaused = false;
    this.connectivity.retryNow();
    for (const item of this.items) if (item.state === "paused") this.resume(item);
    this.changed();
    this.scheduler.start();
  }

  retryFailed(): void {
    for (const item of this.items) if (item.state === "failed" && canRetry(item)) this.resume(item);
  }

  cancelAll(): void {
    this.scheduler.clear();
    this.cancelThose((item) => tabOf(item.state) !== "done");
    this.scheduler.isPaused = false;
  }

  /** Removes failed files. Of those that could be tried again, this can be undone for a short time. */
  removeFailed(): void {
    this.cancelThose((item) => item.state === "failed");
  }

  private cancelThose(which: (item: Item) => boolean): void {
    const cancelled = this.items.filter(which);
    for (const item of cancelled) {
      this.stop(item);
      this.options.unfinished?.remove(item);
    }
    this.drop(which);
    this.keepCancelled(cancelled);
  }

  private keepCancelled(items: readonly Item[]): void {
    this.cancelQueue.add(items);
    // What is refused in any case does not come back.
    this.cancelQueue.flush((item) => item.state === "failed" && !canRetry(item));
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
    this.scheduler.start();
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
    if (item.state === "waiting") this.scheduler.remove(item);
  }

  private stop(item: Item): void {
    clearTimeout(item.timer);
    item.timer = undefined;
    item.abort.abort(new DOMException("stopped", "AbortError"));
    if (item.state === "waiting") this.scheduler.remove(item);
    if (!item.hashes) this.forgetHashes(item);
  }

  private forgetHashes(item: Item): void {
    this.tally.totals.hashed -= item.hashed;
    item.hashed = 0;
    item.hashes = undefined;
    item.content = undefined;
  }

  private applyOutcome(item: Item, outcome: DeliveryOutcome): void {
    if (outcome.end === "later") {
      item.timer = setTimeout(() => {
        item.timer = undefined;
        this.scheduler.add(item);
        this.scheduler.start();
      }, outcome.wait);
      return;
    }
    if (outcome.end === "asking") return;
    this.speeds.ended(item);
    if (outcome.end === "done") {
      this.show(item, "done");
      this.options.finished?.(item);
    }
    if (outcome.end !== "failed" || isRefusedForGood(item)) this.options.unfinished?.remove(item);
  }

  private readonly show = (item: Item, state: State, reason?: Reason): void => {
    this.tally.move(item, state);
    // During a retry, keep showing the reason of the pause before it.
    if (reason || (state !== "starting" && state !== "checking")) item.reason = reason;
    this.changed();
  };

  private readonly progress = (item: Item, received: number, inFlight: number, moved: number): void => {
    const now = Math.min(item.plan.size, received + inFlight);
    const sent = received < item.received ? now : Math.max(item.sent, now);
    // Requests of a cancelled file may report progress after it was removed from the totals.
    const key = this.keys.get(item);
    if (key !== undefined && this.byKey.get(key) === item) this.tally.totals.sent += sent - item.sent;
    item.sent = sent;
    item.received = received;
    item.inFlight = inFlight;
    if (moved !== 0) this.speeds.sent(item, moved);
    this.changed();
  };

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
