// Which songs the browser plays itself, and into what the server converts the others (docs/http-api.md "Sound").
import { extensionOf } from "../browse/rows.ts";

export type Target = "opus" | "owa" | "caf" | "mp3" | "aac";

/** What the visitor wants converted although the browser might play it. */
export interface ConvertChoices {
  lossless: boolean;
  aac: boolean;
  others: boolean;
  /** "auto": by what the browser can play */
  target: Target | "auto";
}

/** Returns "", "maybe" or "probably", as `HTMLMediaElement.canPlayType`. */
export type CanPlay = (type: string) => string;

const TYPES: Record<string, readonly string[]> = {
  mp3: ["audio/mpeg"],
  m4a: ['audio/mp4; codecs="mp4a.40.2"'],
  m4b: ['audio/mp4; codecs="mp4a.40.2"'],
  aac: ["audio/aac"],
  ogg: ['audio/ogg; codecs="vorbis"'],
  oga: ['audio/ogg; codecs="vorbis"'],
  opus: ['audio/ogg; codecs="opus"'],
  flac: ["audio/flac", "audio/x-flac"],
  wav: ["audio/wav", "audio/x-wav"],
  aif: ["audio/aiff", "audio/x-aiff"],
  aiff: ["audio/aiff", "audio/x-aiff"],
  caf: ["audio/x-caf"],
};

/** Targets in the order of preference, with what a browser says of them. */
const TARGETS: readonly [Target, string][] = [
  ["opus", 'audio/ogg; codecs="opus"'],
  ["owa", 'audio/webm; codecs="opus"'],
  ["caf", 'audio/x-caf; codecs="opus"'],
  ["mp3", "audio/mpeg"],
  ["aac", "audio/aac"],
];

/** Returns the format that a song is converted into; undefined: it is played as it is. */
export function targetOf(name: string, choices: ConvertChoices, canPlay: CanPlay): Target | undefined {
  const extension = extensionOf(name);
  const isPlayed = (TYPES[extension] ?? []).some((type) => canPlay(type) !== "");
  return isPlayed && !isWanted(extension, choices) ? undefined : bestTarget(choices, canPlay);
}

/** Returns the format into which songs are converted for this browser. */
export function bestTarget({ target }: Pick<ConvertChoices, "target">, canPlay: CanPlay): Target {
  if (target !== "auto") return target;
  return TARGETS.find(([, type]) => canPlay(type) !== "")?.[0] ?? "mp3";
}

function isWanted(extension: string, { lossless, aac, others }: ConvertChoices): boolean {
  if (["flac", "wav"].includes(extension)) return lossless;
  if (["aac", "m4a", "m4b"].includes(extension)) return aac;
  // These need no conversion anywhere that they can be played.
  return others && !["mp3", "ogg", "oga", "opus"].includes(extension);
}
