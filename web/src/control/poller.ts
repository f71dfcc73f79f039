// Asks again and again while the page is visible.

/** Called for each round. Rejects if the server gives no answer. Resolves to the milliseconds until the next round. */
export type Round = () => Promise<number>;

/** After a failure rounds become rarer, up to this many milliseconds. */
const SLOWEST_MS = 30_000;

export interface PollerTiming {
  /** milliseconds after the first failure; doubled with each further one */
  retryMs: number;
  setTimer: (work: () => void, ms: number) => number;
  clearTimer: (timer: number) => void;
}

const REAL: PollerTiming = {
  retryMs: 2000,
  setTimer: (work, ms) => setTimeout(work, ms) as unknown as number,
  clearTimer: (timer) => clearTimeout(timer),
};

/** Runs rounds, one at a time. `failed` is told whether the last round has failed. */
export class Poller {
  private timer: number | undefined;
  private isRunning = false;
  private isActive = false;
  private failures = 0;

  constructor(
    private readonly round: Round,
    private readonly failed: (failed: boolean) => void = () => {},
    private readonly timing: PollerTiming = REAL,
  ) {}

  /** Starts or stops rounds with the visibility of the page. */
  follow(page: Document): void {
    const look = (): void => (page.visibilityState === "visible" ? this.start() : this.stop());
    page.addEventListener("visibilitychange", look);
    look();
  }

  /** Begins a round now, unless one runs. */
  start(): void {
    this.isActive = true;
    void this.run();
  }

  stop(): void {
    this.isActive = false;
    if (this.timer !== undefined) this.timing.clearTimer(this.timer);
    this.timer = undefined;
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    if (this.timer !== undefined) this.timing.clearTimer(this.timer);
    this.timer = undefined;
    this.isRunning = true;
    let next: number;
    try {
      next = await this.round();
      this.failures = 0;
      this.failed(false);
    } catch {
      next = Math.min(SLOWEST_MS, this.timing.retryMs * 2 ** this.failures);
      this.failures++;
      this.failed(true);
    }
    this.isRunning = false;
    if (this.isActive) this.timer = this.timing.setTimer(() => void this.run(), next);
  }
}
