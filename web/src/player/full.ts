// The player in full: a large cover, all controls, and the songs that come. Fills narrow screens.
import { effect } from "@preact/signals-core";
import { html, nothing, render, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { folderName } from "../browse/decoded.ts";
import { clock } from "../browse/texts.ts";
import { openLayer } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import { openMenu } from "../parts/menu.ts";
import { cover, names, says } from "./bar.ts";
import { modes, transport, volume } from "./controls.ts";
import type { PlayerMenu } from "./menu.ts";
import type { Player } from "./player.ts";
import type { Queue } from "./queue.ts";

/** Songs of the queue that are drawn before the current one and after it. */
const [SHOWN_BEFORE, SHOWN_AFTER] = [20, 100];

/** Opens the full view. Escape and its button close it; the focus returns to where it was. */
export function openFull(player: Player, menu: PlayerMenu): void {
  if (document.querySelector("dialog.player-full")) return;
  const { element, close, result } = openLayer("player-full");
  element.setAttribute("aria-label", t("player.label"));
  const more = (event: Event): void => {
    const anchor = event.currentTarget as Element;
    openMenu(anchor, t("player.more"), menu.items(anchor));
  };
  const stop = effect(() => {
    render(
      content(player, () => close(), more),
      element,
    );
  });
  const { router } = player.app;
  void result.then(() => {
    stop();
    router.leaveLayer();
  });
  // On phones "back" is how people leave what fills the screen.
  router.pushLayer();
  element.showModal();
}

function content(player: Player, close: () => void, more: (event: Event) => void): unknown {
  const song = player.song.value;
  if (!song) {
    queueMicrotask(close);
    return nothing;
  }
  return html`<div class="full-head">
      <button class="icon" type="button" aria-label=${t("player.hide")} title=${t("player.hide")} @click=${close}>${icon("down")}</button>
      <p><bdi>${sourceText(player.queue.value)}</bdi></p>
    </div>
    <div class="full-body">
      ${cover(player, song)}
      <h2 class="names">${names(song)}</h2>
      ${says(player)}
      <pl-seek .player=${player}></pl-seek>
      <pl-clock .player=${player}></pl-clock>
      ${transport(player)} ${modes(player, more)} ${volume(player)}
    </div>
    ${upNext(player)}`;
}

function sourceText(queue: Queue | undefined): string {
  const source = queue?.source;
  if (source?.kind === "playlist") return source.name;
  if (source?.kind !== "folder") return t("player.source.rows");
  return folderName(source.path);
}

function upNext(player: Player): TemplateResult {
  const queue = player.queue.value;
  if (!queue || queue.order.length < 2) return html``;
  const from = Math.max(0, queue.at - SHOWN_BEFORE);
  const shown = queue.order.slice(from, queue.at + SHOWN_AFTER);
  const hidden = queue.order.length - from - shown.length;
  return html`<section class="queue" aria-label=${t("player.queue")}>
    <h3>${t("player.queue")}</h3>
    <ol>
      ${shown.map((index, offset) => {
        const song = queue.songs[index];
        const at = from + offset;
        return html`<li>
          <button type="button" aria-current=${at === queue.at ? "true" : nothing} @click=${() => player.jumpTo(at)}>
            <span class="names">${song ? names(song) : nothing}</span>
            <small>${song?.seconds === undefined ? "" : clock(song.seconds)}</small>
          </button>
        </li>`;
      })}
    </ol>
    ${hidden > 0 ? html`<p class="lead">${t("player.queue.more", { n: hidden })}</p>` : nothing}
  </section>`;
}
