// Leaves out the silent parts of songs. They are found in the levels that the server computes for the waveform, so that the sound takes no
// way through an audio graph: phones stop that in the background.
import { effect } from "@preact/signals-core";
import type { Player } from "./player.ts";
import { preferences as chosen } from "./preferences.ts";
import { loadPeaks, peaksHref } from "./waveform.ts";

/** Levels of 255 up to which a part counts as silent: about -48 dB. */
const SILENT_MAX = 1;
/** Seconds of a part that is long enough to be left out, and what stays of it at its begin and its end. */
const [SHORTEST_S, KEPT_BEFORE_S, KEPT_AFTER_S] = [1.5, 0.3, 0.2];

/** Seconds from which, and seconds to which, to go on. */
export type Gap = readonly [from: number, to: number];

/** Returns the silent parts of a song without what stays of them. `peaks`: its levels in equal parts of `seconds`. */
export function gapsOf(peaks: Uint8Array, seconds: number): Gap[] {
  const part = seconds / Math.max(1, peaks.length);
  const gaps: Gap[] = [];
  let start = 0;
  for (let at = 0; at <= peaks.length; at++) {
    if (at < peaks.length && (peaks[at] ?? 0) <= SILENT_MAX) continue;
    if ((at - start) * part >= SHORTEST_S) gaps.push([start * part + KEPT_BEFORE_S, at * part - KEPT_AFTER_S]);
    start = at + 1;
  }
  return gaps;
}

/** Seconds by which elements miss the position that they were sent to. */
const INEXACT_S = 0.15;

/** Where a gap ends that `position` is in; undefined: in none, or almost at its end. */
export const endOfGap = (gaps: readonly Gap[], position: number): number | undefined =>
  gaps.find(([from, to]) => position >= from && position < to - INEXACT_S)?.[1];

/** Skips gaps while the visitor wants it. */
export function skipSilence(player: Player): void {
  let peaks: Uint8Array | undefined;
  /** end of the gap that was skipped last, once: the position may stay in it, as where a song that is being converted has no more yet */
  let tried: number | undefined;
  let abort: AbortController | undefined;
  effect(() => {
    const song = player.heard.value;
    abort?.abort();
    [peaks, tried] = [undefined, undefined];
    if (!song || !chosen.skipSilence.value) return;
    abort = new AbortController();
    const { signal } = abort;
    void loadPeaks(peaksHref(song), signal).then((loaded) => {
      if (!signal.aborted) peaks = loaded;
    });
  });
  effect(() => {
    const [position, seconds] = [player.position.value, player.duration.value];
    if (!peaks || seconds === 0 || !player.playing.value) return;
    const end = endOfGap(gapsOf(peaks, seconds), position);
    const isNew = end !== tried;
    tried = end;
    // Outside of the effect: to seek sets the position.
    if (end !== undefined && isNew) queueMicrotask(() => player.seek(end));
  });
}
