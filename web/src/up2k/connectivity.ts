// Tracks whether the server answers. After a lost connection all requests wait together, longer after each failure, and the
// first success releases them; otherwise a queue of thousands would overload a server that is just restarting.

export class Connectivity {
  private failures = 0;
  private until = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Set<() => void>();

  /** `pause`: milliseconds after the first failure; doubles up to `longestPause`. */
  constructor(
    private readonly pause = 1000,
    private readonly longestPause = 15_000,
  ) {}

  /** Returns the milliseconds until the next retry; 0 while connected. */
  msUntilRetry(now = Date.now()): number {
    return Math.max(0, this.until - now);
  }

  get isLost(): boolean {
    return this.failures > 0;
  }

  reportLost(now = Date.now()): void {
    // Concurrent requests fail together; they count as one failure.
    if (now < this.until) return;
    this.failures++;
    this.until = now + Math.min(this.longestPause, this.pause * 2 ** (this.failures - 1));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.retryNow(), this.until - now);
  }

  reportSuccess(): void {
    this.failures = 0;
    this.retryNow();
  }

  /** Releases all waiting requests now: the browser is online again, or the person pressed "Retry". */
  retryNow(): void {
    this.until = 0;
    clearTimeout(this.timer);
    const all = [...this.waiting];
    this.waiting.clear();
    for (const go of all) go();
  }

  waitUntilRetry(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.msUntilRetry() === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        this.waiting.delete(go);
        reject(signal.reason);
      };
      this.waiting.add(go);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
