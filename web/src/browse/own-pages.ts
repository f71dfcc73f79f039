// Whether folders with an index.html open as that page or as a list: a cookie that the server reads.
const NAME = "idxh";

/** A year, in seconds. */
const LIFE = 365 * 86_400;

/** "auto": as the server is set up. */
export type OwnPages = "auto" | "page" | "list";

const VALUES: Readonly<Record<OwnPages, string>> = { auto: "", page: "y", list: "n" };

/** Returns what was chosen in this browser. `cookies`: as `document.cookie` has them. */
export function ownPages(cookies = document.cookie): OwnPages {
  const value = new RegExp(`(?:^|; )${NAME}=([yn])`).exec(cookies)?.[1];
  return value === "y" ? "page" : value === "n" ? "list" : "auto";
}

/** Keeps the choice. `base`: path that the server is hosted under. */
export function keepOwnPages(base: string, choice: OwnPages): void {
  const life = choice === "auto" ? 0 : LIFE;
  // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store is missing on plain http.
  document.cookie = `${NAME}=${VALUES[choice]}; path=${base}/; max-age=${life}; samesite=lax`;
}
