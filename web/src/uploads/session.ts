// The queue of a page, and what surrounds it on every page: preferences, waking up after sleep, leaving, title and icon, one tab at
// a time, what is announced to screen readers.
import { storage } from "../browse/preferences.ts";
import { poolSize, WorkerHasher } from "../up2k/hasher.ts";
import type { Item, Source } from "../up2k/item.ts";
import { fetchPeek } from "../up2k/peek.ts";
import { Queue } from "../up2k/queue.ts";
import { hurryRequests, keepaliveTransport, xhrTransport } from "../up2k/transport.ts";
import { UnfinishedFiles } from "../up2k/unfinished.ts";
import { UNFINISHED_KEY } from "../up2k/unfinished-key.ts";
import { Announcer } from "./announcer.ts";
import { signalEnd } from "./end-signal.ts";
import { inOrder, load, type Preferences, resolvePreferences, save } from "./options.ts";
import type { Picked } from "./picked.ts";
import type { UploadRules } from "./rules.ts";
import { ScreenLock } from "./screen-lock.ts";
import { type Selection, selectionOf, selectionParts } from "./selection.ts";
import { Signs } from "./signs.ts";
import { TabLease } from "./tab-lease.ts";
import type { Target } from "./target.ts";

declare const WORKER_FILE: string;

const startWorker = (): Worker => new Worker(new URL(WORKER_FILE, import.meta.url));

/** Milliseconds between two looks at the queue: it changes often. */
const LOOK_INTERVAL_MS = 250;

export class UploadSession {
  readonly hasher = new WorkerHasher(startWorker);
  readonly unfinished = new UnfinishedFiles(storage());
  readonly queue: Queue;
  readonly announcer = new Announcer();
  private preferences: Preferences;
  private readonly signs = new Signs();
  private readonly screen = new ScreenLock();
  private readonly lease = new TabLease(storage(), (mine) => this.queue.hold(this.preferences.oneTab && !mine));
  private readonly watchers: (() => void)[] = [];
  private timer = 0;

  /** `finished` is called with every complete file. */
  constructor(base: string, rules: UploadRules, perms: readonly string[], finished: (item: Item) => void = () => {}) {
    this.preferences = resolvePreferences(load(storage()), rules, perms);
    this.queue = new Queue({
      hasher: this.hasher,
      post: xhrTransport,
      keepalive: keepaliveTransport,
      base,
      bundles: true,
      parallel: this.preferences.parallel,
      whenTaken: this.preferences.whenTaken,
      hashAhead: this.preferences.hashAhead,
      unfinished: this.unfinished,
      peek: fetchPeek,
      finished,
      ...(rules.max_request === undefined ? {} : { limit: rules.max_request }),
    });
    this.setThreads();
    this.announcer.ended = (result) => this.tellEnd(result);
    this.queue.subscribe(() => {
      // At once: a batch may start and end between two looks.
      this.announcer.note(this.queue);
      if (!this.timer) this.timer = setTimeout(() => this.look(), LOOK_INTERVAL_MS) as unknown as number;
    });
    this.listen();
  }

  /** Calls `watch` after changes of the queue, a few times a second. */
  onLook(watch: () => void): void {
    this.watchers.push(watch);
  }

  /** Returns the visitor's preferences for a folder. */
  preferencesFor({ rules, perms }: Pick<Target, "rules" | "perms">): Preferences {
    return resolvePreferences(load(storage()), rules, perms);
  }

  /** Keeps a choice and applies it to the queue, to files that wait, too. */
  choose(chosen: Partial<Preferences>, target: Pick<Target, "rules" | "perms">): void {
    save(storage(), chosen);
    this.preferences = this.preferencesFor(target);
    const { queue, preferences } = this;
    if (chosen.parallel !== undefined) queue.setParallel(preferences.parallel);
    if (chosen.hashAhead !== undefined) queue.setHashAhead(preferences.hashAhead);
    if (chosen.oneTab !== undefined) this.takeTurns();
    if (chosen.threads !== undefined) this.setThreads();
    if (chosen.whenTaken === undefined) return;
    queue.setWhenTaken(preferences.whenTaken);
    for (const item of queue.items) if (item.state === "waiting") item.whenTaken = preferences.whenTaken;
  }

  private setThreads(): void {
    this.hasher.resize(this.preferences.threads || poolSize(navigator.hardwareConcurrency));
  }

  private tellEnd(result: string): void {
    const { tell, sound } = this.preferences;
    signalEnd(result, { tell, sound });
  }

  /**
   * Yields what was picked: in parts, unless its files are put in order or asked about as a `whole`. `add` then takes the sources
   * of each part.
   */
  async *selections(picked: Picked, target: Target, whole = false): AsyncGenerator<Selection> {
    if (whole || this.preferencesFor(target).order !== "added") yield await selectionOf(picked, target.folder);
    else yield* selectionParts(picked, target.folder);
  }

  /** Adds files to the queue, as the preferences for the folder say. */
  add(sources: readonly Source[], target: Target): void {
    const { whenTaken, order, random, quick, keepDates, lifetime } = this.preferencesFor(target);
    const { max_file_bytes: maxBytes, min_file_bytes: minBytes } = target.rules;
    const mayReplace = target.perms.includes("delete");
    const limits = { ...(maxBytes === undefined ? {} : { maxBytes }), ...(minBytes === undefined ? {} : { minBytes }) };
    const rules = { whenTaken, random, quick, undated: !keepDates, lifetime, mayReplace, ...limits };
    this.queue.add(inOrder(sources, order).map((source) => ({ ...source, ...rules })));
    this.takeTurns();
  }

  private takeTurns(): void {
    if (this.preferences.oneTab && this.queue.busy) this.lease.want();
    else this.lease.release();
    if (!this.preferences.oneTab) this.queue.hold(false);
  }

  private look(): void {
    this.timer = 0;
    const { queue } = this;
    this.takeTurns();
    this.signs.show(queue);
    this.screen.keep(queue.busy && !queue.paused);
    this.announcer.look(queue);
    for (const watch of this.watchers) watch();
  }

  private listen(): void {
    const { queue } = this;
    const wake = (): void => {
      if (document.visibilityState !== "visible") return;
      hurryRequests();
      queue.connectivity.retryNow();
    };
    window.addEventListener("online", wake);
    window.addEventListener("pageshow", wake);
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("pagehide", () => {
      this.unfinished.flush();
      queue.discardCancelled();
      this.lease.release();
    });
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === UNFINISHED_KEY && newValue === null) this.unfinished.forget();
    });
    window.addEventListener("beforeunload", (event) => {
      if (queue.busy) event.preventDefault();
    });
  }
}
