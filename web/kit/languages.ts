// The languages that there are texts in. Nothing here depends on the language of the page, which is chosen by it.

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
