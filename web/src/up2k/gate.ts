// A bounded number of requests at once; the earliest file goes first.

interface Waiter {
  order: number;
  admit: () => void;
}

export class Gate {
  private running = 0;
  private readonly waiting: Waiter[] = [];

  constructor(private width: number) {}

  /** May grow and shrink while in use; running work is never interrupted. */
  resize(width: number): void {
    this.width = Math.max(1, width);
    this.next();
  }

  /** Runs `work` when there is room. Lower `order` is admitted first, equal ones in order of arrival. */
  async run<T>(order: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(order, signal);
    try {
      return await work();
    } finally {
      this.running--;
      this.next();
    }
  }

  private enter(order: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.running < this.width && this.waiting.length === 0) {
      this.running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
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
      let at = this.waiting.length;
      while (at > 0 && (this.waiting[at - 1] as Waiter).order > order) at--;
      this.waiting.splice(at, 0, waiter);
    });
  }

  private next(): void {
    while (this.running < this.width) {
      const waiter = this.waiting.shift();
      if (!waiter) return;
      this.running++;
      waiter.admit();
    }
  }
}
