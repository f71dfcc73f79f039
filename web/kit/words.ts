// The words of the page, by key.
import en from "../src/i18n/en.json";
import { speaker } from "./speak.ts";

export type Key = keyof typeof en;

/** The words for `key`; see `Speak`. */
export const t = speaker<Key>(en);
