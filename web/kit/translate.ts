// Looks up texts by key. The page and the settings window each have their own JSON file; another language is another file with
// the same keys.

/** A text, or its singular and plural, chosen by the number `n`. */
export type Entry = string | { one: string; other: string };

/** `{name}` is replaced from `values`, numbers are grouped; `n` chooses singular or plural. */
export type Translate<K extends string> = (key: K, values?: Record<string, string | number>) => string;

const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

/** Returns a function that looks up texts in `entries`. */
export function translator<K extends string>(entries: Record<K, Entry>): Translate<K> {
  return (key, values = {}) => {
    const entry: Entry = entries[key];
    const text =
      typeof entry === "string" ? entry : plural.select(Number(values.n)) === "one" ? entry.one : entry.other;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? number.format(value) : value;
    });
  };
}
