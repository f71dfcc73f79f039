// The music player, loaded when the first song is opened. browse/music.ts is its place in the page.
import { computed, effect } from "@preact/signals-core";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { plainName } from "../browse/decoded.ts";
import { idsOf, rowOfId } from "../browse/name-id.ts";
import type { Place } from "../browse/place.ts";
import { keyOf, kindOf, type Row, withParameter } from "../browse/rows.ts";
import type { RowsPart } from "../browse/rows-part.ts";
import { ask } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import { soundAlone } from "./alone.ts";
import { PlayerBar } from "./bar.ts";
import { findFolder } from "./find-folder.ts";
import { openFull } from "./full.ts";
import { pathOfEntry } from "./m3u.ts";
import { connectMediaSession } from "./media-session.ts";
import { playerMenu } from "./menu.ts";
import { fragmentOf, requestOf } from "./moment.ts";
import { Player } from "./player.ts";
import { makePlaylist, playPlaylist } from "./playlists.ts";
import { preferences as chosen } from "./preferences.ts";
import type { Source } from "./queue.ts";
import { openSettings } from "./settings.ts";
import { skipSilence } from "./silence.ts";
import { SleepTimer } from "./sleep-timer.ts";
import { type Song, songsOf } from "./song.ts";

export class Music {
  private readonly player: Player;
  private readonly menu;
  /** where the queue comes from; the same until other songs are played */
  private readonly source;
  private asking = false;

  private constructor(private readonly app: App) {
    this.player = new Player(app, (after, step) => findFolder(app, after, step));
    this.source = computed(() => this.player.queue.value?.source);
    this.player.onStart = (song, from) => this.started(song, from);
    this.player.onBlocked = (song) => void this.askToPlay(song);
    this.menu = playerMenu(this.player, new SleepTimer(this.player), openSettings);
    const bar = new PlayerBar();
    bar.player = this.player;
    bar.menu = this.menu;
    bar.show = () => this.show();
    document.body.append(bar);
    connectMediaSession(this.player);
    skipSilence(this.player);
    soundAlone(this.player);
    const music = { isPlaying: this.player.playing, toggle: () => this.toggle() };
    effect(() => {
      app.music.value = this.player.song.value && music;
    });
    effect(() => this.followList());
  }

  /** Puts the player into the page. */
  static async start(app: App): Promise<Music> {
    await loadStyle("player.css");
    return new Music(app);
  }

  /** Whether there is a song, playing or not. */
  get hasSong(): boolean {
    return this.player.song.peek() !== undefined;
  }

  /** Plays a song of the list, and those after it; or a playlist. */
  open(row: Row, rows: readonly Row[]): void {
    const { app, player } = this;
    if (kindOf(row) === "playlist") {
      void playPlaylist(player, app.pathOf(row), app.hrefOf(row));
      return;
    }
    const isCurrent = player.song.peek()?.path === app.pathOf(row);
    // The second click of a double click must not start it again.
    if (isCurrent) player.resume();
    else this.playRows(rows, row);
  }

  /** Plays the songs among rows, from `first` on. Returns whether there are any. */
  playRows(rows: readonly Row[], first?: Row, from?: number): boolean {
    const { app, player } = this;
    const songs = songsOf(rows, app.listed(), app.base);
    if (songs.length === 0) return false;
    const at = first ? songs.findIndex((song) => song.path === app.pathOf(first)) : 0;
    player.play(this.sourceOf(rows), songs, Math.max(0, at), from);
    return true;
  }

  private sourceOf(rows: readonly Row[]): Source {
    const { app } = this;
    const isFolder = rows === app.rows.peek() && !app.search.rows.peek() && !app.folder.listing.peek()?.below;
    return isFolder ? { kind: "folder", path: app.path.peek() } : { kind: "rows" };
  }

  toggle(): void {
    this.player.toggle();
  }

  /** One song further, or back. */
  step(steps: 1 | -1): void {
    if (steps > 0) this.player.next();
    else this.player.previous();
  }

  seekBy(seconds: number): void {
    this.player.seekBy(seconds);
  }

  /** `part`: of the length, 0 to 1. */
  jumpTo(part: number): void {
    this.player.seek(part * this.player.duration.peek());
  }

  show(): void {
    openFull(this.player, this.menu);
  }

  openSettings(): void {
    openSettings();
  }

  makePlaylist(rows: readonly Row[]): Promise<void> {
    return makePlaylist(this.app, rows);
  }

  /** The URL from which the current song is downloaded; undefined: there is none. */
  download(): string | undefined {
    const song = this.player.song.peek();
    return song && withParameter(song.href, "dl");
  }

  /** Plays what the fragment of a place names, once its list is there. */
  follow(place: Place): void {
    const request = requestOf(place.fragment);
    if (request?.kind === "playlist") {
      const path = pathOfEntry(plainName(request.path), {
        folder: place.path,
        server: location.origin,
        base: this.app.base,
      });
      if (path !== undefined) void playPlaylist(this.player, path, this.app.base + path);
    } else if (request) this.playWhenListed(place, request.id, request.from);
  }

  private playWhenListed(place: Place, id: string, from: number | undefined): void {
    const { app } = this;
    let isDone = false;
    const stop = effect(() => {
      if (isDone) return;
      const listing = app.folder.listing.value;
      const results = app.search.rows.value;
      const current = app.router.place.value;
      const isGone = current.path !== place.path;
      if (!isGone && (listing?.path !== place.path || !listing.complete || (place.search !== undefined && !results)))
        return;
      isDone = true;
      queueMicrotask(() => {
        stop();
        if (!isGone) this.playById(id, from);
      });
    });
  }

  private playById(id: string, from: number | undefined): void {
    const { app } = this;
    const row = rowOfId(this.sent(), id);
    if (!row) {
      app.notices.show({ text: t("player.linkGone"), bad: true });
      return;
    }
    if (this.player.song.peek()?.path === app.pathOf(row) && from === undefined) return;
    app.selection.moveTo(row);
    if (chosen.linkStarts.peek()) this.playRows(app.rows.peek(), row, from);
    else document.querySelector<RowsPart>("pl-list, pl-grid")?.focusCursor();
  }

  /** The rows of the list in the order in which the server sends them: by it, files with equal ids are told apart. */
  private sent(): readonly Row[] {
    return this.app.search.results.peek()?.rows ?? this.app.folder.listing.peek()?.rows ?? [];
  }

  /** The address names the song, so that it can be shared; not if it named a moment. */
  private started(song: Song, from: number | undefined): void {
    const { app } = this;
    if (chosen.follow.peek()) this.reveal(song);
    if (from !== undefined) return;
    const rows = this.sent();
    const row = rows.find((one) => app.pathOf(one) === song.path);
    const id = row && idsOf(rows).get(keyOf(row));
    if (id !== undefined && app.router.place.peek().shown === undefined)
      app.router.replace({ fragment: fragmentOf(id) });
  }

  /** Scrolls the list to a song, if it is there. */
  private reveal(song: Song): void {
    const { app } = this;
    const at = app.rows.peek().findIndex((row) => app.pathOf(row) === song.path);
    if (at >= 0) document.querySelector<RowsPart>("pl-list, pl-grid")?.reveal(at);
  }

  /** While the folder of the queue is shown, the queue follows its order and what is added to it. */
  private followList(): void {
    const { app, player } = this;
    const source = this.source.value;
    const rows = app.rows.value;
    const listing = app.folder.listing.value;
    if (source?.kind !== "folder" || app.search.rows.value || listing?.path !== source.path || listing.below) return;
    player.update(songsOf(rows, source.path, app.base));
  }

  private async askToPlay(song: Song): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const name = shownName(song.name);
    const choice = await ask(t("player.blocked"), t("player.blocked.why"), [
      { label: t("player.blocked.play", { name }), value: "play", kind: "primary" },
      { label: t("dialog.cancel"), value: "cancel" },
    ]);
    this.asking = false;
    if (choice === "play") this.player.resume();
  }
}
