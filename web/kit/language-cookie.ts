// The choice of a language, as the server knows it: the pages that it draws are in this language, too.

const NAME = "lang";
const YEAR_SECS = 365 * 86_400;

/** Returns the tag of the chosen language; undefined if it follows the browser. */
export function chosenLanguage(): string | undefined {
  return new RegExp(`(?:^|; )${NAME}=([^;]+)`).exec(document.cookie)?.[1];
}

/** Keeps the choice. `base`: the path that the server is hosted under. `tag`: undefined for the browser's language. */
export function keepLanguage(base: string, tag: string | undefined): void {
  const life = tag === undefined ? 0 : YEAR_SECS;
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store is missing on plain http.
  document.cookie = `${NAME}=${tag ?? ""}; path=${base}/; max-age=${life}; samesite=lax`;
}
