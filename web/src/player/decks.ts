// Two audio elements: while one plays, the other loads the next song, so that it starts without a gap.

/** What an element says of its failure: `MediaError.code`. */
export type FaultCode = 1 | 2 | 3 | 4;

export interface DeckHost {
  /** The song has ended, or ends within some milliseconds. */
  ended: () => void;
  failed: (code: FaultCode) => void;
  /** Position, length, what is loaded, or whether it plays has changed. */
  changed: () => void;
  /** The browser wants a click before it plays. */
  blocked: () => void;
  /** Returns the URL of the song that follows, once it should be loaded; undefined: nothing follows, or not yet. */
  upcoming: () => string | undefined;
}

const FADE_MS = 250;
/** Seconds before the end at which the next song is loaded. */
export const PRELOAD_S = 10;
/** Milliseconds before the end at which the next song is started: browsers take about as long to start it. */
const START_AHEAD_MS = 30;

export class Decks {
  private readonly elements: readonly [HTMLAudioElement, HTMLAudioElement];
  private at: 0 | 1 = 0;
  /** what the other element has loaded */
  private spareUrl: string | undefined;
  private startAt = 0;
  private endTimer = 0;
  private fading = 0;
  /** the element that has played last */
  private allowed: HTMLAudioElement | undefined;
  /** 0 to 1: where a fade is */
  private level = 1;
  private loudness = 0.25;
  /** whether the song should play: false from the moment it is paused, although it still fades out */
  wanted = false;

  constructor(private readonly host: DeckHost) {
    this.elements = [this.make(), this.make()];
  }

  get all(): readonly HTMLAudioElement[] {
    return this.elements;
  }

  private get active(): HTMLAudioElement {
    return this.elements[this.at];
  }

  private get spare(): HTMLAudioElement {
    return this.elements[this.at === 0 ? 1 : 0];
  }

  private make(): HTMLAudioElement {
    const element = document.createElement("audio");
    element.hidden = true;
    element.preload = "none";
    const on = (names: string[], run: () => void): void => {
      for (const name of names)
        element.addEventListener(name, () => {
          if (element === this.active) run();
        });
    };
    on(["durationchange", "progress", "seeked", "waiting", "playing", "pause"], () => this.host.changed());
    on(["playing"], () => {
      this.allowed = element;
    });
    on(["timeupdate"], () => this.progressed());
    on(["loadedmetadata"], () => this.toStart());
    on(["ended"], () => this.end());
    on(["error"], () => this.host.failed((element.error?.code ?? 4) as FaultCode));
    document.body.append(element);
    return element;
  }

  get position(): number {
    return this.startAt > 0 ? this.startAt : this.active.currentTime;
  }

  /** Seconds; undefined while it is not known, as of a song that is being converted. */
  get duration(): number | undefined {
    const { duration } = this.active;
    return Number.isFinite(duration) && duration > 0 ? duration : undefined;
  }

  get isWaiting(): boolean {
    return this.wanted && this.active.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !this.active.ended;
  }

  /** Returns the loaded parts, in seconds. */
  buffered(): [number, number][] {
    const { buffered } = this.active;
    return Array.from({ length: buffered.length }, (_, at): [number, number] => [buffered.start(at), buffered.end(at)]);
  }

  /** Whether the song is loaded to its end. */
  get isLoaded(): boolean {
    const { duration } = this;
    return duration !== undefined && this.buffered().some(([, to]) => to >= duration - 0.5);
  }

  /** Plays a song from a position, in seconds, instead of the one before. */
  start(url: string, from = 0): void {
    clearTimeout(this.endTimer);
    this.endTimer = 0;
    this.stopFade(1);
    const before = this.active;
    if (this.spareUrl === url && this.spare.error === null) {
      this.at = this.at === 0 ? 1 : 0;
      // What is left of the song before are some milliseconds that are heard to the end.
      if (!nearEnd(before)) before.pause();
    } else {
      this.spare.pause();
      before.src = url;
    }
    this.spareUrl = undefined;
    this.applyVolume();
    this.startAt = from;
    this.active.preload = "auto";
    if (this.active.readyState >= HTMLMediaElement.HAVE_METADATA) this.toStart();
    this.play(false);
  }

  private toStart(): void {
    const from = this.startAt;
    this.startAt = 0;
    if (from > 0 || this.active.currentTime > 0.05) this.active.currentTime = from;
    this.host.changed();
  }

  play(fade: boolean): void {
    const { active } = this;
    this.wanted = true;
    if (fade && active.paused) this.level = 0;
    if (fade) this.fadeTo(1, () => {});
    else this.stopFade(1);
    active.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError" && active === this.active) this.refused();
    });
    this.host.changed();
  }

  /** Safari on phones allows an element to play once it was started by a click: the other one then plays all songs. */
  private refused(): void {
    const { spare, active } = this;
    if (this.allowed === spare) {
      this.at = this.at === 0 ? 1 : 0;
      spare.src = active.src;
      this.allowed = undefined;
      this.play(false);
      return;
    }
    this.wanted = false;
    this.host.blocked();
    this.host.changed();
  }

  pause(fade: boolean): void {
    this.wanted = false;
    if (fade && !this.active.paused) this.fadeTo(0, () => this.active.pause());
    else this.active.pause();
    this.host.changed();
  }

  seek(seconds: number): void {
    clearTimeout(this.endTimer);
    this.endTimer = 0;
    if (this.active.readyState < HTMLMediaElement.HAVE_METADATA) this.startAt = seconds;
    else this.active.currentTime = seconds;
    this.host.changed();
  }

  /** `loudness`: 0 to 1, as the element takes it. */
  setVolume(loudness: number, muted: boolean): void {
    this.loudness = loudness;
    for (const element of this.elements) element.muted = muted;
    this.applyVolume();
  }

  /** Forgets a song that was loaded ahead: another one follows. */
  forgetSpare(): void {
    if (this.spareUrl === undefined) return;
    this.spareUrl = undefined;
    this.spare.removeAttribute("src");
    this.spare.load();
  }

  private progressed(): void {
    this.loadNext();
    this.scheduleEnd();
    this.host.changed();
  }

  private loadNext(): void {
    const url = this.host.upcoming();
    if (url === undefined || url === this.spareUrl || nearEnd(this.active)) return;
    this.spareUrl = url;
    this.spare.preload = "auto";
    this.spare.src = url;
    this.spare.load();
  }

  /** The event of the end comes late; where the next song is loaded, it is started by the clock. */
  private scheduleEnd(): void {
    const { active, spare } = this;
    const { duration } = this;
    if (this.endTimer || duration === undefined || active.paused || this.spareUrl === undefined) return;
    const left = (duration - active.currentTime) * 1000 - START_AHEAD_MS;
    if (left > 600 || spare.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return;
    this.endTimer = setTimeout(
      () => {
        this.endTimer = 0;
        if (active === this.active && !active.paused && nearEnd(active)) this.end();
      },
      Math.max(0, left),
    ) as unknown as number;
  }

  private end(): void {
    clearTimeout(this.endTimer);
    this.endTimer = 0;
    this.host.ended();
  }

  private applyVolume(): void {
    for (const element of this.elements) element.volume = this.loudness * this.level;
  }

  private fadeTo(level: number, done: () => void): void {
    clearInterval(this.fading);
    const step = (level - this.level) / Math.max(1, FADE_MS / 20);
    this.fading = setInterval(() => {
      this.level = step > 0 ? Math.min(level, this.level + step) : Math.max(level, this.level + step);
      this.applyVolume();
      if (step !== 0 && this.level !== level) return;
      clearInterval(this.fading);
      done();
    }, 20) as unknown as number;
  }

  private stopFade(level: number): void {
    clearInterval(this.fading);
    this.level = level;
    this.applyVolume();
  }
}

function nearEnd(element: HTMLAudioElement): boolean {
  return element.ended || (Number.isFinite(element.duration) && element.duration - element.currentTime < 0.15);
}
