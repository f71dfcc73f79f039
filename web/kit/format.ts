// Formats numbers for display. Sizes use units of 1024, as in the server's listings, unless the visitor wants them otherwise.
import type en from "./i18n/en.json";
import { LOCALE } from "./locale.ts";
import { translator } from "./translate.ts";

const t = translator<keyof typeof en>();

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0, useGrouping: false });
const grouped = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** How sizes are written: in units of 1024 bytes, in units of 1000, or to the byte. */
export type SizeStyle = "1024" | "1000" | "bytes";

let styleNow = (): SizeStyle => "1024";

/** Has sizes written as `style` returns. It is called for each size: it may read a signal, which drawings then follow. */
export function writeSizes(style: () => SizeStyle): void {
  styleNow = style;
}

/** "312 B", "4.1 MiB", "57 GiB": one decimal below 10, none above and for bytes. In units of 1000 "4.3 MB", to the byte "4,301,233 B". */
export function size(bytes: number, style: SizeStyle = styleNow()): string {
  if (style === "bytes") return t("size.B", { n: grouped.format(bytes) });
  const step = style === "1000" ? 1000 : 1024;
  let unit = 0;
  let value = bytes;
  while (value >= step - 0.5 && unit < UNITS.length - 1) {
    value /= step;
    unit++;
  }
  const hasDecimal = unit > 0 && value < 9.95;
  // Some languages have an ordinary space there: a line never ends between figure and unit.
  if (style === "1000" && unit > 0) return inThousands(unit, hasDecimal).format(value).replace(" ", "\u00a0");
  return t(`size.${UNITS[unit] ?? "B"}`, { n: (hasDecimal ? decimal : whole).format(value) });
}

/** Units of 1000 after the byte: browsers know how each language writes them. */
const THOUSANDS = ["kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
const formats = new Map<string, Intl.NumberFormat>();

function inThousands(unit: number, hasDecimal: boolean): Intl.NumberFormat {
  const key = `${unit} ${hasDecimal}`;
  const known = formats.get(key);
  if (known) return known;
  const digits = hasDecimal ? 1 : 0;
  const made = new Intl.NumberFormat(LOCALE, {
    style: "unit",
    unit: THOUSANDS[unit - 1] ?? "petabyte",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });
  formats.set(key, made);
  return made;
}

/** "12 MiB/s"; never to the byte, which would change all the time. */
export function rate(bytesPerSecond: number): string {
  const style = styleNow();
  return t("rate", { size: size(bytesPerSecond, style === "bytes" ? "1024" : style) });
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
