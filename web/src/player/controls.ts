// The buttons that bar and full view have in common.
import { html, type TemplateResult } from "lit";
import { type Key, t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import type { Player } from "./player.ts";
import { preferences as chosen, type Repeat } from "./preferences.ts";

function button(label: string, name: string, press: (event: Event) => void, kind = ""): TemplateResult {
  return html`<button class="icon ${kind}" type="button" aria-label=${label} title=${label} @click=${press}>${icon(name)}</button>`;
}

export function transport(player: Player): TemplateResult {
  const isPlaying = player.playing.value;
  return html`<div class="transport">
    ${button(t("player.previous"), "skip-back", () => player.previous())}
    ${button(t(isPlaying ? "player.pause" : "player.play"), isPlaying ? "pause" : "play", () => player.toggle(), `main ${player.waiting.value ? "waits" : ""}`)}
    ${button(t("player.next"), "skip-forward", () => player.next())}
  </div>`;
}

const NEXT: Record<Repeat, Repeat> = { off: "all", all: "one", one: "off" };
const LABELS: Record<Repeat, Key> = {
  off: "player.repeat.off",
  all: "player.repeat.all",
  one: "player.repeat.one",
};

export function modes(player: Player, more: (event: Event) => void): TemplateResult {
  const shuffle = chosen.shuffle.value;
  const repeat = chosen.repeat.value;
  const turn = (): void => {
    chosen.repeat.value = NEXT[repeat];
    player.decks.forgetSpare();
  };
  return html`<div class="modes">
    <button
      class="icon toggle"
      type="button"
      aria-pressed=${shuffle ? "true" : "false"}
      aria-label=${t("player.shuffle")}
      title=${t("player.shuffle")}
      @click=${() => player.setShuffle(!shuffle)}
    >
      ${icon("shuffle")}
    </button>
    ${button(t(LABELS[repeat]), repeat === "one" ? "repeat-1" : "repeat", turn, `toggle ${repeat === "off" ? "" : "on"}`)}
    <button class="icon" type="button" aria-haspopup="menu" aria-label=${t("player.more")} title=${t("player.more")} @click=${more}>
      ${icon("more")}
    </button>
  </div>`;
}

export function volume(player: Player): TemplateResult {
  const muted = player.muted.value;
  const level = muted ? 0 : Math.round(chosen.volume.value * 100);
  const change = (event: Event): void => {
    chosen.volume.value = Number((event.target as HTMLInputElement).value) / 100;
    player.muted.value = false;
  };
  const mute = (): void => {
    player.muted.value = !muted;
  };
  return html`<div class="volume">
    ${button(t(muted ? "player.unmute" : "player.mute"), muted ? "volume-x" : "volume-2", mute)}
    <input type="range" min="0" max="100" step="1" aria-label=${t("player.volume")} .value=${String(level)} @input=${change} />
  </div>`;
}
