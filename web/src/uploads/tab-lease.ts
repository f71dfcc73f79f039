// Only one tab of this browser sends at a time: whichever holds the lease in local storage (web locks exist over https only). The
// holder renews it. Timers of hidden tabs may be delayed by a minute, so a tab that waits asks first, and the holder answers at once:
// events of the storage are not delayed.

/** The part of `Storage` that is used; tests replace it. */
interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

interface Lease {
  tab: string;
  /** milliseconds since 1970 */
  at: number;
}

const KEY = "potluck.uploading";
const ASK_KEY = "potluck.uploading.ask";

const RENEW_MS = 5000;
/** A lease that was not renewed for this long is taken after a question without an answer. */
const STALE_MS = 12_000;
const ANSWER_MS = 3000;

export class TabLease {
  private readonly tab = Math.random().toString(36).slice(2);
  private timer: ReturnType<typeof setInterval> | undefined;
  private mine = false;
  private asked = 0;

  /** `changed` is called with whether this tab holds the lease; after `want`, at once. */
  constructor(
    private readonly store: Store | undefined,
    private readonly changed: (mine: boolean) => void,
    private readonly now: () => number = Date.now,
  ) {
    globalThis.addEventListener?.("storage", (event) => this.follow((event as StorageEvent).key));
  }

  /** Takes the lease now or as soon as it is free, and keeps it until `release`. */
  want(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => this.step(), RENEW_MS / 5);
    this.changed(this.mine);
    this.step();
  }

  /** Gives the lease back, and wants it no longer. */
  release(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.mine) this.write(() => this.store?.removeItem(KEY));
    this.mine = false;
  }

  /** Called by a timer, and when the storage has changed. */
  step(): void {
    const lease = this.read();
    const now = this.now();
    const isFree = !lease || lease.tab === this.tab || this.isAbandoned(lease, now);
    if (isFree && (lease?.tab !== this.tab || now - lease.at >= RENEW_MS)) this.take(now);
    if (isFree === this.mine) return;
    this.mine = isFree;
    this.changed(isFree);
  }

  private isAbandoned(lease: Lease, now: number): boolean {
    if (now - lease.at < STALE_MS) {
      this.asked = 0;
      return false;
    }
    if (this.asked === 0) {
      this.asked = now;
      this.write(() => this.store?.setItem(ASK_KEY, String(now)));
    }
    return now - this.asked >= ANSWER_MS;
  }

  private follow(key: string | null): void {
    if (this.timer === undefined) return;
    if (key === ASK_KEY && this.mine && this.read()?.tab === this.tab) this.take(this.now());
    else if (key === KEY) this.step();
  }

  private take(now: number): void {
    this.asked = 0;
    this.write(() => this.store?.setItem(KEY, JSON.stringify({ tab: this.tab, at: now } satisfies Lease)));
  }

  private write(work: () => void): void {
    try {
      work();
    } catch {
      // Storage is full or forbidden: then all tabs send.
    }
  }

  private read(): Lease | undefined {
    try {
      const lease = JSON.parse(this.store?.getItem(KEY) ?? "null") as Partial<Lease> | null;
      return typeof lease?.tab === "string" && typeof lease.at === "number" ? (lease as Lease) : undefined;
    } catch {
      return undefined;
    }
  }
}
