// Converts the limits of a share to and from text fields. Pure.
import type { FaultAt, Limits } from "../../web/kit/types.gen.ts";
import { parseSize, printSize } from "./bytes.ts";
import { t } from "./words.ts";

export const LIMITS = ["max_file", "max_total", "min_free", "keep_days"] as const;

/** Text of each field; empty: no limit. */
export type LimitTexts = Record<(typeof LIMITS)[number], string>;

export function limitTexts(limits: Limits): LimitTexts {
  return {
    max_file: printSize(limits.max_file),
    max_total: printSize(limits.max_total),
    min_free: printSize(limits.min_free),
    keep_days: limits.keep_days === null ? "" : String(limits.keep_days),
  };
}

/** Parses the fields. An invalid field counts as no limit; see `limitFaults`. */
export function limitsOf(written: LimitTexts): Limits {
  return {
    max_file: parseSize(written.max_file) ?? null,
    max_total: parseSize(written.max_total) ?? null,
    min_free: parseSize(written.min_free) ?? null,
    keep_days: Number.parseInt(written.keep_days, 10) || null,
  };
}

export function limitFaults(written: LimitTexts): FaultAt[] {
  const isWrong = (name: (typeof LIMITS)[number]): boolean =>
    name === "keep_days" ? !/^\s*([1-9]\d{0,4})?\s*$/.test(written[name]) : parseSize(written[name]) === undefined;
  return LIMITS.filter(isWrong).map((at) => ({ at, sentence: t(at === "keep_days" ? "fault.days" : "fault.size") }));
}
