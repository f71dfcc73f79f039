// Shows pictures and films beside each other. PhotoSwipe moves and zooms them; bars, keys and addresses are the viewer's own.
import PhotoSwipe, { type SlideData } from "photoswipe";
import { type FileRow, kindOf } from "../browse/rows.ts";
import { PictureView } from "./picture.ts";
import { VideoView } from "./video.ts";
import type { FileView } from "./view.ts";
import type { Stage, Viewer } from "./viewer.ts";

type Slide = NonNullable<PhotoSwipe["currSlide"]>;
type Content = Slide["content"];

/** Milliseconds of zooming. */
const ZOOM_MS = 150;
/** Height above the end of a film in which a finger moves its controls and not the films. */
const CONTROLS_HEIGHT = 90;

export function mediaStage(viewer: Viewer, room: HTMLElement): Stage {
  return new MediaStage(viewer, room);
}

class MediaStage implements Stage {
  private readonly swipe: PhotoSwipe;
  private readonly views = new WeakMap<Content, PictureView | VideoView>();
  /** whether the viewer ends it, and not a gesture */
  private isEnding = false;
  private readonly isReversed = getComputedStyle(document.documentElement).direction === "rtl";

  constructor(
    private readonly viewer: Viewer,
    room: HTMLElement,
  ) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.swipe = new PhotoSwipe({
      appendToEl: room,
      index: this.mirrored(viewer.index.peek()),
      loop: false,
      preload: [1, 2],
      showHideAnimationType: "none",
      zoomAnimationDuration: calm ? 0 : ZOOM_MS,
      maxZoomLevel: (level) => Math.max(4, level.fit * 8),
      wheelToZoom: true,
      escKey: false,
      arrowKeys: false,
      trapFocus: false,
      returnFocus: false,
      close: false,
      zoom: false,
      counter: false,
      arrowPrev: false,
      arrowNext: false,
      imageClickAction: "zoom",
      bgClickAction: "close",
      tapAction: () => this.overlay(room)?.toggleBars(),
      doubleTapAction: "zoom",
      paddingFn: () => paddings(room),
      getViewportSizeFn: () => ({ x: document.documentElement.clientWidth, y: window.innerHeight }),
    });
    this.listen();
    this.swipe.init();
    // The dialog is the overlay, and the list of files its own.
    this.swipe.element?.removeAttribute("role");
    this.swipe.element?.removeAttribute("tabindex");
    this.swipe.scrollWrap?.removeAttribute("aria-roledescription");
    this.activate();
  }

  private overlay(room: HTMLElement): { toggleBars: () => void } | null {
    return room.closest<HTMLElement & { toggleBars: () => void }>("pl-viewer");
  }

  /** From right to left, the first file is at the right. */
  private mirrored(index: number): number {
    return this.isReversed ? this.viewer.files.peek().length - 1 - index : index;
  }

  private listen(): void {
    const { swipe } = this;
    swipe.addFilter("numItems", () => this.viewer.files.peek().length);
    swipe.addFilter("itemData", (_, index) => this.dataOf(index));
    swipe.addFilter("isContentZoomable", (_, content) => this.isZoomable(content));
    swipe.addFilter("useContentPlaceholder", () => false);
    swipe.on("contentLoad", (event) => {
      event.preventDefault();
      this.load(event.content);
    });
    swipe.on("contentResize", ({ content, width, height }) => {
      const view = this.views.get(content);
      if (view instanceof PictureView) view.resize(width, height);
    });
    swipe.on("contentActivate", ({ content }) => this.activated(content));
    swipe.on("contentDeactivate", ({ content }) => this.deactivated(content));
    swipe.on("contentDestroy", ({ content }) => this.views.get(content)?.destroy());
    swipe.on("change", () => this.activate());
    swipe.on("pointerDown", (event) => {
      if (keepsGestures(event.originalEvent as PointerEvent)) event.preventDefault();
    });
    swipe.on("close", () => {
      if (!this.isEnding) this.viewer.close();
    });
  }

  private dataOf(index: number): SlideData {
    const row = this.viewer.files.peek()[this.mirrored(index)];
    if (!row) return {};
    const isPicture = kindOf(row) === "picture";
    const { width, height } = row.picture ?? { width: 4, height: 3 };
    const factor = 4000 / Math.max(width, height, 1);
    const size = isPicture ? { width: Math.round(width * factor), height: Math.round(height * factor) } : {};
    return { type: isPicture ? "picture" : "film", row, ...size } as SlideData;
  }

  private load(content: Content): void {
    const { row } = content.data as unknown as { row?: FileRow };
    if (!row || content.element) return;
    const { app } = this.viewer;
    const view =
      content.type === "picture"
        ? new PictureView(app, row, {
            sized: (picture) => this.sized(content, picture),
            zoom: (factor) => this.zoom(factor),
          })
        : new VideoView(this.viewer, row);
    this.views.set(content, view);
    content.element = view.element as never;
    content.state = "loaded";
  }

  private isZoomable(content: Content): boolean {
    const view = this.views.get(content);
    return view instanceof PictureView && !view.failed.peek();
  }

  /** The picture is here, or was rotated: its place is computed anew. */
  private sized(content: Content, picture: PictureView): void {
    const { slide } = content;
    const { width, height } = picture.failed.peek() ? { width: 0, height: 0 } : picture.size();
    [content.width, content.height] = [width, height];
    if (!slide || this.swipe.isDestroying) return;
    [slide.width, slide.height] = [width, height];
    refit(slide);
  }

  private activate(): void {
    const { swipe } = this;
    this.viewer.moved(this.mirrored(swipe.currIndex));
    const content = swipe.currSlide?.content;
    if (content) this.activated(content);
  }

  private activated(content: Content): void {
    const view = this.views.get(content);
    if (!view || content !== this.swipe.currSlide?.content) return;
    if (view instanceof VideoView) view.activate();
    this.viewer.view.value = view as FileView;
  }

  private deactivated(content: Content): void {
    const view = this.views.get(content);
    if (view instanceof VideoView) view.deactivate();
  }

  private zoom(factor: number): void {
    const slide = this.swipe.currSlide;
    const duration = this.swipe.options.zoomAnimationDuration || 0;
    if (slide) slide.zoomTo(slide.currZoomLevel * factor, undefined, duration);
  }

  show(index: number): void {
    this.swipe.goTo(this.mirrored(index));
  }

  resize(): void {
    if (!this.swipe.isDestroying) this.swipe.updateSize(true);
  }

  destroy(): void {
    this.isEnding = true;
    if (!this.swipe.isDestroying) this.swipe.destroy();
  }
}

/** Computes size and position of a slide again, and shows it whole. */
function refit(slide: Slide): void {
  slide.calculateSize();
  slide.currentResolution = 0;
  slide.zoomAndPanToInitial();
  slide.applyCurrentZoomPan();
  slide.updateContentSize(true);
}

/** Room that bars and panels take, as the styles say (viewer.css). */
function paddings(room: HTMLElement): { top: number; bottom: number; left: number; right: number } {
  const style = getComputedStyle(room);
  const [top, bottom, left, right] = [style.paddingTop, style.paddingBottom, style.paddingLeft, style.paddingRight].map(
    (value) => Number.parseFloat(value) || 0,
  );
  return { top: top ?? 0, bottom: bottom ?? 0, left: left ?? 0, right: right ?? 0 };
}

/** Whether a gesture is meant for what it begins in: controls of a film, links. A finger may begin a swipe on a film, too. */
function keepsGestures(event: PointerEvent): boolean {
  const target = event.target as Element;
  if (event.pointerType !== "touch") return target.closest(".own-gestures") !== null;
  const film = target.closest("video");
  if (film) return event.clientY > film.getBoundingClientRect().bottom - CONTROLS_HEIGHT;
  return target.closest("a, button") !== null;
}
