// The dialog "Player": what the visitor can choose.
import { effect, type Signal } from "@preact/signals-core";
import { html, type TemplateResult } from "lit";
import { percent } from "../../kit/format.ts";
import { type Key, t } from "../../kit/words.ts";
import { openDialog } from "../parts/dialog.ts";
import { showOpened } from "../parts/opened.ts";
import { PRESETS, type Preset, presetOf } from "./equalizer.ts";
import { BANDS, preferences as chosen, GAIN_MAX } from "./preferences.ts";

export function openSettings(): void {
  const dialog = openDialog<void>(t("player.settings"), true);
  const stop = effect(() => {
    dialog.draw(
      html`<div class="dialog-body player-settings">
        ${group("player.set.playing", playing())} ${group("player.set.shown", shown())} ${group("player.set.convert", convert())}
        ${group("player.set.keys", keys())} ${group("player.set.equalizer", equalizer())} ${more()}
      </div>`,
    );
  });
  void dialog.result.then(stop);
}

function group(title: Key, content: unknown): TemplateResult {
  return html`<fieldset><legend>${t(title)}</legend>${content}</fieldset>`;
}

function check(label: Key, value: Signal<boolean>, enabled = true): TemplateResult {
  const change = (event: Event): void => {
    value.value = (event.target as HTMLInputElement).checked;
  };
  return html`<label class="check"
    ><input type="checkbox" .checked=${value.value} ?disabled=${!enabled} @change=${change} /> <span>${t(label)}</span></label
  >`;
}

function select<T extends string>(
  label: Key,
  value: T,
  options: readonly (readonly [T, string])[],
  change: (value: T) => void,
): TemplateResult {
  return html`<label class="field"
    ><span>${t(label)}</span
    ><select @change=${(event: Event) => change((event.target as HTMLSelectElement).value as T)}>
      ${options.map(([one, text]) => html`<option value=${one} ?selected=${one === value}>${text}</option>`)}
    </select></label
  >`;
}

type AtEnd = "stop" | "loop" | "next";

function playing(): TemplateResult {
  const now: AtEnd = chosen.repeat.value === "all" ? "loop" : chosen.nextFolder.value ? "next" : "stop";
  const options = [
    ["next", t("player.end.next")],
    ["loop", t("player.end.loop")],
    ["stop", t("player.end.stop")],
  ] as const;
  const change = (end: AtEnd): void => {
    if (end === "loop") chosen.repeat.value = "all";
    else if (chosen.repeat.peek() === "all") chosen.repeat.value = "off";
    if (end !== "loop") chosen.nextFolder.value = end === "next";
  };
  return html`${select("player.end", now, options, change)} ${check("player.set.fade", chosen.fade)}
    ${check("player.set.preload", chosen.preload)} ${check("player.set.preloadEarly", chosen.preloadEarly, chosen.preload.value)}`;
}

const shown = (): TemplateResult =>
  html`${check("player.set.waveform", chosen.waveform)} ${share("player.set.tint", chosen.tint, 100)}`;

/** A slider for a percentage. */
function share(label: Key, of: Signal<number>, most: number): TemplateResult {
  const text = percent(of.value, 100);
  const input = (event: Event): void => {
    of.value = Number((event.target as HTMLInputElement).value);
  };
  return html`<label class="band share"
    ><span>${t(label)}</span
    ><input type="range" min="0" max=${most} step="5" aria-valuetext=${text} .value=${String(of.value)} @input=${input} /><output
      >${text}</output
    ></label
  >`;
}

function convert(): TemplateResult {
  const targets = [
    ["auto", t("player.target.auto")],
    ["opus", "Opus (Ogg)"],
    ["owa", "Opus (WebM)"],
    ["caf", "Opus (CAF)"],
    ["mp3", "MP3"],
    ["aac", "AAC"],
  ] as const;
  const change = (target: (typeof targets)[number][0]): void => {
    chosen.target.value = target;
  };
  return html`<p class="lead">${t("player.set.convertWhy")}</p>
    ${check("player.set.lossless", chosen.convertLossless)} ${check("player.set.aac", chosen.convertAac)}
    ${check("player.set.others", chosen.convertOthers)} ${select("player.target", chosen.target.value, targets, change)}`;
}

/** What is rarely chosen. */
function more(): TemplateResult {
  return html`<details @toggle=${showOpened}>
    <summary>${t("row.more")}</summary>
    ${explained("skipSilence")} ${explained("follow")} ${explained("linkStarts")}
  </details>`;
}

function explained(name: "skipSilence" | "follow" | "linkStarts"): TemplateResult {
  const change = (event: Event): void => {
    chosen[name].value = (event.target as HTMLInputElement).checked;
  };
  return html`<label class="switch"
    ><input type="checkbox" .checked=${chosen[name].value} @change=${change} />
    <span>${t(`player.${name}`)}<small>${t(`player.${name}.why`)}</small></span></label
  >`;
}

function keys(): TemplateResult {
  const on = chosen.mediaKeys.value;
  return html`${check("player.set.mediaKeys", chosen.mediaKeys)} ${check("player.set.mediaCover", chosen.mediaCover, on)}
    ${check("player.set.mediaSeek", chosen.mediaSeek, on)}`;
}

function equalizer(): TemplateResult {
  const curve = chosen.curve.value;
  const presets = [...(Object.keys(PRESETS) as Preset[]), "own" as const];
  const options = presets.map((name) => [name, t(`player.preset.${name}`)] as const);
  const take = (name: Preset | "own"): void => {
    if (name !== "own") chosen.curve.value = PRESETS[name];
  };
  const setBand = (at: number, value: number): void => {
    chosen.curve.value = curve.map((old, index) => (index === at ? value : old));
  };
  return html`${check("player.set.equalizerOn", chosen.equalizer)}
    ${select("player.preset", presetOf(curve) ?? "own", options, take)}
    <div class="bands">
      ${BANDS.map((hertz, at) => band(frequency(hertz), curve[at] ?? 0, (value) => setBand(at, value)))}
      ${band(t("player.gain"), chosen.gain.value, (value) => {
        chosen.gain.value = value;
      })}
    </div>
    ${share("player.set.width", chosen.width, 200)}
    ${check("player.set.compressor", chosen.compressor)}`;
}

const frequency = (hertz: number): string =>
  hertz < 1000 ? t("player.hertz", { n: String(Math.floor(hertz)) }) : t("player.kilohertz", { n: hertz / 1000 });

function band(label: string, value: number, change: (value: number) => void): TemplateResult {
  const text = `${value > 0 ? "+" : ""}${value} dB`;
  const input = (event: Event): void => change(Number((event.target as HTMLInputElement).value));
  return html`<label class="band"
    ><span>${label}</span
    ><input
      type="range"
      min=${-GAIN_MAX}
      max=${GAIN_MAX}
      step="1"
      aria-valuetext=${text}
      .value=${String(value)}
      @input=${input}
    /><output><bdi>${text}</bdi></output></label
  >`;
}
