// One row of a list: a folder or a file as the page API sends it, and what is derived from it.
import type { EntryLine } from "../api/listing-stream.ts";
import { encodeName } from "../up2k/urls.ts";

/** `folder` is there in results of a search and in flattened folders; other rows are in the shown folder. */
export type Row = EntryLine;
export type FileRow = Extract<Row, { kind: "file" }>;

/** What a file is for the page: decides its icon, and which viewer opens it. */
export type Kind =
  | "folder"
  | "picture"
  | "video"
  | "audio"
  | "markdown"
  | "text"
  | "pdf"
  | "archive"
  | "playlist"
  | "other";

const EXTENSIONS: Record<Exclude<Kind, "folder" | "other">, string> = {
  picture: "jpg jpeg jfif png gif webp avif bmp svg heic heif tif tiff jxl ico psd dng cr2 cr3 nef arw orf raf rw2",
  video: "mp4 m4v webm mkv mov avi mpg mpeg ogv wmv flv 3gp mts m2ts ts",
  audio: "mp3 m4a m4b aac ogg oga opus flac wav aif aiff ape wv mka wma mpc tta caf amr ac3 dts mid xm mod s3m it",
  markdown: "md markdown mdown",
  text:
    "txt log nfo csv tsv json jsonl ndjson xml yml yaml toml ini conf cfg env properties sh bash zsh fish bat cmd ps1 py rb pl php " +
    "js mjs cjs ts tsx jsx css scss less html htm vue svelte rs go c h cc cpp hpp cs java kt kts swift scala lua r jl sql graphql " +
    "proto diff patch tex bib rst adoc srt vtt ass cue gitignore dockerfile makefile cmake gradle lock nix vim el clj ex exs erl hs",
  pdf: "pdf",
  archive: "zip tar gz tgz xz txz bz2 zst 7z rar",
  playlist: "m3u m3u8",
};

const KINDS = new Map<string, Kind>(
  (Object.entries(EXTENSIONS) as [Kind, string][]).flatMap(([kind, list]) =>
    list.split(" ").map((extension): [string, Kind] => [extension, kind]),
  ),
);

/** Returns the extension in lower case, without its dot; empty if there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

export function kindOf(row: Row): Kind {
  return row.kind === "folder" ? "folder" : kindOfName(row.name);
}

export function kindOfName(name: string): Kind {
  const extension = extensionOf(name);
  // Files such as `Makefile` and `Dockerfile` have no extension.
  return KINDS.get(extension === "" ? name.toLowerCase() : extension) ?? "other";
}

/** Most bytes that the editor takes. */
export const EDITED_MAX = 2 << 20;

const BINARY = new Set<Kind>(["picture", "video", "audio", "pdf", "archive"]);

/** Whether the editor takes a file, as far as name and size tell. */
export function canBeEdited(row: Row): boolean {
  return row.kind === "file" && row.size <= EDITED_MAX && !BINARY.has(kindOf(row));
}

/** Returns the row that an element, or one around it, stands for in the list or the grid. `rows`: those of the list. */
export function rowOf(element: Element | null, rows: readonly Row[]): Row | undefined {
  const index = element?.closest<HTMLElement>("pl-list [data-index], pl-grid [data-index]")?.dataset.index;
  return index === undefined ? undefined : rows[Number(index)];
}

const encodedNames = new WeakMap<Row, string>();

/** Returns the percent-encoded name. Kept for each row: keys of 100,000 rows are asked for again and again. */
function encodedName(row: Row): string {
  if (row.encoded !== undefined) return row.encoded;
  let name = encodedNames.get(row);
  if (name === undefined) {
    name = encodeName(row.name);
    encodedNames.set(row, name);
  }
  return name;
}

/** Identifies a row in its list. Percent-encoded; of folders with a slash at the end. */
export function keyOf(row: Row): string {
  return (row.folder ?? "") + encodedName(row) + (row.kind === "folder" ? "/" : "");
}

/**
 * Returns the name in an address as the page writes it: programs that pass addresses on may encode more or fewer characters.
 */
export function canonicalName(name: string): string {
  return name
    .replace(/%[0-9a-f]{2}/gi, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~/-]/.test(character) ? character : code.toUpperCase();
    })
    .replace(/[^%]+/g, (plain) => plain.split("/").map(encodeName).join("/"));
}

/** Folders of rows that something is done with. */
const folders = new WeakMap<Row, string>();

/**
 * Notes the folder of rows, so that `pathOf` returns the same when another folder is shown. Done before anything waits; a row has one
 * folder, so the first note stays.
 */
export function keepFolder(rows: readonly Row[], shown: string): void {
  for (const row of rows) if (!folders.has(row)) folders.set(row, shown);
}

/** Returns the path of a row, percent-encoded, without a slash at its end. `shown`: path of the folder whose rows are shown. */
export function pathOf(row: Row, shown: string): string {
  return (row.folder ?? folders.get(row) ?? shown) + encodedName(row);
}

/** Returns the URL of a row. `base`: the path that the server is hosted under. */
export function hrefOf(row: Row, shown: string, base: string): string {
  const path = base + pathOf(row, shown);
  if (row.kind === "folder") return `${path}/`;
  return row.key === undefined ? path : `${path}?k=${encodeName(row.key)}`;
}

/** Adds a parameter to a URL, which may have some already. */
export function withParameter(href: string, parameter: string): string {
  return `${href}${href.includes("?") ? "&" : "?"}${parameter}`;
}
