// A bounded number of requests at once; the earliest file goes first. Bodies of large files ("bulk" requests) never hold every
// place: one film would otherwise keep hundreds of small files waiting until it has arrived.

interface Waiter {
  order: number;
  admit: () => void;
}

/** What a request carries: the body of a file that needs several requests, or anything shorter. */
export type Load = "short" | "bulk";

export class RequestLimiter {
  private readonly running: Record<Load, number> = { short: 0, bulk: 0 };
  private readonly waiting: Record<Load, Waiter[]> = { short: [], bulk: [] };
  /** what was admitted last; decides where there is a single place */
  private lastAdmitted: Load = "short";

  constructor(private width: number) {}

  /** May grow and shrink while in use; running work is never interrupted. */
  resize(width: number): void {
    this.width = Math.max(1, width);
    this.admitNext();
  }

  /** Runs `work` when there is room. Lower `order` is admitted first, equal ones in order of arrival. */
  async run<T>(order: number, signal: AbortSignal, work: () => Promise<T>, load: Load = "short"): Promise<T> {
    await this.acquire(order, signal, load);
    try {
      return await work();
    } finally {
      this.running[load]--;
      this.admitNext();
    }
  }

  private acquire(order: number, signal: AbortSignal, load: Load): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const queue = this.waiting[load];
      const abort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        order,
        admit: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      let at = queue.length;
      while (at > 0 && (queue[at - 1] as Waiter).order > order) at--;
      queue.splice(at, 0, waiter);
      this.admitNext();
    });
  }

  /** The kind of request that is admitted next; undefined while nothing may be. */
  private chooseNext(): Load | undefined {
    const { running, waiting, width } = this;
    const [short, bulk] = [waiting.short[0], waiting.bulk[0]];
    if (running.short + running.bulk >= width) return undefined;
    const fits = bulk !== undefined && running.bulk < Math.max(1, width - 1);
    if (!short || !fits) return short ? "short" : fits ? "bulk" : undefined;
    // Both wait. Bulk has half of the places for certain, short ones the rest; a single place is taken in turn.
    const half = width === 1 ? this.lastAdmitted === "bulk" : running.bulk >= Math.ceil(width / 2);
    return half || short.order <= bulk.order ? "short" : "bulk";
  }

  private admitNext(): void {
    for (let load = this.chooseNext(); load; load = this.chooseNext()) {
      this.running[load]++;
      this.lastAdmitted = load;
      this.waiting[load].shift()?.admit();
    }
  }
}
