// The menu of the player: links, what is playing as text, when it ends, settings.
import { t } from "../../kit/words.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { idsOf, nameId } from "../browse/name-id.ts";
import { toParameter } from "../browse/order.ts";
import { keyOf } from "../browse/rows.ts";
import { clock } from "../browse/texts.ts";
import { type MenuItem, openMenu } from "../parts/menu.ts";
import { fragmentOf } from "./moment.ts";
import type { Player } from "./player.ts";
import { SLEEP_MINUTES, type SleepTimer } from "./sleep-timer.ts";
import { nowPlayingText, type Song } from "./song.ts";

export interface PlayerMenu {
  items: (anchor: Element) => MenuItem[];
}

/** Returns the address of a song in its folder, and of a moment in it. It names the order of the list: after the song comes the same one. */
export function linkTo(player: Player, song: Song, from?: number): string {
  const { app } = player;
  const listing = app.folder.listing.peek();
  const rows = listing?.path === song.folder && !listing.below ? listing.rows : [];
  const row = rows.find((one) => app.pathOf(one) === song.path);
  const id = (row && idsOf(rows).get(keyOf(row))) ?? nameId(song.name);
  const sort = rows.length > 0 ? toParameter(app.levels.peek()) : undefined;
  const order = sort === undefined ? "" : `?sort=${sort}`;
  return new URL(app.base + song.folder + order + fragmentOf(id, from), location.href).href;
}

export function playerMenu(player: Player, timer: SleepTimer, openSettings: () => void): PlayerMenu {
  const copy = async (text: string): Promise<void> => {
    const done = await copyText(text);
    player.say(t(done ? "player.copied" : "player.copyFailed"));
  };
  const sleep = (anchor: Element): void => openMenu(anchor, t("player.sleep"), sleepItems(timer));
  const items = (anchor: Element): MenuItem[] => {
    const song = player.song.peek();
    if (!song) return [];
    const now = player.position.peek();
    const left = timer.minutesLeft();
    return [
      { label: t("player.link"), icon: "link", run: () => void copy(linkTo(player, song)) },
      {
        label: t("player.linkNow", { position: clock(now) }),
        icon: "link",
        run: () => void copy(linkTo(player, song, now)),
      },
      {
        label: t("player.copyNow"),
        icon: "copy",
        run: () => void copy(nowPlayingText(song, now, player.duration.peek())),
      },
      {
        label: t("player.openFolder"),
        icon: "folder",
        run: () => {
          anchor.closest("dialog")?.close();
          player.app.go(song.folder);
        },
      },
      {
        label: t("player.stopAfter"),
        checked: player.stopsAfter.peek(),
        separated: true,
        run: () => {
          player.stopsAfter.value = !player.stopsAfter.peek();
          player.decks.forgetSpare();
        },
      },
      {
        label: left > 0 ? t("player.sleep.left", { n: left }) : t("player.sleep"),
        icon: "versions",
        run: () => sleep(anchor),
      },
      { label: t("player.reload"), icon: "retry", run: () => player.reload() },
      { label: t("player.settings"), icon: "settings", separated: true, run: openSettings },
      { label: t("player.close"), icon: "x", run: () => player.close() },
    ];
  };
  return { items };
}

function sleepItems(timer: SleepTimer): MenuItem[] {
  return [
    { label: t("player.sleep.off"), checked: timer.at.peek() === undefined, run: () => timer.set(0) },
    ...SLEEP_MINUTES.map((minutes) => ({
      label: t("player.sleep.minutes", { n: minutes }),
      icon: "none",
      run: () => timer.set(minutes),
    })),
  ];
}
