// The language of the page, and how numbers and dates are written in it. It is read when this file is loaded: a page that chooses
// its language itself, as the settings window does, chooses it with `languages.ts`, and loads this file after that.
import { languageOf } from "./languages.ts";

export * from "./languages.ts";

/** The language of the page's texts. */
export const LANGUAGE = globalThis.document?.documentElement.lang || "en";

/**
 * What dates and numbers are written for: the region that the browser names with the language of the page, so that "de-AT" and
 * "en-US" get what they are used to.
 */
export const LOCALE = regional(LANGUAGE, globalThis.navigator?.languages ?? []);

const enumeration = new Intl.ListFormat(LOCALE, { type: "unit", style: "short" });

/** Returns things one after the other, as the language does: "14 folders, 340 files". Empty ones are left out. */
export function listed(things: readonly string[]): string {
  return enumeration.format(things.filter((thing) => thing !== ""));
}

/** Returns sentences as one text: with a blank between them where the language has one. */
export function sentences(all: readonly string[]): string {
  return all.join(/^(ja|zh)/.test(LANGUAGE) ? "" : " ");
}

function regional(language: string, tags: readonly string[]): string {
  const known = tags.find((tag) => tag.includes("-") && languageOf(tag) === language);
  // Day before month, where nothing says otherwise.
  return known ?? (language === "en" ? "en-GB" : language);
}
