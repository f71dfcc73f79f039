// The equalizer: ten bands, a gain, a compressor and the width of the stereo image between the audio elements and the loudspeaker. The graph is built when it is first turned on;
// what runs through it cannot be taken out again, so turning it off sets it to no effect.
import { effect } from "@preact/signals-core";
import { BANDS, preferences as chosen } from "./preferences.ts";

interface Graph {
  context: AudioContext;
  bands: readonly BiquadFilterNode[];
  gain: GainNode;
  compressor: DynamicsCompressorNode;
  width: Width;
}

/** Adds to each side a part of the other one. */
interface Width {
  input: AudioNode;
  output: AudioNode;
  same: readonly GainNode[];
  other: readonly GainNode[];
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
    const [width, compresses] = [chosen.width.value / 100, chosen.compressor.value];
    if (!on && !graph) return;
    graph ??= build(elements);
    wake();
    graph.bands.forEach((band, at) => {
      band.gain.value = on ? (curve[at] ?? 0) : 0;
    });
    graph.gain.gain.value = on ? 10 ** (gain / 20) : 1;
    // A ratio of 1 changes nothing.
    graph.compressor.ratio.value = on && compresses ? 12 : 1;
    setWidth(graph.width, on ? width : 1);
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
  const compressor = new DynamicsCompressorNode(context, { ratio: 1 });
  const width = buildWidth(context);
  const chain: AudioNode[] = [...bands, gain, compressor, width.input];
  chain.reduce((from, to) => from.connect(to));
  width.output.connect(context.destination);
  for (const element of elements) {
    const source = context.createMediaElementSource(element);
    if (bands[0]) source.connect(bands[0]);
  }
  return { context, bands, gain, compressor, width };
}

function buildWidth(context: AudioContext): Width {
  // Sound of one channel is played on both sides before they are mixed.
  const input = new ChannelSplitterNode(context, { numberOfOutputs: 2, channelCount: 2, channelCountMode: "explicit" });
  const output = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const path = (from: number, to: number): GainNode => {
    const gain = new GainNode(context);
    input.connect(gain, from);
    gain.connect(output, 0, to);
    return gain;
  };
  return { input, output, same: [path(0, 0), path(1, 1)], other: [path(0, 1), path(1, 0)] };
}

/** `width`: 0 is mono, 1 as recorded; what both sides have in common keeps its loudness up to 1. */
function setWidth({ same, other }: Width, width: number): void {
  for (const { gain } of same) gain.value = (1 + width) / 2;
  for (const { gain } of other) gain.value = (1 - width) / 2;
}
