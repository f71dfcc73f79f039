// Limits the number of concurrent requests; the earliest file goes first. Bodies of large files ("bulk" requests) never take
// all slots: otherwise one film would keep hundreds of small files waiting until it is uploaded.

interface Waiter {
  order: number;
  admit: () => void;
}

/** Kind of a request: `bulk` carries part of a file that needs several requests; everything else is `short`. */
export type Load = "short" | "bulk";

export class RequestLimiter {
  private readonly running: Record<Load, number> = { short: 0, bulk: 0 };
  private readonly waiting: Record<Load, Waiter[]> = { short: [], bulk: [] };
  /** kind admitted last; with a single slot the kinds alternate */
  private lastAdmitted: Load = "short";

  constructor(private width: number) {}

  /** Sets the number of slots, at least 1. Running work is not interrupted. */
  resize(width: number): void {
    this.width = Math.max(1, width);
    this.admitNext();
  }

  /**
   * Runs `work` when a slot is free. Lower `order` goes first, equal ones in order of arrival. Aborting `signal` while waiting
   * rejects with its reason.
   */
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

  /** Returns the kind to admit next; undefined when no slot is free or no request waits. */
  private chooseNext(): Load | undefined {
    const { running, waiting, width } = this;
    const [short, bulk] = [waiting.short[0], waiting.bulk[0]];
    if (running.short + running.bulk >= width) return undefined;
    const fits = bulk !== undefined && running.bulk < Math.max(1, width - 1);
    if (!short || !fits) return short ? "short" : fits ? "bulk" : undefined;
    // Both kinds wait: bulk gets half of the slots, short requests the rest; a single slot alternates.
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
