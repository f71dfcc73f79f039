// Adds the subtitles beside a film to its player.
import { LANGUAGE } from "../../kit/locale.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { type FileRow, withParameter } from "../browse/rows.ts";
import { decodeSubtitle, readSrt, SUBTITLE_BYTES_MAX, type Subtitle, subtitlesOf } from "./subtitles.ts";

/** Resolves to the number of tracks. The one in the visitor's language is shown, or the only one. */
export async function addSubtitles(video: HTMLVideoElement, app: App, film: FileRow): Promise<number> {
  const found = subtitlesOf(film, app.rows.peek());
  const tracks = await Promise.all(
    found.map((one) => (one.format === "vtt" ? addVtt(video, app, one) : addSrt(video, app, one))),
  );
  const shown = navigator.languages.flatMap((language) => {
    const at = found.findIndex((one) => one.language?.split("-")[0] === language.split("-")[0]);
    return at < 0 ? [] : [tracks[at]];
  });
  const first = shown[0] ?? (tracks.length === 1 ? tracks[0] : undefined);
  for (const track of tracks) if (track) track.mode = track === first ? "showing" : "disabled";
  return tracks.filter(Boolean).length;
}

async function addVtt(video: HTMLVideoElement, app: App, subtitle: Subtitle): Promise<TextTrack> {
  const element = document.createElement("track");
  element.kind = "subtitles";
  element.label = labelOf(subtitle);
  element.srclang = subtitle.language ?? "und";
  element.src = app.hrefOf(subtitle.row);
  video.append(element);
  return element.track;
}

async function addSrt(video: HTMLVideoElement, app: App, subtitle: Subtitle): Promise<TextTrack | undefined> {
  if (subtitle.row.size > SUBTITLE_BYTES_MAX) return undefined;
  const response = await fetch(withParameter(app.hrefOf(subtitle.row), "raw"));
  if (!response.ok) return undefined;
  const cues = readSrt(decodeSubtitle(new Uint8Array(await response.arrayBuffer())));
  const track = video.addTextTrack("subtitles", labelOf(subtitle), subtitle.language ?? "und");
  for (const { start, end, text } of cues) track.addCue(new VTTCue(start, end, text));
  return track;
}

/** "English", "Deutsch (forced)" or the name of the file. */
function labelOf({ language, note, row }: Subtitle): string {
  const name = language === undefined ? undefined : languageName(language);
  if (name === undefined) return note || row.name;
  return note === "" ? name : t("video.trackNote", { name, note });
}

function languageName(tag: string): string | undefined {
  try {
    return new Intl.DisplayNames(LANGUAGE, { type: "language" }).of(tag);
  } catch {
    return tag;
  }
}
