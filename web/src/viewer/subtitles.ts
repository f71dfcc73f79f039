// Subtitles beside a film: which files they are, in which language, and SubRip read into cues.
import { type FileRow, keyOf, type Row } from "../browse/rows.ts";

export interface Subtitle {
  row: FileRow;
  format: "vtt" | "srt";
  /** language tag from the name, as in `film.en.srt`; undefined: not named */
  language: string | undefined;
  /** further words of the name, as in `film.en.forced.srt` */
  note: string;
}

export interface Cue {
  start: number;
  end: number;
  text: string;
}

/** Most bytes of a subtitle file that are read. */
export const SUBTITLE_BYTES_MAX = 4 << 20;

const LANGUAGE = /^[a-z]{2,3}([-_][a-z0-9]{2,8})?$/i;

/** Returns the subtitles of a film among `rows`: files of the same folder whose names begin with the film's, without extension. */
export function subtitlesOf(film: FileRow, rows: readonly Row[]): Subtitle[] {
  const stem = film.name.replace(/\.[^.]*$/, "").toLowerCase();
  return rows.flatMap((row) => {
    const match = row.kind === "file" && row.folder === film.folder ? /\.(vtt|srt)$/i.exec(row.name) : null;
    if (row.kind !== "file" || !match || keyOf(row) === keyOf(film)) return [];
    const base = row.name.slice(0, match.index);
    const rest = base.slice(stem.length);
    if (!base.toLowerCase().startsWith(stem) || (rest !== "" && !rest.startsWith("."))) return [];
    const words = rest.split(".").filter(Boolean);
    const at = words.findIndex((word) => LANGUAGE.test(word));
    const language = at < 0 ? undefined : words[at]?.replace("_", "-").toLowerCase();
    const note = words.filter((_, index) => index !== at).join(" ");
    return [{ row, format: match[1]?.toLowerCase() as "vtt" | "srt", language, note }];
  });
}

const TIMES = /^\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})/;

/** Reads SubRip. Blocks that are not understood are left out. */
export function readSrt(text: string): Cue[] {
  const cues: Cue[] = [];
  let current: { start: number; end: number; lines: string[] } | undefined;
  const finish = (): void => {
    const content = current?.lines.join("\n").trim() ?? "";
    if (current && content !== "" && current.end > current.start) {
      cues.push({ start: current.start, end: current.end, text: content });
    }
    current = undefined;
  };
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const times = TIMES.exec(line);
    if (times) {
      finish();
      const [start, end] = [seconds(times.slice(1, 5)), seconds(times.slice(5, 9))];
      current = { start, end, lines: [] };
    } else if (line.trim() === "") finish();
    else current?.lines.push(cueText(line));
  }
  finish();
  return cues;
}

function seconds([hours, minutes, secs, fraction]: readonly (string | undefined)[]): number {
  const thousandths = Number((fraction ?? "0").padEnd(3, "0"));
  return Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(secs) + thousandths / 1000;
}

/** Keeps bold, italic and underlined; everything else that looks like markup is shown as it is, or left out. */
function cueText(line: string): string {
  return line
    .replace(/\{\\[^}]*\}/g, "")
    .replace(/<\/?font[^>]*>/gi, "")
    .replace(/&/g, "&amp;")
    .replace(/<(?!\/?[biu]>)/gi, "&lt;");
}

/** Decodes a subtitle file: UTF-8 or UTF-16 with a byte order mark, else what Windows programs write. */
export function decodeSubtitle(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
