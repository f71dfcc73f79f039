// Measures bytes per second over the last seconds, for the speed and the time left.

const WINDOW_MS = 8_000;
const STEP_MS = 250;

export class Meter {
  private readonly marks: { at: number; total: number }[] = [];
  private total = 0;

  /** Adds bytes; negative when a request that was partly sent has to start again. */
  add(bytes: number, now: number): void {
    this.total += bytes;
    const last = this.marks[this.marks.length - 1];
    if (!last || now - last.at >= STEP_MS) this.marks.push({ at: now, total: this.total });
    while (this.marks.length > 2 && now - (this.marks[0]?.at ?? now) > WINDOW_MS) this.marks.shift();
  }

  /** Returns bytes per second; 0 before the first measurement, and after a pause longer than the window. */
  rate(now: number): number {
    const first = this.marks.find((mark) => now - mark.at <= WINDOW_MS);
    if (!first || now - first.at < STEP_MS) return 0;
    return Math.max(0, ((this.total - first.total) * 1000) / (now - first.at));
  }
}
