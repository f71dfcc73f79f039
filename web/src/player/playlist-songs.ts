// The songs that a playlist names.
import { shownName } from "../../kit/names.ts";
import { plainName } from "../browse/decoded.ts";
import { kindOfName } from "../browse/rows.ts";
import { type Origin, parsePlaylist, pathOfEntry } from "./m3u.ts";
import { guessOf, type Song } from "./song.ts";

/** Returns the songs of a playlist, and how many of its entries are no songs of this server. */
export function songsOfPlaylist(text: string, origin: Origin): { songs: Song[]; refused: number } {
  const entries = parsePlaylist(text);
  const songs = entries.flatMap(({ location, title, seconds }): Song[] => {
    const path = pathOfEntry(location, origin);
    if (path === undefined) return [];
    const name = plainName(path.split("/").pop() ?? "");
    if (kindOfName(name) !== "audio") return [];
    const told = title === "" ? guessOf(name) : toldBy(shownName(title));
    const folder = path.replace(/[^/]+$/, "");
    const href = origin.base + path;
    return [{ path, folder, name, href, ...told, album: "", seconds, modifiedMs: 0, cover: undefined }];
  });
  return { songs, refused: entries.length - songs.length };
}

function toldBy(title: string): { title: string; artist: string } {
  const at = title.indexOf(" - ");
  return at > 0 ? { artist: title.slice(0, at), title: title.slice(at + 3) } : { artist: "", title };
}
