// Folders that files were moved or copied to, the last one first; kept in this browser.
import { readStored, store } from "../browse/preferences.ts";

const RECENT_MAX = 6;

const keyOf = (base: string): string => `potluck.targets:${base}`;

/** Returns paths, percent-encoded, with a slash at their ends. */
export function recentTargets(base: string): string[] {
  const kept = readStored<unknown>(keyOf(base));
  return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string" && one.endsWith("/")) : [];
}

export function addRecent(base: string, path: string): void {
  const others = recentTargets(base).filter((one) => one !== path);
  store(keyOf(base), [path, ...others].slice(0, RECENT_MAX));
}
