// One film: the browser's own controls, and what they lack: speed, loops, subtitles beside the file, going on where it was left.
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals-core";
import { html, render } from "lit";
import { LOCALE } from "../../kit/locale.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { preference } from "../browse/preferences.ts";
import { type FileRow, withParameter } from "../browse/rows.ts";
import { clock } from "../browse/texts.ts";
import { openMenu } from "../parts/menu.ts";
import { type AbLoop, jumpOf, NO_LOOP } from "./ab-loop.ts";
import { largeThumbnailOf } from "./picture-sources.ts";
import { keepPosition, keptPosition } from "./resume.ts";
import { addSubtitles } from "./subtitle-tracks.ts";
import { videoKeys } from "./video-keys.ts";
import type { FileView, Pixels, Tool } from "./view.ts";
import type { Viewer } from "./viewer.ts";

export const SPEEDS: readonly number[] = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];

/** Milliseconds between two times at which the position is kept. */
const KEEP_MS = 5000;

/** What holds for all films. */
const speed = preference("viewer.speed", 1, (value) => SPEEDS.includes(value as number));
const volume = preference("viewer.volume", 1, (value) => typeof value === "number" && value >= 0 && value <= 1);
const goesOn = preference("viewer.goesOn", false, (value) => typeof value === "boolean");

export class VideoView implements FileView {
  readonly element = document.createElement("div");
  readonly pixels = signal<Pixels | undefined>(undefined);
  readonly tools: ReadonlySignal<readonly Tool[]>;
  readonly keys;
  readonly done: Promise<void>;
  readonly ab = signal<AbLoop>(NO_LOOP);
  readonly loops = signal(false);
  private finish = (): void => {};
  private readonly failed = signal(false);
  private readonly hasTracks = signal(false);
  private video_: HTMLVideoElement | undefined;
  private stopEffect = (): void => {};
  private keptAt = 0;

  constructor(
    private readonly viewer: Viewer,
    private readonly row: FileRow,
  ) {
    this.element.className = "film";
    const poster = document.createElement("img");
    poster.src = largeThumbnailOf(viewer.app, row);
    poster.alt = "";
    this.element.append(poster);
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.keys = videoKeys(this);
    this.tools = computed(() => (this.failed.value ? [] : this.filmTools()));
  }

  get video(): HTMLVideoElement | undefined {
    return this.video_;
  }

  private get id(): string {
    return `${this.viewer.app.pathOf(this.row)} ${this.row.size}`;
  }

  /** Shows the player, and plays. */
  activate(): void {
    if (this.video_ || this.failed.peek()) return;
    const video = this.makeVideo();
    this.video_ = video;
    this.element.replaceChildren(video);
    this.stopEffect = effect(() => {
      video.playbackRate = speed.value;
      video.loop = this.loops.value;
    });
    addSubtitles(video, this.viewer.app, this.row).then(
      (count) => {
        this.hasTracks.value = count > 0;
      },
      () => {},
    );
    // Refused where nothing was pressed before, with a link that was opened: the visitor presses play.
    video.play().catch(() => {});
  }

  private makeVideo(): HTMLVideoElement {
    const { app } = this.viewer;
    const video = document.createElement("video");
    video.className = "own-gestures";
    video.controls = true;
    video.playsInline = true;
    video.preload = "metadata";
    video.poster = largeThumbnailOf(app, this.row);
    video.volume = volume.peek();
    video.setAttribute("aria-label", shownName(this.row.name));
    video.addEventListener("loadedmetadata", () => this.opened(video));
    video.addEventListener("timeupdate", () => this.moved(video));
    video.addEventListener("pause", () => keepPosition(this.id, video.currentTime, video.duration));
    video.addEventListener("volumechange", () => {
      volume.value = video.volume;
    });
    video.addEventListener("ended", () => this.ended());
    video.addEventListener("error", () => this.fail());
    video.src = app.hrefOf(this.row);
    return video;
  }

  private opened(video: HTMLVideoElement): void {
    // A file with a sound only is a film by its extension: its picture is the poster.
    if (video.videoWidth > 0) this.pixels.value = { width: video.videoWidth, height: video.videoHeight };
    const position = keptPosition(this.id);
    if (position <= 0 || position >= video.duration) return;
    video.currentTime = position;
    this.viewer.app.notices.show({
      text: t("video.resumed", { time: clock(position) }),
      action: { label: t("video.fromStart"), run: () => this.seekTo(0) },
    });
  }

  private moved(video: HTMLVideoElement): void {
    const jump = jumpOf(this.ab.peek(), video.currentTime);
    if (jump !== undefined) video.currentTime = jump;
    const now = performance.now();
    if (video.paused || now - this.keptAt < KEEP_MS) return;
    this.keptAt = now;
    keepPosition(this.id, video.currentTime, video.duration);
  }

  private ended(): void {
    const video = this.video_;
    if (video) keepPosition(this.id, 0, video.duration);
    this.finish();
    const { viewer } = this;
    const isLast = viewer.index.peek() >= viewer.files.peek().length - 1;
    if (goesOn.peek() && !viewer.slideShow.isOn.peek() && !isLast) viewer.step(1);
  }

  private fail(): void {
    if (!this.video_) return;
    this.failed.value = true;
    this.element.classList.add("failed", "own-gestures");
    render(
      html`<div class="viewer-note" role="alert">
        <p>${t("video.unplayable")}</p>
        <p><a class="btn" href=${withParameter(this.viewer.app.hrefOf(this.row), "dl")} download>${t("action.download")}</a></p>
      </div>`,
      this.element,
    );
    this.stopEffect();
    this.video_.remove();
    this.video_ = undefined;
    this.finish();
  }

  /** Ends the playback: another file is shown. The position is kept. */
  deactivate(): void {
    const video = this.video_;
    if (!video) return;
    if (!video.ended && video.currentTime > 0) keepPosition(this.id, video.currentTime, video.duration);
    this.stopEffect();
    this.video_ = undefined;
    video.pause();
    // Ends the transfer.
    video.removeAttribute("src");
    video.load();
    this.element.replaceChildren();
  }

  destroy(): void {
    this.deactivate();
  }

  toggle(): void {
    if (this.video_?.paused) this.video_.play().catch(() => {});
    else this.video_?.pause();
  }

  seekTo(seconds: number): void {
    const video = this.video_;
    if (video && Number.isFinite(video.duration)) video.currentTime = Math.min(Math.max(seconds, 0), video.duration);
  }

  toggleGoingOn(): void {
    goesOn.value = !goesOn.peek();
    this.viewer.app.notices.show({ text: t(goesOn.peek() ? "video.goesOn" : "video.stopsAtEnd") });
  }

  toggleLoop(): void {
    this.loops.value = !this.loops.peek();
    this.viewer.app.notices.show({ text: t(this.loops.peek() ? "video.loopOn" : "video.loopOff") });
  }

  /** Repeats a part, and says which. */
  setLoop(loop: AbLoop): void {
    this.ab.value = loop;
    const { from, to } = loop;
    const text =
      from === undefined
        ? t("video.abOff")
        : to === undefined
          ? t("video.abFrom", { from: clock(from) })
          : t("video.ab", { from: clock(from), to: clock(to) });
    this.viewer.app.notices.show({ text });
  }

  private filmTools(): Tool[] {
    const rate = speed.value.toLocaleString(LOCALE);
    return [
      { id: "speed", label: t("video.speed", { speed: rate }), icon: "gauge", run: (anchor) => this.speedMenu(anchor) },
      {
        id: "loop",
        label: t("video.loop"),
        icon: "repeat",
        hint: "V",
        pressed: this.loops.value || this.ab.value.to !== undefined,
        run: (anchor) => this.loopMenu(anchor),
      },
      ...(this.hasTracks.value
        ? [
            {
              id: "subtitles",
              label: t("video.subtitles"),
              icon: "captions",
              run: (anchor: Element) => this.trackMenu(anchor),
            },
          ]
        : []),
    ];
  }

  private speedMenu(anchor: Element): void {
    const set = (value: number): void => {
      speed.value = value;
    };
    openMenu(
      anchor,
      t("video.speedTitle"),
      SPEEDS.map((value) => ({
        label: t("video.times", { speed: value.toLocaleString(LOCALE) }),
        checked: value === speed.peek(),
        run: () => set(value),
      })),
    );
  }

  private loopMenu(anchor: Element): void {
    const at = (): number => this.video_?.currentTime ?? 0;
    const ab = this.ab.peek();
    openMenu(anchor, t("video.loop"), [
      { label: t("video.loopAll"), checked: this.loops.peek(), hint: "V", run: () => this.toggleLoop() },
      {
        label: t("video.loopFrom"),
        checked: ab.from !== undefined,
        hint: "[",
        run: () => this.setLoop({ ...NO_LOOP, from: at() }),
      },
      {
        label: t("video.loopTo"),
        checked: ab.to !== undefined,
        hint: "]",
        run: () => this.setLoop({ from: ab.from ?? 0, to: at() }),
      },
      { label: t("video.loopNone"), icon: "x", run: () => this.setLoop(NO_LOOP) },
      { label: t("video.next"), checked: goesOn.peek(), hint: "C", separated: true, run: () => this.toggleGoingOn() },
    ]);
  }

  private trackMenu(anchor: Element): void {
    const tracks = [...(this.video_?.textTracks ?? [])];
    const show = (chosen: TextTrack | undefined): void => {
      for (const track of tracks) track.mode = track === chosen ? "showing" : "disabled";
    };
    openMenu(anchor, t("video.subtitles"), [
      {
        label: t("video.noSubtitles"),
        checked: tracks.every(({ mode }) => mode !== "showing"),
        run: () => show(undefined),
      },
      ...tracks.map((track) => ({ label: track.label, checked: track.mode === "showing", run: () => show(track) })),
    ]);
  }
}
