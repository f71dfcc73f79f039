// Formats numbers for display. Sizes use units of 1024, as in the server's listings.
import type en from "./i18n/en.json";
import { LOCALE } from "./locale.ts";
import { translator } from "./translate.ts";

const t = translator<keyof typeof en>();

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0, useGrouping: false });
const decimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** "312 B", "4.1 MiB", "57 GiB": one decimal below 10, none above and for bytes. */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const format = unit > 0 && value < 9.95 ? decimal : whole;
  return t(`size.${UNITS[unit] ?? "B"}`, { n: format.format(value) });
}

/** "12 MiB/s" */
export function rate(bytesPerSecond: number): string {
  return t("rate", { size: size(bytesPerSecond) });
}

/** "45 s", "3 min", "2 h 5 min"; rounded, at least one second. */
export function duration(seconds: number): string {
  const s = Math.max(1, Math.round(seconds));
  if (s < 60) return t("time.seconds", { n: s });
  const minutes = Math.round(s / 60);
  if (minutes < 60) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** "64 %"; rounds down, so that 100 % means all of it. */
export function percent(part: number, total: number): string {
  return t("percent", { n: total > 0 ? Math.floor((part / total) * 100) : 0 });
}
