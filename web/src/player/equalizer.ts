// The equalizer: ten bands and a gain between the audio elements and the loudspeaker. The graph is built when it is first turned on;
// what runs through it cannot be taken out again, so turning it off sets it to no effect.
import { effect } from "@preact/signals-core";
import { BANDS, preferences as chosen } from "./preferences.ts";

interface Graph {
  context: AudioContext;
  bands: readonly BiquadFilterNode[];
  gain: GainNode;
}

/** Curves to choose from, in decibels per band. */
export const PRESETS = {
  flat: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  smile: [4, 3, 2, 1, 0, 0, 1, 2, 3, 4],
  bass: [7, 6, 5, 3, 1, 0, 0, 0, 0, 0],
  treble: [0, 0, 0, 0, 0, 1, 3, 4, 5, 6],
  speech: [-4, -3, -1, 1, 3, 4, 4, 3, 1, -1],
  small: [-6, -3, 2, 4, 3, 2, 1, 2, 3, 2],
} as const satisfies Record<string, readonly number[]>;

export type Preset = keyof typeof PRESETS;

/** Returns the name of a curve; undefined if it is none of the presets. */
export function presetOf(curve: readonly number[]): Preset | undefined {
  const names = Object.keys(PRESETS) as Preset[];
  return names.find((name) => PRESETS[name].every((value, at) => value === curve[at]));
}

/** Leads the sound of the elements through the equalizer whenever it is on. */
export function connectEqualizer(elements: readonly HTMLAudioElement[]): void {
  let graph: Graph | undefined;
  const wake = (): void => {
    // Browsers start the graph after a click only; without it the elements are silent.
    if (graph?.context.state === "suspended") void graph.context.resume();
  };
  effect(() => {
    const on = chosen.equalizer.value;
    const curve = chosen.curve.value;
    const gain = chosen.gain.value;
    if (!on && !graph) return;
    graph ??= build(elements);
    wake();
    graph.bands.forEach((band, at) => {
      band.gain.value = on ? (curve[at] ?? 0) : 0;
    });
    graph.gain.gain.value = on ? 10 ** (gain / 20) : 1;
  });
  for (const element of elements) element.addEventListener("play", wake);
  document.addEventListener("pointerdown", wake);
  document.addEventListener("keydown", wake);
}

function build(elements: readonly HTMLAudioElement[]): Graph {
  const context = new AudioContext();
  const bands = BANDS.map((frequency, at) => {
    const type = at === 0 ? "lowshelf" : at === BANDS.length - 1 ? "highshelf" : "peaking";
    // Width of one octave.
    return new BiquadFilterNode(context, { type, frequency, Q: 1.41 });
  });
  const gain = new GainNode(context);
  const chain: AudioNode[] = [...bands, gain, context.destination];
  chain.reduce((from, to) => from.connect(to));
  for (const element of elements) {
    const source = context.createMediaElementSource(element);
    if (bands[0]) source.connect(bands[0]);
  }
  return { context, bands, gain };
}
