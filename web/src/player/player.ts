// The player: which song plays, from which queue, and what happens at its end. Elements draw its signals and call its methods.
import { batch, effect, signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { withParameter } from "../browse/rows.ts";
import { Decks, type FaultCode, PRELOAD_S } from "./decks.ts";
import { connectEqualizer } from "./equalizer.ts";
import { failureOf, mayConvert, sentenceOf } from "./failures.ts";
import { bestTarget, type CanPlay, targetOf } from "./formats.ts";
import { preferences as chosen } from "./preferences.ts";
import { currentOf, makeQueue, type Queue, reordered, restarted, type Source, stepped, updated } from "./queue.ts";
import type { Song } from "./song.ts";

/** Seconds after which "previous" restarts the song. */
const RESTART_AFTER_S = 3;
/** Milliseconds after which a song that failed is skipped, and after which a lost connection is tried again. */
const [SKIP_AFTER_MS, AGAIN_AFTER_MS] = [1500, 3000];
const NOTE_MS = 4000;
/** Seconds after which a song counts as heard. */
const HEARD_S = 1;
/** Attempts to go on with a song after the connection was lost, and songs that may fail one after the other. */
const [ATTEMPTS_MAX, FAILURES_MAX] = [20, 25];

const probe = document.createElement("audio");
const canPlay: CanPlay = (type) => probe.canPlayType(type);

/** Returns the songs of the next folder that has some (of the one before: `step` -1); undefined if there is none. */
export type FindFolder = (after: string, step: 1 | -1) => Promise<{ path: string; songs: readonly Song[] } | undefined>;

export class Player {
  readonly queue = signal<Queue | undefined>(undefined);
  readonly song = signal<Song | undefined>(undefined);
  /**
   * the song once it is heard. Pictures and waveforms are loaded then: the server may have to make them, browsers open six
   * connections only, and the sound of the next song must not wait for them.
   */
  readonly heard = signal<Song | undefined>(undefined);
  readonly playing = signal(false);
  readonly waiting = signal(false);
  /** seconds */
  readonly position = signal(0);
  /** seconds; 0: not known */
  readonly duration = signal(0);
  readonly buffered = signal<readonly [number, number][]>([]);
  /** what the bar says, after a failure */
  readonly message = signal<string | undefined>(undefined);
  /** what it says for a moment, as "Copied." */
  readonly note = signal<string | undefined>(undefined);
  readonly muted = signal(false);
  /** whether it stops at the end of the current song, once */
  readonly stopsAfter = signal(false);
  /** called when a song starts; `from`: it starts at a given position */
  onStart: (song: Song, from: number | undefined) => void = () => {};
  /** called when the browser wants a click */
  onBlocked: (song: Song) => void = () => {};
  readonly decks: Decks;
  /** what was started after the music, such as a film: the system's keys are for it */
  other: HTMLMediaElement | undefined;
  /** songs that are converted because the browser could not play them */
  private readonly converted = new Set<string>();
  /** songs that were loaded again, and when: the number makes their addresses new to the browser */
  private readonly fresh = new Map<string, number>();
  /** songs that failed without one that played between them */
  private failures = 0;
  private attempts = 0;
  private startedAt = 0;
  private retry = 0;
  private noting = 0;
  /** the folder after the current one, looked up before the end */
  private ahead: { after: string; songs: readonly Song[]; path: string } | undefined;
  private lookingAhead = "";

  constructor(
    readonly app: App,
    private readonly findFolder: FindFolder,
  ) {
    this.decks = new Decks({
      ended: () => this.ended(),
      failed: (code) => void this.failed(code),
      changed: () => this.changed(),
      blocked: () => {
        const song = this.song.peek();
        if (song) this.onBlocked(song);
      },
      upcoming: () => this.upcoming(),
    });
    connectEqualizer(this.decks.all);
    effect(() => this.decks.setVolume(chosen.volume.value ** 2, this.muted.value));
  }

  /** Plays songs, from the one at `first` on, and that one from a position in seconds. `songs`: not empty. */
  play(source: Source, songs: readonly Song[], first: number, from?: number): void {
    this.failures = 0;
    this.queue.value = makeQueue(source, songs, first, chosen.shuffle.peek(), Math.random);
    this.startCurrent(from);
  }

  /** Takes over what has changed in the list that the queue comes from. */
  update(songs: readonly Song[]): void {
    const queue = this.queue.peek();
    if (!queue) return;
    const next = updated(queue, songs, chosen.shuffle.peek(), Math.random);
    if (next !== queue) this.queue.value = next;
  }

  toggle(): void {
    if (!this.song.peek()) return;
    if (this.playing.peek()) this.pause();
    else this.resume();
  }

  resume(): void {
    if (!this.song.peek()) return;
    if (this.message.peek() === undefined) this.decks.play(chosen.fade.peek());
    else this.startCurrent(this.position.peek());
  }

  pause(): void {
    clearTimeout(this.retry);
    this.decks.pause(chosen.fade.peek());
  }

  /** Loads the song from the server again, whatever the browser has kept of it, and goes on at its position. */
  reload(): void {
    const song = this.song.peek();
    if (!song) return;
    this.fresh.set(song.path, Date.now());
    this.decks.forgetSpare();
    this.startCurrent(this.position.peek());
  }

  /** Says something for a moment. */
  say(text: string): void {
    clearTimeout(this.noting);
    this.note.value = text;
    this.noting = setTimeout(() => {
      this.note.value = undefined;
    }, NOTE_MS) as unknown as number;
  }

  /** Ends playing and removes the bar. */
  close(): void {
    this.pause();
    batch(() => {
      this.song.value = undefined;
      this.heard.value = undefined;
      this.queue.value = undefined;
      this.message.value = undefined;
      this.app.playing.value = undefined;
    });
  }

  next(): void {
    this.failures = 0;
    void this.advance(1);
  }

  previous(): void {
    this.failures = 0;
    if (this.position.peek() > RESTART_AFTER_S) this.seek(0);
    else void this.advance(-1);
  }

  /** Plays the song at a position of the queue's order. */
  jumpTo(at: number): void {
    const queue = this.queue.peek();
    if (!queue) return;
    this.queue.value = { ...queue, at };
    this.startCurrent();
  }

  seek(seconds: number): void {
    const end = this.duration.peek();
    const to = Math.max(0, end > 0 ? Math.min(seconds, end - 0.2) : seconds);
    this.decks.seek(to);
    this.position.value = to;
  }

  seekBy(seconds: number): void {
    this.seek(this.position.peek() + seconds);
  }

  setShuffle(on: boolean): void {
    chosen.shuffle.value = on;
    const queue = this.queue.peek();
    if (queue) this.queue.value = reordered(queue, on, Math.random);
    this.decks.forgetSpare();
  }

  /** The format that the current song is converted into; undefined: it is played as it is. */
  target(song: Song): string | undefined {
    const target = chosen.target.peek();
    if (this.converted.has(song.path)) return bestTarget({ target }, canPlay);
    const choices = {
      lossless: chosen.convertLossless.peek(),
      aac: chosen.convertAac.peek(),
      others: chosen.convertOthers.peek(),
      target,
    };
    return targetOf(song.name, choices, canPlay);
  }

  private urlOf(song: Song): string {
    const target = this.target(song);
    // The time is part of the address, so that browsers may keep what they have loaded.
    const time = song.modifiedMs > 0 ? `&t=${song.modifiedMs}` : "";
    const fresh = this.fresh.get(song.path);
    const version = `cache=i${time}${fresh === undefined ? "" : `&_=${fresh}`}`;
    return withParameter(song.href, target === undefined ? version : `th=${target}&${version}`);
  }

  private startCurrent(from?: number): void {
    const song = currentOf(this.queue.peek());
    if (!song) return;
    clearTimeout(this.retry);
    batch(() => {
      this.song.value = song;
      if (this.heard.peek() !== song) this.heard.value = undefined;
      this.startedAt = from ?? 0;
      this.message.value = undefined;
      this.position.value = from ?? 0;
      this.duration.value = song.seconds ?? 0;
      this.app.playing.value = song.path;
    });
    this.decks.start(this.urlOf(song), from);
    this.onStart(song, from);
  }

  /** One song further, or back; at the end of the queue as the visitor has chosen. */
  private async advance(step: 1 | -1): Promise<void> {
    const queue = this.queue.peek();
    if (!queue) return;
    const next = stepped(queue, step) ?? (await this.beyond(queue, step));
    // The visitor may have chosen another song while the next folder was looked for.
    if (this.queue.peek() !== queue) return;
    if (next) {
      this.queue.value = next;
      this.startCurrent();
    } else if (step < 0) this.seek(0);
    else this.stop();
  }

  private async beyond(queue: Queue, step: 1 | -1): Promise<Queue | undefined> {
    const shuffle = chosen.shuffle.peek();
    if (chosen.repeat.peek() === "all") return restarted(queue, step, shuffle, Math.random);
    if (!chosen.nextFolder.peek() || queue.source.kind !== "folder") return undefined;
    const { path } = queue.source;
    const known = step > 0 && this.ahead?.after === path ? this.ahead : undefined;
    const found = known ?? (await this.findFolder(path, step));
    if (!found) return undefined;
    const first = step > 0 && shuffle ? Math.floor(Math.random() * found.songs.length) : 0;
    const at = step > 0 ? first : found.songs.length - 1;
    return makeQueue({ kind: "folder", path: found.path }, found.songs, at, shuffle, Math.random);
  }

  private stop(): void {
    this.decks.pause(false);
    this.seek(0);
  }

  private ended(): void {
    if (this.stopsAfter.peek()) {
      this.stopsAfter.value = false;
      this.stop();
    } else if (chosen.repeat.peek() === "one") this.startCurrent();
    else void this.advance(1);
  }

  private changed(): void {
    const { decks } = this;
    if (decks.wanted && decks.position > 0.5) [this.failures, this.attempts] = [0, 0];
    batch(() => {
      if (decks.wanted && decks.position - this.startedAt > HEARD_S) this.heard.value = this.song.peek();
      this.playing.value = decks.wanted;
      this.waiting.value = decks.isWaiting;
      this.position.value = decks.position;
      this.duration.value = decks.duration ?? this.song.peek()?.seconds ?? 0;
      this.buffered.value = decks.buffered();
    });
  }

  private upcoming(): string | undefined {
    const queue = this.queue.peek();
    const { duration } = this.decks;
    if (!queue || duration === undefined || this.stopsAfter.peek() || !chosen.preload.peek()) return undefined;
    const left = duration - this.decks.position;
    const isTime = left < PRELOAD_S || (chosen.preloadEarly.peek() && this.decks.isLoaded);
    if (!isTime) {
      // Folders may have to be looked through.
      if (left < 2 * PRELOAD_S) this.lookAhead(queue);
      return undefined;
    }
    if (chosen.repeat.peek() === "one") return this.urlOfCurrent();
    const next = currentOf(stepped(queue, 1)) ?? this.firstBeyond(queue);
    return next && this.urlOf(next);
  }

  private urlOfCurrent(): string | undefined {
    const song = this.song.peek();
    return song && this.urlOf(song);
  }

  private firstBeyond(queue: Queue): Song | undefined {
    // A shuffled order is made when it begins.
    if (chosen.shuffle.peek()) return undefined;
    if (chosen.repeat.peek() === "all") return queue.songs[0];
    this.lookAhead(queue);
    const { source } = queue;
    return source.kind === "folder" && this.ahead?.after === source.path ? this.ahead.songs[0] : undefined;
  }

  private lookAhead({ source, order, at }: Queue): void {
    const isLast = at === order.length - 1;
    if (!isLast || source.kind !== "folder" || chosen.repeat.peek() !== "off" || !chosen.nextFolder.peek()) return;
    const after = source.path;
    if (this.lookingAhead === after) return;
    this.lookingAhead = after;
    void this.findFolder(after, 1).then((found) => {
      if (found) this.ahead = { after, ...found };
    });
  }

  private async failed(code: FaultCode): Promise<void> {
    const song = this.song.peek();
    const { queue, decks } = this;
    const started = queue.peek();
    if (!song || !started) return;
    const isConverted = this.target(song) !== undefined;
    const failure = await failureOf(code, this.urlOf(song), isConverted);
    if (queue.peek() !== started) return;
    const at = decks.position;
    if (!isConverted && mayConvert(failure)) {
      this.converted.add(song.path);
      this.startCurrent(at > 1 ? at : undefined);
      return;
    }
    const again = failure === "network" && this.attempts++ < ATTEMPTS_MAX;
    decks.wanted = false;
    this.playing.value = false;
    if (!again && ++this.failures >= Math.min(FAILURES_MAX, started.songs.length)) {
      this.message.value = started.songs.length > 1 ? t("player.failed.all") : sentenceOf(failure, song.name);
      return;
    }
    this.message.value = sentenceOf(failure, song.name);
    const goOn = (): void => (again ? this.startCurrent(at) : void this.advance(1));
    this.retry = setTimeout(goOn, again ? AGAIN_AFTER_MS : SKIP_AFTER_MS) as unknown as number;
  }
}
