// The texts of the settings window, by key.
import { entry, translator } from "../../web/kit/translate.ts";
import type en from "./i18n/en.json";

export type Key = Extract<keyof typeof en, string>;

/** Returns the text for `key`; see `Translate`. */
export const t = translator<Key>();

/** Returns the text for a computed key, such as the name of an option; undefined if there is none. */
export function maybe(key: string): string | undefined {
  const text = entry(key);
  return typeof text === "string" ? text : undefined;
}
