// Shows what is read or heard, one file at a time: texts, Markdown, PDF, sounds, and what the page cannot show.
import { kindOf } from "../browse/rows.ts";
import { printText } from "../parts/style.ts";
import { AudioView } from "./audio-view.ts";
import { OtherView } from "./other-view.ts";
import { PdfView, showsPdf } from "./pdf-view.ts";
import { onSwipeSideways } from "./swipe.ts";
import type { FileView } from "./view.ts";
import type { Stage, Viewer } from "./viewer.ts";

export function documentStage(viewer: Viewer, room: HTMLElement): Stage {
  return new DocumentStage(viewer, room);
}

class DocumentStage implements Stage {
  private view: FileView | undefined;
  private readonly box = document.createElement("div");
  private generation = 0;
  private readonly stopPrinting = printText();

  constructor(
    private readonly viewer: Viewer,
    room: HTMLElement,
  ) {
    this.box.className = "viewer-document";
    room.append(this.box);
    onSwipeSideways(this.box, (direction) => {
      const forward = getComputedStyle(this.box).direction === "rtl" ? 1 : -1;
      viewer.step(direction * forward);
    });
    void this.mount();
  }

  show(index: number): void {
    this.viewer.moved(index);
    void this.mount();
  }

  /** `asText`: shows the characters of a file of any kind. */
  private async mount(asText = false): Promise<void> {
    const generation = ++this.generation;
    this.view?.destroy();
    this.view = undefined;
    this.viewer.view.value = undefined;
    this.box.replaceChildren();
    const view = await this.make(asText).catch(() => this.other(true));
    if (generation !== this.generation || !view) {
      view?.destroy();
      return;
    }
    this.view = view;
    this.box.replaceChildren(view.element);
    this.viewer.view.value = view;
    // For keys that scroll; fingers need no focus, and no ring around it.
    if (!matchMedia("(pointer: coarse)").matches) view.focus?.();
  }

  private async make(asText: boolean): Promise<FileView | undefined> {
    const row = this.viewer.row.peek();
    if (!row) return undefined;
    const kind = asText ? "text" : kindOf(row);
    if (kind === "text") {
      const { TextView } = await import("./text-view.ts");
      return new TextView(this.viewer, row, { asText, other: () => this.replace(this.other(false)) });
    }
    if (kind === "markdown") {
      const { MarkdownView } = await import("./markdown-view.ts");
      return new MarkdownView(this.viewer, row, () => void this.mount(true));
    }
    if (kind === "pdf" && showsPdf()) return new PdfView(this.viewer.app, row);
    if (kind === "audio") return new AudioView(this.viewer.app, row);
    return this.other(false);
  }

  private other(isLost: boolean): FileView | undefined {
    const row = this.viewer.row.peek();
    return row && new OtherView(this.viewer.app, row, isLost, () => void this.mount(true));
  }

  private replace(view: FileView | undefined): void {
    if (!view) return;
    this.view?.destroy();
    this.view = view;
    this.box.replaceChildren(view.element);
    this.viewer.view.value = view;
  }

  resize(): void {
    // The room is laid out by the styles.
  }

  destroy(): void {
    this.stopPrinting();
    this.generation++;
    this.view?.destroy();
    this.box.remove();
  }
}
