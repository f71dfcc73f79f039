// What the visitor prefers, kept in this browser; before that what the server's owner serverDefaults; before that ours.
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

/** Local storage, or nothing where the browser forbids it. */
export function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/** 1 to 16; undefined if it is no number. */
export function clampParallel(value: number): number | undefined {
  return Number.isFinite(value) ? Math.max(1, Math.min(16, Math.round(value))) : undefined;
}

/** What visitors with these permissions can choose, the mildest first. */
export function choices(perms: readonly string[]): WhenTaken[] {
  return perms.includes("delete") ? ["keep", "skip", "older", "replace"] : ["keep", "skip"];
}

/** What holds: `chosen` before, `serverDefaults` by the server, ours. What the permissions forbid is passed over. */
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

/** What the visitor has chosen; unchecked, see `resolvePreferences`. */
export function load(): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(storage()?.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

/** Keeps what was chosen now with what was chosen before. */
export function save(chosen: Partial<Preferences>): void {
  try {
    storage()?.setItem(KEY, JSON.stringify({ ...load(), ...chosen }));
  } catch {
    // Storage full or forbidden: the choice lasts until the page is left.
  }
}

/** The files of one choice as the server's owner wants them sent: `"size"` small ones first, `"name"`, else as chosen. */
export function inOrder(sources: readonly Source[], order: string | undefined): readonly Source[] {
  if (order === "size") return [...sources].sort((a, b) => a.file.size - b.file.size);
  if (order === "name") return inNaturalOrder(sources, (source) => source.path);
  return sources;
}
