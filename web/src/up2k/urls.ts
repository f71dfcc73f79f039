// Encodes paths as URLs. Everything but `A-Z a-z 0-9 _ . - ~ /` is percent-encoded, as the server's own links are.

/** Encodes one path component. A lone surrogate cannot be encoded in UTF-8 and becomes U+FFFD. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replace(/[\uD800-\uDFFF]/gu, "\uFFFD")).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes a path; slashes are kept. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeName).join("/");
}

/** Returns the URL of the folder `parts` below `folder`. Both URLs are encoded and end with a slash. */
export function below(folder: string, parts: readonly string[]): string {
  return folder + parts.map((part) => `${encodeName(part)}/`).join("");
}

/** Returns the reply's `purl` (not encoded, with or without the path the server is hosted under) as a URL. */
export function folderUrl(base: string, purl: string): string {
  const inside = base !== "" && !purl.startsWith(`${base}/`) ? base + purl : purl;
  return encodePath(inside);
}
