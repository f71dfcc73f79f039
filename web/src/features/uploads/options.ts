// Upload preferences: the visitor's choice (local storage), else the server's defaults, else built-in ones.
import { inNaturalOrder } from "../../../kit/natural.ts";
import type { WhenTaken } from "../../up2k/handshake.ts";
import type { Source } from "../../up2k/item.ts";

export interface Preferences {
  parallel: number;
  whenTaken: WhenTaken;
}

const KEY = "potluck.uploads";

/** Browsers open six connections to a server over HTTP/1.1; one is left for the page itself. */
const DEFAULTS: Preferences = { parallel: 5, whenTaken: "keep" };

/** Returns the local storage; undefined where the browser forbids it. */
export function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/** Rounds and clamps to 1..16; undefined for NaN and infinity. */
export function clampParallel(value: number): number | undefined {
  return Number.isFinite(value) ? Math.max(1, Math.min(16, Math.round(value))) : undefined;
}

/** Returns what visitors with these permissions may choose, the least destructive first. */
export function choices(perms: readonly string[]): WhenTaken[] {
  return perms.includes("delete") ? ["keep", "skip", "older", "replace"] : ["keep", "skip"];
}

/** Resolves the preferences: `chosen`, else `serverDefaults`, else built-in ones. Values that `perms` forbid are ignored. */
export function resolvePreferences(
  chosen: Partial<Preferences>,
  serverDefaults: DOMStringMap,
  perms: readonly string[],
): Preferences {
  const possible = choices(perms);
  const taken = [chosen.whenTaken, serverDefaults.taken].map((one) => possible.find((other) => other === one));
  return {
    parallel:
      clampParallel(Number(chosen.parallel ?? NaN)) ??
      clampParallel(Number(serverDefaults.parallel ?? NaN)) ??
      DEFAULTS.parallel,
    whenTaken: taken.find((one) => one !== undefined) ?? DEFAULTS.whenTaken,
  };
}

/** Returns what the visitor has chosen; unchecked, see `resolvePreferences`. */
export function load(): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(storage()?.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

/** Merges `chosen` into the stored preferences. */
export function save(chosen: Partial<Preferences>): void {
  try {
    storage()?.setItem(KEY, JSON.stringify({ ...load(), ...chosen }));
  } catch {
    // Storage is full or forbidden: the choice lasts until the page is left.
  }
}

/** Returns the files in the order the server asks for: `"size"` (small ones first), `"name"`, else as chosen. */
export function inOrder(sources: readonly Source[], order: string | undefined): readonly Source[] {
  if (order === "size") return [...sources].sort((a, b) => a.file.size - b.file.size);
  if (order === "name") return inNaturalOrder(sources, (source) => source.path);
  return sources;
}
