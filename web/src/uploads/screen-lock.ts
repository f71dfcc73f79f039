// Keeps the screen on while files are sent, where the browser offers that: over https only. Over plain http nothing is done: the
// way around it, a hidden video that plays, takes over the lock screen's player, is refused in low-power mode, and no longer works
// without sound in some browsers. There the page asks to be kept open, and goes on by itself after the device has slept.

export class ScreenLock {
  private wanted = false;
  private lock: WakeLockSentinel | undefined;

  constructor() {
    // The browser ends the lock when the page is hidden.
    document.addEventListener("visibilitychange", () => void this.apply());
  }

  keep(wanted: boolean): void {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    void this.apply();
  }

  private async apply(): Promise<void> {
    if (!this.wanted) {
      await this.lock?.release();
      this.lock = undefined;
    } else if (document.visibilityState === "visible" && (!this.lock || this.lock.released)) {
      try {
        this.lock = await navigator.wakeLock?.request("screen");
      } catch {
        // Refused, with a low battery for example.
      }
    }
  }
}
