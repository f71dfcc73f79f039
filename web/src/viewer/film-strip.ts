// The strip of thumbnails below pictures. Only those in the window are drawn.
import { effect, signal } from "@preact/signals-core";
import { html, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { type FileRow, keyOf, kindOf } from "../browse/rows.ts";
import { Thumbnails } from "../browse/thumbnails.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { thumbnailOf } from "./picture-sources.ts";
import type { Viewer } from "./viewer.ts";

/** Width of a thumbnail with its gap, in pixels. */
const STEP = 68;
/** Thumbnails drawn beyond each edge. */
const MARGIN = 4;
/** Milliseconds after which the thumbnails are loaded in any case: a film is not here before its end. */
const WAIT_MS = 1500;

class FilmStrip extends Part {
  viewer!: Viewer;
  private readonly drawn = signal({ from: 0, to: 0 });
  private stopFollowing = (): void => {};
  /** thumbnails wait until the picture itself is here: browsers send only six requests at once */
  private readonly held = signal(true);
  private readonly thumbnails = new Thumbnails(this, this.held, () => this.distances());
  private isFirst = true;

  private get box(): HTMLElement | null {
    return this.querySelector(".viewer-strip");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopFollowing();
    this.thumbnails.disconnect();
    this.isFirst = true;
  }

  protected override render(): unknown {
    const { viewer } = this;
    const files = viewer.files.value;
    const { from, to } = this.drawn.value;
    const index = viewer.index.value;
    return html`<div class="viewer-strip" role="toolbar" aria-label=${t("viewer.strip")} @scroll=${() => this.measure()} @keydown=${this.key}>
      <div class="viewer-strip-all" .style=${`width:${files.length * STEP}px`}>
        ${repeat(files.slice(from, to), keyOf, (row, at) => this.thumb(row, from + at, index))}
      </div>
    </div>`;
  }

  private thumb(row: FileRow, at: number, index: number): TemplateResult {
    const { viewer } = this;
    const name = shownName(row.name);
    const source = thumbnailOf(viewer.app, row);
    return html`<button
      type="button"
      aria-current=${at === index ? "true" : "false"}
      aria-label=${name}
      title=${name}
      tabindex=${at === index ? 0 : -1}
      .style=${`inset-inline-start:${at * STEP}px`}
      @click=${() => viewer.goTo(at)}
    >
      ${keyed(source, html`<img data-src=${source} alt="" fetchpriority="low" draggable="false" />`)}
      ${kindOf(row) === "video" ? icon("play") : ""}
    </button>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.thumbnails.connect();
    const stopWaiting = effect(() => this.hold());
    const stopFollowing = effect(() => {
      const index = this.viewer.index.value;
      const count = this.viewer.files.value.length;
      requestAnimationFrame(() => this.reveal(index, count));
    });
    this.stopFollowing = () => {
      stopWaiting();
      stopFollowing();
    };
  }

  /** Waits for the shown picture. */
  private hold(): void {
    const view = this.viewer.view.value;
    this.held.value = true;
    const load = (): void => {
      if (this.viewer.view.peek() === view) this.held.value = false;
    };
    void view?.done?.then(load);
    setTimeout(load, WAIT_MS);
  }

  protected override updated(): void {
    this.thumbnails.load();
  }

  /** Returns how far a picture is from the shown one. */
  private distances(): (image: HTMLImageElement) => number {
    const buttons = [...this.querySelectorAll("button")];
    const shown = buttons.findIndex((button) => button.getAttribute("aria-current") === "true");
    return (image) => Math.abs(buttons.indexOf(image.parentElement as HTMLButtonElement) - shown);
  }

  private reveal(index: number, count: number): void {
    const { box } = this;
    if (!box || index >= count) return;
    const direction = getComputedStyle(box).direction === "rtl" ? -1 : 1;
    const left = direction * Math.max(0, index * STEP - (box.clientWidth - STEP) / 2);
    const calm = this.isFirst || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const isFar = Math.abs(box.scrollLeft - left) > box.clientWidth;
    box.scrollTo({ left, behavior: calm || isFar ? "auto" : "smooth" });
    this.isFirst = false;
    this.measure();
  }

  private measure(): void {
    const { box } = this;
    if (!box) return;
    const count = this.viewer.files.peek().length;
    const left = Math.abs(box.scrollLeft);
    const from = Math.max(0, Math.floor(left / STEP) - MARGIN);
    const to = Math.min(count, Math.ceil((left + box.clientWidth) / STEP) + MARGIN);
    const { drawn } = this;
    if (drawn.peek().from !== from || drawn.peek().to !== to) drawn.value = { from, to };
  }

  private readonly key = (event: KeyboardEvent): void => {
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = { ArrowRight: forward, ArrowLeft: -forward };
    const by = steps[event.key];
    const { viewer } = this;
    if (by !== undefined) viewer.step(by);
    else if (event.key === "Home") viewer.goTo(0);
    else if (event.key === "End") viewer.goTo(viewer.files.peek().length - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    setTimeout(() => this.querySelector<HTMLElement>('[aria-current="true"]')?.focus(), 60);
  };
}

customElements.define("pl-viewer-strip", FilmStrip);
