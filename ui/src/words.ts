// The words of the settings window, by key.
import { translator } from "../../web/kit/translate.ts";
import en from "./i18n/en.json";

export type Key = Extract<keyof typeof en, string>;

/** The words for `key`; see `Translate`. */
export const t = translator<Key>(en);

const texts: Record<string, unknown> = en;

/** The words for a key that was put together, such as the name of an option; undefined if there are none. */
export function maybe(key: string): string | undefined {
  const text = texts[key];
  return typeof text === "string" ? text : undefined;
}
