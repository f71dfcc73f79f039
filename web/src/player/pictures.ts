// The picture of a song: the cover of its folder, else its own.
import { withParameter } from "../browse/rows.ts";
import type { Song } from "./song.ts";

/** Returns the URL of a picture of about 320 pixels: a JPEG, which the system's own controls take, too. */
export function pictureOf(song: Song): string {
  const version = song.modifiedMs > 0 ? `&cache=i&t=${song.modifiedMs}` : "";
  return `${withParameter(song.cover ?? song.href, "th=j")}${version}`;
}
