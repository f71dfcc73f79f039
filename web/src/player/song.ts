// A song: what the player knows of a file that it plays.
import { shownName } from "../../kit/names.ts";
import { hrefOf, kindOf, pathOf, type Row } from "../browse/rows.ts";
import { clock } from "../browse/texts.ts";

export interface Song {
  /** its path on the server, percent-encoded, without the path that the server is hosted under */
  path: string;
  /** path of its folder, with a slash at the end */
  folder: string;
  /** its name as it is: not for display */
  name: string;
  /** its URL, with its key where it needs one */
  href: string;
  title: string;
  /** empty: not known */
  artist: string;
  album: string;
  /** its length, where a tag or a playlist tells it */
  seconds: number | undefined;
  /** when it was changed; 0: not known */
  modifiedMs: number;
  /** URL of the picture that its folder has for all its songs */
  cover: string | undefined;
}

const COVER = /^(cover|folder)\.(jpe?g|png|gif)$/i;

/** Returns the songs among rows, in their order. `shown`: path of the shown folder; `base`: path that the server is hosted under. */
export function songsOf(rows: readonly Row[], shown: string, base: string): Song[] {
  const covers = new Map<string, string>();
  for (const row of rows) {
    const folder = row.folder ?? shown;
    if (row.kind === "file" && COVER.test(row.name) && !covers.has(folder))
      covers.set(folder, hrefOf(row, shown, base));
  }
  return rows
    .filter((row) => kindOf(row) === "audio")
    .map((row) => songOf(row, shown, base, covers.get(row.folder ?? shown)));
}

function songOf(row: Row, shown: string, base: string, cover: string | undefined): Song {
  const tags = (row.kind === "file" ? row.tags : undefined) ?? {};
  const tag = (name: string): string =>
    tags[name] === undefined || tags[name] === null ? "" : shownName(String(tags[name]));
  const seconds = tags[".dur"];
  const guessed = guessOf(row.name);
  return {
    path: pathOf(row, shown),
    folder: row.folder ?? shown,
    name: row.name,
    href: hrefOf(row, shown, base),
    title: tag("title") || guessed.title,
    artist: [tag("circle"), tag("artist")].filter(Boolean).join(" // ") || guessed.artist,
    album: tag("album"),
    seconds: typeof seconds === "number" && seconds > 0 ? seconds : undefined,
    modifiedMs: row.modified_ms,
    cover,
  };
}

/** Returns artist and title as names of files often tell them: "Artist - Title.mp3". A number in front is no artist. */
export function guessOf(name: string): { title: string; artist: string } {
  const stem = shownName(name.replace(/(?<=.)\.[^.]*$/, ""));
  const at = stem.indexOf(" - ");
  if (at <= 0) return { title: stem, artist: "" };
  const [first, rest] = [stem.slice(0, at).trim(), stem.slice(at + 3).trim()];
  if (rest === "") return { title: stem, artist: "" };
  return { title: rest, artist: /^\d+\.?$/.test(first) ? "" : first };
}

/** Returns artist and title in one line. */
export function fullTitle(song: Song): string {
  return song.artist === "" ? song.title : `${song.artist} - ${song.title}`;
}

/** Returns "Artist - Title (0:42 / 3:41)". */
export function nowPlayingText(song: Song, position: number, duration: number): string {
  const length = duration > 0 ? ` / ${clock(duration)}` : "";
  return `${fullTitle(song)} (${clock(position)}${length})`;
}
