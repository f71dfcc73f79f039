// The bar at the bottom of the page; on narrow screens a slim one above the tabs.
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { clock } from "../browse/texts.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import { modes, transport, volume } from "./controls.ts";
import type { PlayerMenu } from "./menu.ts";
import { pictureOf } from "./pictures.ts";
import type { Player } from "./player.ts";
import "./seek.ts";
import type { Song } from "./song.ts";

export class PlayerBar extends Part {
  player!: Player;
  menu!: PlayerMenu;
  /** opens the full view */
  show!: () => void;

  protected override render(): unknown {
    const { player } = this;
    const song = player.song.value;
    document.documentElement.classList.toggle("has-player", song !== undefined);
    if (!song) return nothing;
    return html`<section class="player" aria-label=${t("player.label")}>
      ${transport(player)}
      <button class="song" type="button" title=${t("player.show")} @click=${this.show}>
        ${cover(player, song)}<span class="names">${names(song)}</span>
      </button>
      ${says(player)}
      <pl-seek .player=${player}></pl-seek>
      <pl-clock .player=${player}></pl-clock><pl-played .player=${player}></pl-played>
      ${volume(player)} ${modes(player, this.more)}
    </section>`;
  }

  private readonly more = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("player.more"), this.menu.items(event.currentTarget as Element));
}

/** The picture of a song; without one, an icon. */
export function cover(player: Player, song: Song): TemplateResult {
  const isWanted = song.cover !== undefined || player.heard.value === song;
  const failed = (event: Event): void => (event.target as Element).classList.add("failed");
  const loaded = (event: Event): void => (event.target as Element).classList.remove("failed");
  const picture = html`<img src=${pictureOf(song)} alt="" decoding="async" @error=${failed} @load=${loaded} />`;
  return html`<span class="cover"><span class="i i-music" aria-hidden="true"></span>${isWanted ? picture : nothing}</span>`;
}

/** What went wrong, or what was just done. */
export function says(player: Player): TemplateResult {
  const message = player.message.value;
  return html`<p class="says ${message === undefined ? "" : "bad"}" role="status">${message ?? player.note.value ?? nothing}</p>`;
}

export function names(song: Song): TemplateResult {
  return html`<b dir="auto">${song.title}</b>${song.artist === "" ? nothing : html`<span dir="auto">${song.artist}</span>`}`;
}

/** Position and length. An element of its own: it is drawn several times a second. */
class PlayerClock extends Part {
  player!: Player;

  protected override render(): unknown {
    const { position, duration } = this.player;
    return html`${clock(position.value)}<span> / ${duration.value > 0 ? clock(duration.value) : "–:––"}</span>`;
  }
}

/** How much was played, as a line at the top of the slim bar. The full view says it to everyone. */
class PlayedLine extends Part {
  player!: Player;

  protected override render(): unknown {
    const { position, duration } = this.player;
    return html`<progress class="played" aria-hidden="true" max=${duration.value || 1} .value=${position.value}></progress>`;
  }
}

customElements.define("pl-played", PlayedLine);
customElements.define("pl-clock", PlayerClock);
customElements.define("pl-player", PlayerBar);
