// Folders and names to URLs. Everything but `A-Z a-z 0-9 _ . - ~ /` is percent-encoded, as the server's own links are.

/** One path component. A lone surrogate cannot be UTF-8 and becomes U+FFFD. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replace(/[\uD800-\uDFFF]/gu, "\uFFFD")).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A plain path, slashes kept. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeName).join("/");
}

/** URL of the folder `parts` below `folder`; `folder` is encoded and ends with a slash, and so does the answer. */
export function below(folder: string, parts: readonly string[]): string {
  return folder + parts.map((part) => `${encodeName(part)}/`).join("");
}

/** The reply's `purl` (not encoded, without the path the server is hosted under) as a URL. */
export function folderUrl(base: string, purl: string): string {
  const inside = base !== "" && !purl.startsWith(`${base}/`) ? base + purl : purl;
  return encodePath(inside);
}
