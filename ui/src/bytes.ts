// Parses and prints sizes for form fields. Units of 1024, as everywhere in Potluck.
import { LOCALE } from "../../web/kit/locale.ts";

const FACTORS: Record<string, number> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };
/** With the decimal sign of the language, and the digits that `parseSize` reads. */
const written = new Intl.NumberFormat(LOCALE, {
  useGrouping: false,
  maximumFractionDigits: 2,
  numberingSystem: "latn",
});
const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

/** Returns the bytes of "4 GB", "1,5m", "700 MiB" or "12"; null for an empty text; undefined for anything else. */
export function parseSize(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const found = /^(\d+(?:[.,]\d+)?)\s*(?:([kmgtp])(?:i?b)?|b)?$/i.exec(trimmed);
  if (!found) return undefined;
  const value = Number((found[1] ?? "").replace(",", ".")) * (FACTORS[(found[2] ?? "").toLowerCase()] ?? 1);
  return Number.isSafeInteger(Math.round(value)) ? Math.round(value) : undefined;
}

/** Returns the shortest text, such as "4 GB", that `parseSize` turns into the same number; "" for null. */
export function printSize(bytes: number | null): string {
  if (bytes === null) return "";
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1 && Number.isInteger((value / 1024) * 100)) {
    value /= 1024;
    unit++;
  }
  return `${written.format(value)} ${UNITS[unit]}`;
}
