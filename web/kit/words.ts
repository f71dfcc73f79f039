// The texts of the page, by key.
import type en from "../src/i18n/en.json";
import { translator } from "./translate.ts";

export type Key = keyof typeof en;

/** Returns the text for `key`; see `Translate`. */
export const t = translator<Key>();
