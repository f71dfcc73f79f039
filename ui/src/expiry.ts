// "Until when?" as one of a few answers.

const DAY = 86_400_000;

export type UntilKind = "never" | "day" | "week" | "month" | "date";

export interface Until {
  kind: UntilKind;
  /** As `<input type="datetime-local">` has it; counts for `date` only. */
  date: string;
}

const DAYS = { day: 1, week: 7, month: 30 } as const;

/** The answer that means a moment that was chosen before. */
export function untilOf(ms: number | null): Until {
  return ms === null ? { kind: "never", date: "" } : { kind: "date", date: localText(ms) };
}

/** The moment in milliseconds since 1970, null for never, undefined if no date was written or it is over. */
export function momentOf(until: Until, now = Date.now()): number | null | undefined {
  if (until.kind === "never") return null;
  if (until.kind !== "date") return now + DAYS[until.kind] * DAY;
  const ms = new Date(until.date).getTime();
  return Number.isNaN(ms) || ms <= now ? undefined : ms;
}

/** "2026-11-02T14:05" in the time zone of this computer. */
export function localText(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
