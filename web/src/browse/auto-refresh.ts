// Refreshes the shown folder while files arrive, at a bounded rate.
import type { App } from "./app.ts";

/** Larger folders are refreshed at the end only: fetching them repeatedly costs too much. */
const MAX_ROWS = 5000;

/** Pause between two refreshes: a multiple of the duration of the last one, and a minimum in milliseconds. */
const PAUSE_FACTOR = 10;
const MIN_PAUSE_MS = 3000;

export class AutoRefresh {
  private running: Promise<boolean> | undefined;
  private next = 0;

  constructor(private readonly app: App) {}

  /** `last`: no more changes follow, so the pause is ignored. Resolves to whether the folder was refreshed. */
  async refresh(last: boolean): Promise<boolean> {
    const { rows } = this.app.folder.listing.peek() ?? { rows: [] };
    if (!last && (this.running || performance.now() < this.next || rows.length > MAX_ROWS)) return false;
    await this.running;
    const start = performance.now();
    this.running = this.app.refresh();
    const done = await this.running;
    this.running = undefined;
    const end = performance.now();
    this.next = end + Math.max(MIN_PAUSE_MS, (end - start) * PAUSE_FACTOR);
    return done;
  }
}
