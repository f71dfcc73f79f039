// One picture: placeholder, thumbnail, then the original; rotated by quarters of a turn for the eye only.
import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import { html, render } from "lit";
import { thumbHashToDataURL } from "thumbhash";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import type { Hotkey } from "../browse/hotkeys.ts";
import { type FileRow, withParameter } from "../browse/rows.ts";
import { isShownByBrowsers, madePicture, wholeThumbnailOf } from "./picture-sources.ts";
import type { FileView, Pixels, Tool } from "./view.ts";

export interface PictureHost {
  /** The size on the screen must be computed again. */
  sized: (picture: PictureView) => void;
  zoom: (factor: number) => void;
}

export class PictureView implements FileView {
  readonly element = document.createElement("div");
  readonly pixels = signal<Pixels | undefined>(undefined);
  readonly failed = signal(false);
  readonly tools: ReadonlySignal<readonly Tool[]>;
  readonly keys: readonly Hotkey[];
  readonly done: Promise<void>;
  private readonly turned = document.createElement("div");
  private readonly image = document.createElement("img");
  /** quarters of a turn, clockwise */
  private quarters = 0;
  private readonly abort = new AbortController();
  private made: string | undefined;
  private finish = (): void => {};
  private shown = { width: 0, height: 0 };

  constructor(
    private readonly app: App,
    private readonly row: FileRow,
    private readonly host: PictureHost,
  ) {
    this.element.className = "picture";
    this.turned.className = "picture-turned";
    this.element.append(this.turned);
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    this.tools = computed(() => (this.failed.value ? [] : this.pictureTools()));
    this.keys = [
      { keys: ["KeyR"], label: "keys.viewer.rotate", group: "viewer", run: () => this.rotate(1) },
      { keys: ["Shift+KeyR"], label: "keys.viewer.rotateBack", group: "viewer", run: () => this.rotate(-1) },
      {
        keys: ["Equal", "NumpadAdd", "Shift+Equal"],
        label: "keys.viewer.zoomIn",
        group: "viewer",
        run: () => host.zoom(1.5),
      },
      {
        keys: ["Minus", "NumpadSubtract"],
        label: "keys.viewer.zoomOut",
        group: "viewer",
        run: () => host.zoom(1 / 1.5),
      },
    ];
    this.load();
  }

  private pictureTools(): Tool[] {
    return [
      { id: "zoom-out", label: t("viewer.zoomOut"), icon: "zoom-out", hint: "-", run: () => this.host.zoom(1 / 1.5) },
      { id: "zoom-in", label: t("viewer.zoomIn"), icon: "zoom-in", hint: "+", run: () => this.host.zoom(1.5) },
      { id: "rotate", label: t("viewer.rotate"), icon: "rotate", hint: "R", run: () => this.rotate(1) },
    ];
  }

  /** Width and height on the screen's side of the rotation; what the list knows before the picture is here. */
  size(): Pixels {
    const { width, height } = this.pixels.peek() ?? this.row.picture ?? { width: 4, height: 3 };
    const isKnown = this.pixels.peek() !== undefined;
    // Before the picture is here it fills the room, in its shape: how large it is, the list does not know of all formats.
    const factor = isKnown ? 1 : Math.max(1, 4000 / Math.max(width, height));
    const [w, h] = [Math.round(width * factor), Math.round(height * factor)];
    return this.quarters % 2 === 0 ? { width: w, height: h } : { width: h, height: w };
  }

  /** Called when the element has another size. */
  resize(width: number, height: number): void {
    this.shown = { width, height };
    const [w, h] = this.quarters % 2 === 0 ? [width, height] : [height, width];
    Object.assign(this.turned.style, {
      width: `${w}px`,
      height: `${h}px`,
      transform: `translate(-50%, -50%) rotate(${this.quarters * 90}deg)`,
    });
  }

  private rotate(by: number): void {
    this.quarters = (this.quarters + by + 4) % 4;
    this.resize(this.shown.width, this.shown.height);
    this.host.sized(this);
  }

  private load(): void {
    const { image, app, row } = this;
    this.showPlaceholder();
    // The class tells the library that a click on it is one on the picture.
    image.className = "pswp__img";
    image.alt = shownName(row.name);
    image.draggable = false;
    image.decoding = "async";
    image.setAttribute("fetchpriority", "high");
    image.addEventListener("load", () => this.loaded());
    image.addEventListener("error", () => void this.loadMade());
    if (isShownByBrowsers(row)) image.src = withParameter(app.hrefOf(row), `cache&t=${row.modified_ms}`);
    else void this.loadMade();
  }

  private showPlaceholder(): void {
    const hash = this.row.picture?.thumbhash;
    if (hash) {
      const bytes = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
      this.turned.style.backgroundImage = `url(${thumbHashToDataURL(bytes)})`;
    }
    const thumb = document.createElement("img");
    thumb.alt = "";
    thumb.className = "picture-thumb";
    // Before the list knows a thumbnail there may be none, and making it would cost the server more than it helps.
    if (this.row.picture) {
      thumb.src = wholeThumbnailOf(this.app, this.row);
      this.turned.append(thumb);
    }
    this.turned.classList.add("loading");
  }

  private loaded(): void {
    const { image } = this;
    // A drawing may have no size of its own.
    const [width, height] = [image.naturalWidth || 1000, image.naturalHeight || 1000];
    this.pixels.value = { width, height };
    this.turned.classList.remove("loading");
    this.turned.style.backgroundImage = "";
    this.turned.append(image);
    this.host.sized(this);
    setTimeout(() => this.turned.querySelector(".picture-thumb")?.remove(), 300);
    this.finish();
  }

  private async loadMade(): Promise<void> {
    const { app, row, abort } = this;
    try {
      if (this.made === undefined && !abort.signal.aborted) {
        this.made = await madePicture(app, row, abort.signal);
        if (this.made !== undefined) {
          this.image.src = this.made;
          return;
        }
      }
    } catch {
      // The connection is lost: the message below says what can be done.
    }
    if (!abort.signal.aborted) this.fail();
  }

  private fail(): void {
    this.failed.value = true;
    this.element.classList.add("failed", "own-gestures");
    this.turned.remove();
    render(
      html`<div class="viewer-note" role="alert">
        <p>${t("viewer.broken")}</p>
        <p><a class="btn" href=${withParameter(this.app.hrefOf(this.row), "dl")} download>${t("action.download")}</a></p>
      </div>`,
      this.element,
    );
    this.host.sized(this);
    this.finish();
  }

  destroy(): void {
    this.abort.abort();
    this.image.src = "";
    if (this.made !== undefined) URL.revokeObjectURL(this.made);
  }
}
