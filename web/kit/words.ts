// The words of the page, by key. Another language is another JSON file with the same keys.
import en from "../src/i18n/en.json";

type Entry = string | { one: string; other: string };
export type Key = keyof typeof en;

const entries: Record<Key, Entry> = en;
const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

/** The words for `key`. `{name}` is replaced from `values`, numbers are grouped; `n` chooses singular or plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const entry = entries[key];
  const text = typeof entry === "string" ? entry : plural.select(Number(values.n)) === "one" ? entry.one : entry.other;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number.format(value) : value;
  });
}
