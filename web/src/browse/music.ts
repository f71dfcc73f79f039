// The place of the music player in the page: what opens it. The player itself is loaded with the first song.
import { type Key, t } from "../../kit/words.ts";
import type { App } from "./app.ts";
import { download } from "./basic-actions.ts";
import type { Hotkey } from "./hotkeys.ts";
import type { Place } from "./place.ts";
import { kindOf, type Row } from "./rows.ts";

/** The player, as far as the page needs it. */
interface Music {
  readonly hasSong: boolean;
  open: (row: Row, rows: readonly Row[]) => void;
  playRows: (rows: readonly Row[]) => boolean;
  toggle: () => void;
  step: (steps: 1 | -1) => void;
  seekBy: (seconds: number) => void;
  jumpTo: (part: number) => void;
  show: () => void;
  openSettings: () => void;
  makePlaylist: (rows: readonly Row[]) => Promise<void>;
  download: () => string | undefined;
  follow: (place: Place) => void;
}

/** What the tab "Play" does. */
export type Play = () => void;

/** What the page does with the player. */
export interface MusicEntry {
  play: Play;
  openSettings: () => void;
}

const isSong = (row: Row): boolean => kindOf(row) === "audio";

/** Adds the player to the page. Call it before other keys are added: those of the player hold while a song plays. */
export function addMusic(app: App): MusicEntry {
  let music: Music | undefined;
  let loading: Promise<Music | undefined> | undefined;
  const load = (): Promise<Music | undefined> => {
    loading ??= import("../player/index.ts").then(
      async (module) => {
        music = await module.Music.start(app);
        return music;
      },
      () => {
        loading = undefined;
        app.notices.show({ text: t("browse.lost"), bad: true });
        return undefined;
      },
    );
    return loading;
  };
  const playFolder = async (): Promise<void> => {
    const rows = app.isStale.peek() ? [] : app.rows.peek();
    if (!rows.some(isSong)) app.notices.show({ text: t("player.none") });
    else (await load())?.playRows(rows);
  };
  app.opens(["audio", "playlist"], async (row, rows) => (await load())?.open(row, rows));
  addActions(app, load);
  addKeys(app, () => music, playFolder);
  followAddress(app, load);
  return {
    play: () => {
      if (music?.hasSong) music.show();
      else void playFolder();
    },
    openSettings: () => void load().then((one) => one?.openSettings()),
  };
}

function addActions(app: App, load: () => Promise<Music | undefined>): void {
  const songs = (rows: readonly Row[]): boolean =>
    rows.length > 1 && rows.every((row) => isSong(row) && app.mayOf(row).download);
  app.actions.push(
    {
      id: "play",
      label: (rows) => t("player.playSongs", { n: rows.length }),
      icon: "play",
      inBar: true,
      when: songs,
      run: async (rows) => void (await load())?.playRows(rows),
    },
    {
      id: "playlist",
      label: () => t("player.list.make"),
      icon: "list-music",
      when: songs,
      run: async (rows) => (await load())?.makePlaylist(rows),
    },
  );
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => `Digit${digit}`);

function addKeys(app: App, music: () => Music | undefined, playFolder: () => Promise<void>): void {
  const hasSong = (): boolean => music()?.hasSong ?? false;
  const playing = (): Row | undefined => {
    const path = app.playing.peek();
    return path === undefined ? undefined : app.rows.peek().find((row) => app.pathOf(row) === path);
  };
  const key = (keys: string[], label: Key, run: (event: KeyboardEvent) => void, when = hasSong): Hotkey => ({
    keys,
    label,
    group: "player",
    run,
    when,
  });
  app.hotkeys.add(
    key(
      ["KeyP"],
      "keys.play",
      () => (hasSong() ? music()?.toggle() : void playFolder()),
      () => true,
    ),
    key(["KeyJ"], "keys.previousSong", () => music()?.step(-1)),
    key(["KeyL"], "keys.nextSong", () => music()?.step(1)),
    key(["KeyU"], "keys.back10", () => music()?.seekBy(-10)),
    key(["KeyO"], "keys.forward10", () => music()?.seekBy(10)),
    key(DIGITS, "keys.jump", ({ code }) => music()?.jumpTo(Number(code.slice(-1)) / 10)),
    key(
      ["KeyS"],
      "keys.selectSong",
      () => {
        const row = playing();
        if (row) app.selection.toggle(row);
      },
      () => playing() !== undefined,
    ),
    key(
      ["KeyY"],
      "keys.downloadSong",
      () => {
        const url = music()?.download();
        if (url !== undefined) download(url);
      },
      () => hasSong() && app.selection.keys.peek().size === 0,
    ),
  );
}

/** Plays what an address names: when the page opens, and when a link leads there; not on the way back or forward. */
function followAddress(app: App, load: () => Promise<Music | undefined>): void {
  let isFirst = true;
  app.onPlace((place) => {
    const isNew = isFirst || (history.state as { potluck?: unknown } | null)?.potluck === undefined;
    isFirst = false;
    if (isNew && /^#(af-|m3u=)/.test(place.fragment)) void load().then((music) => music?.follow(place));
  });
}
