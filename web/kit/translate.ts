// Looks up texts by key. The texts of the page's language are loaded before the script (`i18n-TAG.js`); each language is a JSON
// file with the same keys.
import { LANGUAGE, LOCALE, RIGHT_TO_LEFT } from "./locale.ts";

/** The forms of a text that depend on a number, by CLDR plural category. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** A text, or its forms, of which the number `n` chooses one. */
export type Entry = string | Plural;

declare global {
  /** the texts of the page's language */
  var potluckTexts: Readonly<Record<string, Entry>> | undefined;
}

/** `{name}` is replaced from `values`, numbers are grouped; `n` chooses the form. */
export type Translate<K extends string> = (key: K, values?: Record<string, string | number>) => string;

const plural = new Intl.PluralRules(LANGUAGE);
const number = new Intl.NumberFormat(LOCALE);

/** Where texts run from right to left, a name or path that does not keeps its own order (Unicode UAX #9, isolates). */
const isolated = RIGHT_TO_LEFT.includes(LANGUAGE)
  ? (value: string) => `\u2068${value}\u2069`
  : (value: string) => value;

/** Returns the entry for `key`; undefined if there is none. */
export function entry(key: string): Entry | undefined {
  return globalThis.potluckTexts?.[key];
}

/** Returns a function that looks up texts. `K`: the keys that there are. */
export function translator<K extends string>(): Translate<K> {
  return (key, values = {}) => {
    const found = entry(key) ?? key;
    const text = typeof found === "string" ? found : (found[plural.select(Number(values.n))] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? number.format(value) : isolated(value);
    });
  };
}
