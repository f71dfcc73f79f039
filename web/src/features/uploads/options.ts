// What the visitor prefers, kept in this browser.
import type { WhenTaken } from "../../up2k/handshake.ts";

export interface Preferences {
  parallel: number;
  whenTaken: WhenTaken;
}

const KEY = "potluck.uploads";

/** Browsers open six connections to a server over HTTP/1.1; one is left for the page itself. */
const DEFAULTS: Preferences = { parallel: 5, whenTaken: "keep" };

/** Local storage, or nothing where the browser forbids it. */
export function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

export function clampParallel(value: number): number {
  return Number.isFinite(value) ? Math.max(1, Math.min(16, Math.round(value))) : DEFAULTS.parallel;
}

export function load(): Preferences {
  try {
    const kept = JSON.parse(storage()?.getItem(KEY) ?? "{}") as Partial<Preferences>;
    const whenTaken = (["keep", "skip", "replace"] as const).find((one) => one === kept.whenTaken);
    return { parallel: clampParallel(Number(kept.parallel ?? NaN)), whenTaken: whenTaken ?? DEFAULTS.whenTaken };
  } catch {
    return { ...DEFAULTS };
  }
}

export function save(preferences: Preferences): void {
  try {
    storage()?.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage full or forbidden: the choice lasts until the page is left.
  }
}
