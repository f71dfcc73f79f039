// Playlists: playing one, and making one of selected songs.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { ApiRefusal, asError } from "../api/client.ts";
import type { App } from "../browse/app.ts";
import { askText } from "../browse/create.ts";
import { plainName } from "../browse/decoded.ts";
import type { Row } from "../browse/rows.ts";
import { encodeName } from "../up2k/urls.ts";
import { decodePlaylist, locationIn, PLAYLIST_MAX_BYTES, playlistText } from "./m3u.ts";
import type { Player } from "./player.ts";
import { songsOfPlaylist } from "./playlist-songs.ts";
import { fullTitle, type Song, songsOf } from "./song.ts";

/** Plays a playlist of the server. `path`: percent-encoded; `href`: its URL. */
export async function playPlaylist(player: Player, path: string, href: string): Promise<void> {
  const { app } = player;
  const name = plainName(path.split("/").pop() ?? "");
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    const response = await fetch(href);
    if (!response.ok) throw new ApiRefusal(response.status, asError(await response.text()));
    const isLarge = Number(response.headers.get("Content-Length")) > PLAYLIST_MAX_BYTES;
    if (isLarge) await response.body?.cancel();
    else bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    app.notices.show({ text: t("player.list.unreadable", { name: shownName(name) }), bad: true });
    return;
  }
  if (!bytes || bytes.length > PLAYLIST_MAX_BYTES) {
    app.notices.show({ text: t("player.list.large", { name: shownName(name) }), bad: true });
    return;
  }
  const folder = path.replace(/[^/]+$/, "");
  const { songs, refused } = songsOfPlaylist(decodePlaylist(bytes), {
    folder,
    server: location.origin,
    base: app.base,
  });
  if (songs.length > 0) player.play({ kind: "playlist", name: shownName(name) }, songs, 0);
  if (songs.length === 0) app.notices.show({ text: t("player.list.empty", { name: shownName(name) }), bad: true });
  else if (refused > 0) app.notices.show({ text: t("player.list.refused", { n: refused, name: shownName(name) }) });
}

/** Makes a playlist of songs: in the shown folder, or as a download where the visitor may not write. */
export async function makePlaylist(app: App, rows: readonly Row[]): Promise<void> {
  const folder = app.listed();
  const songs = songsOf(rows, folder, app.base);
  const urlOf = (song: Song): string => new URL(app.base + song.path, location.href).href;
  const text = (locationOf: (song: Song) => string): string =>
    playlistText(songs.map((song) => ({ location: locationOf(song), title: fullTitle(song), seconds: song.seconds })));
  const canSave = app.may.peek().upload;
  const question = {
    title: t("player.list.make"),
    label: t("player.list.name"),
    button: t(canSave ? "player.list.save" : "player.list.download"),
    value: `${plainName(folder.split("/").filter(Boolean).pop() ?? "") || t("player.list.default")}.m3u8`,
  };
  let saved = "";
  const done = await askText(question, async (name) => {
    const whole = /\.m3u8?$/i.test(name) ? name : `${name}.m3u8`;
    if (canSave)
      saved = await upload(
        app,
        folder,
        whole,
        text((song) => locationIn(folder, song.path, urlOf(song))),
      );
    // Elsewhere a path says nothing: the file names whole URLs.
    else save(whole, text(urlOf));
  });
  if (!done || !canSave) return;
  app.notices.show({ text: t("player.list.saved", { name: shownName(saved) }) });
  await app.refresh();
}

/** Uploads a new file; a file of that name is not replaced. Returns the name. */
async function upload(app: App, folder: string, name: string, text: string): Promise<string> {
  const headers = { "Content-Type": "audio/mpegurl", "If-None-Match": "*" };
  const response = await fetch(app.base + folder + encodeName(name), { method: "PUT", headers, body: text });
  if (response.ok) return name;
  const error = asError(await response.text());
  const isTaken = response.status === 412 || response.status === 409;
  const message = t(isTaken ? "player.list.taken" : "player.list.failed");
  throw new ApiRefusal(response.status, error ?? { code: "exists", message, advice: "" });
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "audio/x-mpegurl" }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
