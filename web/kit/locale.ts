// The language of the page, and how numbers and dates are written in it.

/** The languages that there are texts in, as BCP 47 tags. */
export const LANGUAGES = [
  "ar",
  "de",
  "en",
  "es",
  "fr",
  "hi",
  "id",
  "it",
  "ja",
  "ko",
  "nb",
  "nl",
  "pl",
  "pt",
  "ru",
  "tr",
  "uk",
  "vi",
  "zh-Hans",
  "zh-Hant",
] as const;

export type Language = (typeof LANGUAGES)[number];

/** Languages that are written from right to left. */
export const RIGHT_TO_LEFT: readonly string[] = ["ar"];

/** What the tag of a browser stands for where the language alone does not say it. */
const RELATIVES: Record<string, Language> = { no: "nb", nn: "nb", zh: "zh-Hans" };
const TRADITIONAL = new Set(["TW", "HK", "MO", "Hant"]);

/** Returns the language for a tag such as "de-AT"; undefined if there is none. */
export function languageOf(tag: string): Language | undefined {
  const [primary = "", ...rest] = tag.split("-");
  const lower = primary.toLowerCase();
  if (lower === "zh" && rest.some((part) => TRADITIONAL.has(part))) return "zh-Hant";
  return RELATIVES[lower] ?? LANGUAGES.find((language) => language === lower);
}

/** Returns the first of a browser's languages that there are texts in. */
export function bestLanguage(tags: readonly string[]): Language {
  return tags.map(languageOf).find((language) => language !== undefined) ?? "en";
}

/** Returns the name of a language in itself: "Deutsch". */
export function languageName(tag: string): string {
  const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}

/** Returns all languages with their names, in the order of the names. */
export function namedLanguages(): { tag: Language; name: string }[] {
  const named = LANGUAGES.map((tag) => ({ tag, name: languageName(tag) }));
  return named.sort((one, other) => one.name.localeCompare(other.name));
}

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
