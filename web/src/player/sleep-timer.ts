// Pauses the player after a while.
import { signal } from "@preact/signals-core";
import type { Player } from "./player.ts";

/** Minutes to choose from. */
export const SLEEP_MINUTES = [5, 15, 30, 45, 60, 90] as const;

export class SleepTimer {
  /** when it pauses (`Date.now()`); undefined: it does not */
  readonly at = signal<number | undefined>(undefined);
  private timer = 0;

  constructor(private readonly player: Player) {}

  /** `minutes` 0: does not pause. */
  set(minutes: number): void {
    clearTimeout(this.timer);
    this.at.value = minutes === 0 ? undefined : Date.now() + minutes * 60_000;
    if (minutes === 0) return;
    this.timer = setTimeout(() => {
      this.at.value = undefined;
      this.player.pause();
    }, minutes * 60_000) as unknown as number;
  }

  /** Returns the minutes left, rounded up; 0: it is off. */
  minutesLeft(): number {
    const at = this.at.value;
    return at === undefined ? 0 : Math.max(1, Math.ceil((at - Date.now()) / 60_000));
  }
}
