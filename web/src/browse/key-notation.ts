// Musical keys: how the column of the tag `key` writes them, whatever wrote the tag (spec/browser-ui.md 10).
import { preference } from "./preferences.ts";

/** The 24 keys in each notation: major keys in the order of fifths from B, then their relative minor keys. */
const NOTATIONS = {
  rekobo_alnum: "1B 2B 3B 4B 5B 6B 7B 8B 9B 10B 11B 12B 1A 2A 3A 4A 5A 6A 7A 8A 9A 10A 11A 12A",
  rekobo_classic: "B F# Db Ab Eb Bb F C G D A E Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m Dbm",
  traktor_musical: "B Gb Db Ab Eb Bb F C G D A E G#m Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m C#m",
  traktor_sharps: "B F# C# G# D# A# F C G D A E G#m D#m A#m Fm Cm Gm Dm Am Em Bm F#m C#m",
  traktor_open: "6d 7d 8d 9d 10d 11d 12d 1d 2d 3d 4d 5d 6m 7m 8m 9m 10m 11m 12m 1m 2m 3m 4m 5m",
} as const;

export type Notation = keyof typeof NOTATIONS;

export const NOTATION_NAMES = Object.keys(NOTATIONS) as readonly Notation[];

const namesOf = (notation: Notation): string[] => NOTATIONS[notation].split(" ");

/** Position in the lists above by any spelling, in lower case. */
const positions = new Map(
  NOTATION_NAMES.flatMap((notation) => namesOf(notation).map((name, at): [string, number] => [name.toLowerCase(), at])),
);

/** The chosen notation; undefined: keys are shown as the files have them. */
export const notation = preference<Notation | undefined>("keys", undefined, (value) =>
  NOTATION_NAMES.some((name) => name === value),
);

/** Returns a key in a notation; what is no key stays as it is. */
export function inNotation(key: string, chosen: Notation | undefined): string {
  const at = positions.get(
    key
      .trim()
      .toLowerCase()
      .replace(/^0/, "")
      .replace(/\s?min(or)?$/, "m"),
  );
  return chosen === undefined || at === undefined ? key : (namesOf(chosen)[at] ?? key);
}

/** Keys that no two notations write alike, all together. */
const EXAMPLES = [7, 1, 12];

/** Returns examples of a notation, which name it better than its name: "C, F#, Abm". */
export const example = (chosen: Notation): string => EXAMPLES.map((at) => namesOf(chosen)[at]).join(", ");
