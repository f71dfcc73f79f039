// How values of rows are written for people.
import { html, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { LOCALE, listed } from "../../kit/locale.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { utc } from "./choices.ts";
import type { Row } from "./rows.ts";

const FORMATS = {
  date: { dateStyle: "medium" },
  time: { timeStyle: "short" },
  dateAndTime: { dateStyle: "medium", timeStyle: "short" },
  withSeconds: { dateStyle: "medium", timeStyle: "medium" },
} as const;
const made = new Map<string, Intl.DateTimeFormat>();
const [FIRST_MS, LAST_MS] = [-62_167_219_200_000, 253_402_300_799_000];

const clamped = (ms: number): Date => new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS));

/** Writes a time in the visitor's language, and in the time zone of the device or in UTC, which is named beside the hour. */
function written(ms: number, style: keyof typeof FORMATS): string {
  const isUtc = utc.value;
  const key = `${style} ${isUtc}`;
  let format = made.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(LOCALE, { ...FORMATS[style], ...(isUtc ? { timeZone: "UTC" } : {}) });
    made.set(key, format);
  }
  const text = format.format(clamped(ms));
  return isUtc && style !== "date" ? t("time.utc", { time: text }) : text;
}

/** "2 Nov 2026" in the visitor's language and time zone; empty for a folder that only leads to volumes. */
export function shownDate(ms: number): string {
  return ms === 0 ? "" : written(ms, "date");
}

/** "2 Nov 2026, 18:20" */
export function shownTime(ms: number): string {
  return ms === 0 ? "" : written(ms, "dateAndTime");
}

/** Returns how to write times of a list: with seconds where two different ones would read the same. */
export function distinctTimes(times: readonly number[]): (ms: number) => string {
  const same = new Map<string, number>();
  for (const ms of new Set(times)) same.set(shownTime(ms), (same.get(shownTime(ms)) ?? 0) + 1);
  return (ms) => ((same.get(shownTime(ms)) ?? 0) > 1 ? written(ms, "withSeconds") : shownTime(ms));
}

/** "18:20" */
export function clockTime(ms: number): string {
  return written(ms, "time");
}

/** "3:41" or "1:02:03" from seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number): string => String(number).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The value of a tag: `.dur`, seconds, as a clock; line breaks and tabs in a text as blanks. */
export function tagText(name: string, value: string | number | null | undefined): string {
  if (value === undefined || value === null) return "";
  if (name === ".dur" && typeof value === "number" && value >= 0) return clock(value);
  const lines = String(value).split(/[\r\n\t]/);
  return shownName(lines.filter((line) => line !== "").join(" "));
}

/** "4.1 MB · 2 Nov 2026": each part keeps its order, also on a page that is written from right to left. */
export function apart(parts: readonly string[]): TemplateResult {
  return html`${parts.map((part, at) => html`${at > 0 ? " · " : ""}<bdi>${part}</bdi>`)}`;
}

/** "14 folders, 340 files"; a zero part is left out. A line ends only between the two. */
export function counts(folders: number, files: number): string {
  const all = [folders > 0 ? t("list.folders", { n: folders }) : "", files > 0 ? t("list.files", { n: files }) : ""];
  return listed(all.map((one) => one.replaceAll(" ", "\u00a0")));
}

/**
 * Returns how much rows have. Folders count all or not at all: a sum with a part of them would be taken for the whole. `bytes`: of
 * all files, where not all rows are here.
 */
export function sumText(rows: readonly Row[], bytes?: number): string {
  const isWhole = bytes === undefined && rows.every((row) => row.size !== undefined);
  const counted = rows.filter(({ kind }) => isWhole || kind === "file");
  const sum = bytes ?? counted.reduce((all, row) => all + (row.size ?? 0), 0);
  if (sum === 0) return "";
  return isWhole ? size(sum) : t("list.inFiles", { size: size(sum) });
}
