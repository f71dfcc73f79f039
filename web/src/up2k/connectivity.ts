// Whether the server answers. After a lost connection everybody waits together, longer each time, and the first success
// lets all go on; otherwise a queue of thousands would hammer a server that is just coming back.

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

  /** Milliseconds until the next try; 0 when the line is good. */
  msUntilRetry(now = Date.now()): number {
    return Math.max(0, this.until - now);
  }

  get isLost(): boolean {
    return this.failures > 0;
  }

  reportLost(now = Date.now()): void {
    // Requests that ran side by side fail side by side: one failure.
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

  /** Try now: the browser says it is online again, or somebody pressed "Retry". */
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
