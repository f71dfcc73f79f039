// Where films were left, kept by this browser.
import { readStored, store } from "../browse/preferences.ts";

/** Films of at most this many seconds start at their beginning. */
export const SHORT_SECS = 60;
/** Positions that are kept, the oldest are forgotten. */
const KEPT_MAX = 200;
const KEY = "potluck.viewer.positions";

type Positions = Record<string, number>;

/** Returns the position at which to go on, in seconds; 0: at the beginning. `id`: path and size of the file. */
export function keptPosition(id: string): number {
  const position = readStored<Positions>(KEY)?.[id];
  return typeof position === "number" && position > 0 ? position : 0;
}

/** Keeps a position; forgets that of a film that was seen to its end, or hardly begun. */
export function keepPosition(id: string, seconds: number, length: number): void {
  const all = { ...(readStored<Positions>(KEY) ?? {}) };
  const had = id in all;
  delete all[id];
  const isWorth = length > SHORT_SECS && seconds > 5 && seconds < length - Math.max(10, length * 0.03);
  if (!isWorth && !had) return;
  if (isWorth) all[id] = Math.floor(seconds);
  const entries = Object.entries(all);
  store(KEY, Object.fromEntries(entries.slice(Math.max(0, entries.length - KEPT_MAX))));
}
