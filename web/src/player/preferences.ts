// What the visitor has chosen for the player; kept by this browser.
import type { Signal } from "@preact/signals-core";
import { preference } from "../browse/preferences.ts";
import type { Target } from "./formats.ts";

export type Repeat = "off" | "all" | "one";

const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isOneOf =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const onOff = (name: string, fallback: boolean): Signal<boolean> =>
  preference<boolean>(`player.${name}`, fallback, isBoolean);
const isGain = (value: unknown): boolean => typeof value === "number" && Math.abs(value) <= GAIN_MAX;

/** Middle frequencies of the equalizer's bands, Hz. */
export const BANDS = [31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000] as const;

/** Decibels that a band adds or takes away at most. */
export const GAIN_MAX = 12;

/** Decibels per band that the equalizer starts with, once it is turned on. */
export const START_CURVE: readonly number[] = [4, 3, 2, 1, 0, 0, 1, 2, 3, 4];

const isCurve = (value: unknown): boolean =>
  Array.isArray(value) && value.length === BANDS.length && value.every(isGain);

export const preferences = {
  /** position of the volume's slider, 0 to 1; loudness grows with its square */
  volume: preference<number>("player.volume", 0.5, (value) => typeof value === "number" && value >= 0 && value <= 1),
  repeat: preference<Repeat>("player.repeat", "off", isOneOf("off", "all", "one")),
  shuffle: onOff("shuffle", false),
  /** after the last song of a folder comes the next folder, unless it is repeated */
  nextFolder: onOff("nextFolder", true),
  /** songs get louder and quieter when they are resumed and paused */
  fade: onOff("fade", true),
  /** the next song is loaded before the current one ends */
  preload: onOff("preload", true),
  /** as soon as the current one is loaded, instead of ten seconds before its end */
  preloadEarly: onOff("preloadEarly", false),
  waveform: onOff("waveform", true),
  /** how much the ground of the seek line is coloured, percent */
  tint: preference<number>("player.tint", 0, (value) => typeof value === "number" && value >= 0 && value <= 100),
  mediaKeys: onOff("mediaKeys", true),
  mediaCover: onOff("mediaCover", true),
  mediaSeek: onOff("mediaSeek", true),
  convertLossless: onOff("convert.lossless", false),
  convertAac: onOff("convert.aac", false),
  convertOthers: onOff("convert.others", false),
  target: preference<Target | "auto">("player.target", "auto", isOneOf("auto", "opus", "owa", "caf", "mp3", "aac")),
  equalizer: onOff("equalizer", false),
  curve: preference<readonly number[]>("player.curve", START_CURVE, isCurve),
  /** decibels of all bands together */
  gain: preference<number>("player.gain", 0, isGain),
  /** percent: 0 is mono, 100 as recorded, 200 without what both sides have in common */
  width: preference<number>("player.width", 100, (value) => typeof value === "number" && value >= 0 && value <= 200),
  /** silent parts of a song are left out */
  skipSilence: onOff("skipSilence", false),
  /** the list scrolls to the song that starts */
  follow: onOff("follow", false),
  /** a song that a link names is played, and not only shown in the list */
  linkStarts: onOff("linkStarts", true),
  /** loud and quiet passages are made alike */
  compressor: onOff("compressor", false),
};
