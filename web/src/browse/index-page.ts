// Whether folders with an `index.html` are shown as that page or as a list. The server decides when a folder is loaded, so the choice is a
// cookie that it reads, which copyparty has, too.
import type { Listing } from "./folder-store.ts";

const NAME = "idxh";
const LIFE_SECS = 300 * 86_400;

/** `y`: their own page; `n`: the list; empty: as the server is set. */
export type IndexChoice = "" | "y" | "n";

export function indexChoice(): IndexChoice {
  return (new RegExp(`(?:^|; )${NAME}=([yn])(?:;|$)`).exec(document.cookie)?.[1] ?? "") as IndexChoice;
}

/** Keeps the choice. `base`: the path that the server is hosted under. */
export function keepIndexChoice(base: string, choice: IndexChoice): void {
  const life = choice === "" ? 0 : LIFE_SECS;
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store is missing on plain http.
  document.cookie = `${NAME}=${choice}; path=${base}/; max-age=${life}; samesite=lax`;
}

/** Returns whether a folder has a page of its own that the server shows; it looks for the same names. */
export const hasIndexPage = ({ head, below, rows }: Listing): boolean =>
  head.index_page && !below && rows.some(({ kind, name }) => kind === "file" && /^index\.html?$/.test(name));
