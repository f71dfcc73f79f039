// The loudness of a song along its length, and how it is drawn.
import { withParameter } from "../browse/rows.ts";
import type { Song } from "./song.ts";

/** Width of a bar and the gap after it, in pixels. */
const [BAR, GAP] = [2, 1];

export interface Colours {
  played: string;
  loaded: string;
  rest: string;
}

/** Returns the URL of a song's levels. */
export const peaksHref = ({ href, modifiedMs }: Song): string =>
  withParameter(href, `th=peaks&cache=i&t=${modifiedMs}`);

/** Loads the 2,048 levels of a song (`?th=peaks`), 0 to 255 each; undefined if there are none. */
export async function loadPeaks(url: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) return undefined;
    const peaks = new Uint8Array(await response.arrayBuffer());
    return peaks.length > 0 ? peaks : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the greatest level of each of `count` equal parts, 0 to 1, the greatest of all being 1. */
export function levelsOf(peaks: Uint8Array, count: number): number[] {
  const top = Math.max(
    1,
    peaks.reduce((most, peak) => Math.max(most, peak), 0),
  );
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * peaks.length) / count));
    return peaks.subarray(from, to).reduce((most, peak) => Math.max(most, peak), 0) / top;
  });
}

/** Most of the colour that the ground has. */
const GROUND_MAX = 0.35;

/** What is drawn: parts of the length from 0 to 1. */
export interface Drawn {
  peaks: Uint8Array | undefined;
  played: number;
  loaded: readonly (readonly [number, number])[];
  /** how much of its colour the ground has */
  tint: number;
}

export function draw(canvas: HTMLCanvasElement, { peaks, played, loaded, tint }: Drawn, colours: Colours): void {
  const context = canvas.getContext("2d");
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!context || width === 0) return;
  const ratio = window.devicePixelRatio || 1;
  const [pixelsX, pixelsY] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelsX || canvas.height !== pixelsY) [canvas.width, canvas.height] = [pixelsX, pixelsY];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (tint > 0) {
    // Never so much that the line on it is lost.
    context.globalAlpha = tint * GROUND_MAX;
    context.fillStyle = colours.played;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
  }
  const isLoaded = (part: number): boolean => loaded.some(([from, to]) => part >= from && part <= to);
  const colourAt = (part: number): string =>
    part < played ? colours.played : isLoaded(part) ? colours.loaded : colours.rest;
  if (!peaks) {
    line(context, width, height, { played, loaded }, colours);
    return;
  }
  const count = Math.max(1, Math.floor(width / (BAR + GAP)));
  levelsOf(peaks, count).forEach((level, at) => {
    const tall = Math.max(2, level * height);
    context.fillStyle = colourAt((at + 0.5) / count);
    context.fillRect(at * (BAR + GAP), (height - tall) / 2, BAR, tall);
  });
}

function line(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  { played, loaded }: Pick<Drawn, "played" | "loaded">,
  colours: Colours,
): void {
  const top = height / 2 - 2;
  const fill = (colour: string, from: number, to: number): void => {
    context.fillStyle = colour;
    context.fillRect(from * width, top, Math.max(0, to - from) * width, 4);
  };
  fill(colours.rest, 0, 1);
  for (const [from, to] of loaded) fill(colours.loaded, from, Math.min(1, to));
  fill(colours.played, 0, played);
}
