// The texts of the settings window, by key.
import { translator } from "../../web/kit/translate.ts";
import en from "./i18n/en.json";

export type Key = Extract<keyof typeof en, string>;

/** Returns the text for `key`; see `Translate`. */
export const t = translator<Key>(en);

const texts: Record<string, unknown> = en;

/** Returns the text for a computed key, such as the name of an option; undefined if there is none. */
export function maybe(key: string): string | undefined {
  const text = texts[key];
  return typeof text === "string" ? text : undefined;
}
