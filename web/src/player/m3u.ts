// Playlists (.m3u, .m3u8): reading and writing. Entries name files of the server; what they name elsewhere is refused.
import { encodeName } from "../up2k/urls.ts";

export interface Entry {
  /** as it is written: a path or a URL */
  location: string;
  /** empty: not given */
  title: string;
  /** seconds */
  seconds: number | undefined;
}

/** Longest playlist that is read, and the most entries of it. */
export const PLAYLIST_MAX_BYTES = 4 * 1024 * 1024;
export const PLAYLIST_MAX_ENTRIES = 20_000;

/** Returns the text of a playlist: UTF-8, else Latin-1 as Windows writes it. */
export function decodePlaylist(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export function parsePlaylist(text: string): Entry[] {
  const entries: Entry[] = [];
  let told: Pick<Entry, "title" | "seconds"> = { title: "", seconds: undefined };
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    const info = /^#EXTINF:\s*(-?[\d.]*)[^,]*,(.*)$/i.exec(line);
    if (info) {
      const seconds = Number(info[1]);
      told = { title: (info[2] ?? "").trim(), seconds: seconds > 0 ? seconds : undefined };
    }
    if (line === "" || line.startsWith("#")) continue;
    entries.push({ location: line, ...told });
    told = { title: "", seconds: undefined };
    if (entries.length >= PLAYLIST_MAX_ENTRIES) break;
  }
  return entries;
}

/** Where a playlist is read. */
export interface Origin {
  /** path of its folder, percent-encoded, with a slash at its end */
  folder: string;
  /** "http://host:port" */
  server: string;
  /** path that the server is hosted under */
  base: string;
}

/** Returns the path of an entry on the server, percent-encoded; undefined if it is not on it. */
export function pathOfEntry(location: string, { folder, server, base }: Origin): string | undefined {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(location)) return pathOfUrl(location, server, base);
  // A drive of Windows, another scheme, a share of a network.
  if (/^[a-z][a-z\d+.-]*:/i.test(location) || location.startsWith("\\\\") || location.startsWith("//"))
    return undefined;
  const path = location.includes("/") ? location : location.replaceAll("\\", "/");
  if (path.startsWith("/")) {
    const inside = base !== "" && path.startsWith(`${base}/`) ? path.slice(base.length) : path;
    return joined([], inside);
  }
  return joined(folder.split("/").filter(Boolean), path);
}

function pathOfUrl(location: string, server: string, base: string): string | undefined {
  let url: URL;
  try {
    url = new URL(location);
  } catch {
    return undefined;
  }
  if (url.origin !== server || !url.pathname.startsWith(`${base}/`)) return undefined;
  const names = url.pathname.slice(base.length).split("/").filter(Boolean);
  return `/${names.map(normalised).join("/")}`;
}

/** Returns an encoded name as the server's own links encode it; one that is not UTF-8 as it is. */
function normalised(name: string): string {
  try {
    return encodeName(decodeURIComponent(name));
  } catch {
    return name;
  }
}

/** Follows a path from a folder; undefined if it leads above the top. */
function joined(folder: readonly string[], path: string): string | undefined {
  const names = [...folder];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(encodeName(name));
    else if (names.pop() === undefined) return undefined;
  }
  return `/${names.join("/")}`;
}

/** Returns the text of a playlist. Titles and locations must have no line breaks. */
export function playlistText(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ location, title, seconds }) => [
    `#EXTINF:${seconds === undefined ? -1 : Math.round(seconds)},${title.replace(/[\r\n]+/g, " ")}`,
    location,
  ]);
  return `${["#EXTM3U", ...lines].join("\n")}\n`;
}

/**
 * Returns how a playlist in `folder` names the file at `path`; both percent-encoded. Names that a line cannot hold, or that are not
 * UTF-8, are named by the whole URL.
 */
export function locationIn(folder: string, path: string, url: string): string {
  const [from, to] = [folder.split("/").filter(Boolean), path.split("/").filter(Boolean)];
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  const parts = [...from.slice(common).map(() => ".."), ...to.slice(common)];
  try {
    const names = parts.map(decodeURIComponent);
    if (names.some((name) => /[\r\n\\]|^\s|\s$/.test(name))) return url;
    const location = names.join("/");
    // A "#" in front makes a comment, a colon a scheme.
    return /^#|^[^/]*:/.test(location) ? `./${location}` : location;
  } catch {
    return url;
  }
}
