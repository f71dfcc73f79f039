// Upload preferences: the visitor's choice (local storage), else the server's defaults, else built-in ones.
import { inNaturalOrder } from "../../kit/natural.ts";
import type { WhenTaken } from "../up2k/handshake.ts";
import type { Source } from "../up2k/item.ts";
import type { UploadRules } from "./rules.ts";

export type Order = "added" | "name" | "size";

export const ORDERS: readonly Order[] = ["added", "name", "size"];

export interface Preferences {
  parallel: number;
  whenTaken: WhenTaken;
  order: Order;
  /** the server chooses names */
  random: boolean;
  /** asks before files are added */
  confirm: boolean;
  /** reads the next files while others are sent */
  hashAhead: boolean;
  /** only one tab of this browser sends at a time */
  oneTab: boolean;
  /** files of the same name, size and date count as uploaded, unread */
  quick: boolean;
  /** files keep the dates that they have on this device */
  keepDates: boolean;
  /** the drawer shows totals only, and draws seldom */
  light: boolean;
  /** the system tells the end of a batch to those who look elsewhere */
  tell: boolean;
  /** a sound tells the end of a batch */
  sound: boolean;
  /** cores that compute checksums; 0: as many as suit the device */
  threads: number;
  /** seconds after which files are deleted, in folders that delete files anyway; 0: as the folder does */
  lifetime: number;
}

/** The preferences that are on or off. */
export type Switch = { [K in keyof Preferences]: Preferences[K] extends boolean ? K : never }[keyof Preferences];

const KEY = "potluck.uploads";

/** Cores of this device, as far as the browser tells. */
export const CORES = globalThis.navigator?.hardwareConcurrency || 2;

/** Browsers open six connections to a server over HTTP/1.1; one is left for the page itself. */
const DEFAULTS: Preferences = {
  parallel: 5,
  whenTaken: "keep",
  order: "added",
  random: false,
  confirm: false,
  hashAhead: true,
  oneTab: false,
  quick: false,
  keepDates: true,
  light: false,
  tell: false,
  sound: false,
  threads: 0,
  lifetime: 0,
};

/** Lifetimes to choose from, in seconds. */
const LIFETIMES = [600, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400] as const;

/** Returns the lifetimes that are shorter than that of a folder, in seconds; none where files are not deleted. */
export const lifetimesBelow = (folder: number | undefined): readonly number[] =>
  LIFETIMES.filter((seconds) => seconds < (folder ?? 0));

/** Rounds and clamps to 1..16; undefined for NaN and infinity. */
export function clampParallel(value: number): number | undefined {
  return Number.isFinite(value) ? Math.max(1, Math.min(16, Math.round(value))) : undefined;
}

/** Rounds and clamps to 1..`cores`; 0, which leaves it to the page, for all that is no number above 0. */
export function clampThreads(value: number, cores: number): number {
  return value > 0 && Number.isFinite(value) ? Math.max(1, Math.min(cores, Math.round(value))) : 0;
}

/** Returns what visitors with these permissions may choose, the least destructive first. Who sees no files cannot be asked. */
export function choices(perms: readonly string[]): WhenTaken[] {
  const ask: WhenTaken[] = perms.includes("read") ? ["ask"] : [];
  return [...ask, "keep", "skip", ...(perms.includes("delete") ? (["older", "replace"] as const) : [])];
}

/** Resolves the preferences: `chosen`, else the server's `rules`, else built-in ones. Values that `perms` forbid are ignored. */
export function resolvePreferences(
  chosen: Partial<Record<keyof Preferences, unknown>>,
  rules: UploadRules,
  perms: readonly string[],
): Preferences {
  const possible = choices(perms);
  const first = <T>(list: readonly T[], ...wanted: unknown[]): T | undefined =>
    wanted.map((one) => list.find((other) => other === one)).find((one) => one !== undefined);
  const isOn = (name: Switch): boolean => (typeof chosen[name] === "boolean" ? chosen[name] : DEFAULTS[name]);
  return {
    parallel:
      clampParallel(Number(chosen.parallel ?? Number.NaN)) ??
      clampParallel(Number(rules.parallel ?? Number.NaN)) ??
      DEFAULTS.parallel,
    whenTaken: first(possible, chosen.whenTaken, rules.taken) ?? DEFAULTS.whenTaken,
    order: first(ORDERS, chosen.order, rules.order) ?? DEFAULTS.order,
    random: isOn("random"),
    confirm: isOn("confirm"),
    hashAhead: isOn("hashAhead"),
    oneTab: isOn("oneTab"),
    keepDates: isOn("keepDates"),
    light: isOn("light"),
    tell: isOn("tell"),
    sound: isOn("sound"),
    threads: clampThreads(Number(chosen.threads ?? 0), CORES),
    lifetime: first(lifetimesBelow(rules.lifetime_secs), chosen.lifetime) ?? DEFAULTS.lifetime,
    // Who may not read gets no answer about files there.
    quick: isOn("quick") && perms.includes("read"),
  };
}

/** The part of `Storage` that is used; tests replace it. */
type Store = Pick<Storage, "getItem" | "setItem">;

/** Returns what the visitor has chosen; unchecked, see `resolvePreferences`. */
export function load(store: Store | undefined): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(store?.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

/** Merges `chosen` into the stored preferences. */
export function save(store: Store | undefined, chosen: Partial<Preferences>): void {
  try {
    store?.setItem(KEY, JSON.stringify({ ...load(store), ...chosen }));
  } catch {
    // Storage is full or forbidden: the choice lasts until the page is left.
  }
}

/** Returns the files in an order. */
export function inOrder(sources: readonly Source[], order: Order): readonly Source[] {
  if (order === "size") return [...sources].sort((a, b) => a.file.size - b.file.size);
  if (order === "name") return inNaturalOrder(sources, (source) => source.path);
  return sources;
}
