// What an address of the page names: a folder, and what of it is shown.
import { plainName } from "./decoded.ts";
import { textOfRawQuery } from "./raw-query.ts";

export interface Place {
  /** path of the folder, percent-encoded, with a slash at its end and without the base path */
  path: string;
  /** all files below instead of the folder's own */
  below: boolean;
  /** words that are searched for; undefined: no search */
  search: string | undefined;
  /** whether all folders are searched, and not only this one and those below */
  everywhere: boolean;
  /** name of the file that the viewer shows, percent-encoded */
  shown: string | undefined;
  /** name of the file that is being edited, percent-encoded */
  edited: string | undefined;
  /** the fragment with its "#", or empty: a song and a moment in it */
  fragment: string;
}

/** Parameters that a folder's page understands together with the script. Links with others are followed as usual. */
const KNOWN = new Set(["below", "q", "everywhere", "show", "edit", "sort", "dots", "page", "shared"]);

/** Paths of the server's own pages. */
const OWN = /^\/\.(potluck|cpr)\//;

/** Returns the place that a URL names; undefined if it is no folder of this server. `base`: the path it is hosted under. */
export function placeOf(url: URL, base: string): Place | undefined {
  const { pathname, searchParams, hash } = url;
  if (url.origin !== location.origin || !pathname.startsWith(`${base}/`) || !pathname.endsWith("/")) return undefined;
  const path = pathname.slice(base.length);
  if (OWN.test(path) || [...searchParams.keys()].some((name) => !KNOWN.has(name))) return undefined;
  const raw = /^#q=(.+)/.exec(hash)?.[1];
  return {
    path,
    below: searchParams.has("below"),
    search: searchParams.get("q") ?? (raw === undefined ? undefined : textOfRawQuery(plainName(raw))),
    everywhere: searchParams.has("everywhere"),
    shown: rawParameter(url.search, "show"),
    edited: rawParameter(url.search, "edit"),
    fragment: raw === undefined ? hash : "",
  };
}

/** Returns the URL of a place, without scheme and host. */
export function urlOf(place: Place, base: string): string {
  const query = [
    place.below ? "below" : "",
    place.search === undefined ? "" : `q=${encodeURIComponent(place.search)}`,
    place.everywhere ? "everywhere" : "",
    place.shown === undefined ? "" : `show=${place.shown}`,
    place.edited === undefined ? "" : `edit=${place.edited}`,
  ]
    .filter(Boolean)
    .join("&");
  return `${base}${place.path}${query === "" ? "" : `?${query}`}${place.fragment}`;
}

export function folderPlace(path: string): Place {
  return {
    path,
    below: false,
    search: undefined,
    everywhere: false,
    shown: undefined,
    edited: undefined,
    fragment: "",
  };
}

/** Returns the path of the folder above; undefined at the top. */
export function parentOf(path: string): string | undefined {
  return path === "/" ? undefined : path.replace(/[^/]+\/$/, "");
}

/** Returns the path of a folder as requests name it: without a slash at its end, but for the top. */
export function withoutSlash(path: string): string {
  return path.replace(/(.)\/$/, "$1");
}

/** A name need not be UTF-8, so it stays percent-encoded. */
function rawParameter(search: string, name: string): string | undefined {
  const pair = search
    .slice(1)
    .split("&")
    .find((part) => part.startsWith(`${name}=`));
  return pair?.slice(name.length + 1).replaceAll("+", "%20");
}
