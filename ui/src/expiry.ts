// Expiry of a share or link: one of a few choices.

const DAY = 86_400_000;

export type UntilKind = "never" | "day" | "week" | "month" | "date";

export interface Until {
  kind: UntilKind;
  /** Value of `<input type="datetime-local">`; used for kind `date` only. */
  date: string;
}

const DAYS = { day: 1, week: 7, month: 30 } as const;

/** Returns the choice for an expiry in milliseconds since 1970; null: never. */
export function untilOf(ms: number | null): Until {
  return ms === null ? { kind: "never", date: "" } : { kind: "date", date: localText(ms) };
}

/** Returns milliseconds since 1970, null for never, undefined if the date is missing or in the past. */
export function momentOf(until: Until, now = Date.now()): number | null | undefined {
  if (until.kind === "never") return null;
  if (until.kind !== "date") return now + DAYS[until.kind] * DAY;
  const ms = new Date(until.date).getTime();
  return Number.isNaN(ms) || ms <= now ? undefined : ms;
}

/** Formats as "2026-11-02T14:05" in the local time zone. */
export function localText(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
