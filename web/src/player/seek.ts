// The line of a song's length: shows where it is, and moves there by pointer, wheel and keys.
import { effect } from "@preact/signals-core";
import { html } from "lit";
import { t } from "../../kit/words.ts";
import { clock } from "../browse/texts.ts";
import { Part } from "../parts/part.ts";
import type { Player } from "./player.ts";
import { preferences as chosen } from "./preferences.ts";
import { type Colours, draw, loadPeaks, peaksHref } from "./waveform.ts";

const [STEP_S, PAGE_S, WHEEL_S] = [5, 30, 10];

export class SeekLine extends Part {
  player!: Player;
  private peaks: Uint8Array | undefined;
  private stopLoading = (): void => {};
  /** seconds to which a pointer drags; undefined: none does */
  private dragged: number | undefined;
  private readonly again = (): void => this.requestUpdate();
  private readonly resized = new ResizeObserver(this.again);
  private readonly recoloured = new MutationObserver(this.again);
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");

  override connectedCallback(): void {
    super.connectedCallback();
    this.resized.observe(this);
    this.recoloured.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.scheme.addEventListener("change", this.again);
    let abort: AbortController | undefined;
    const stop = effect(() => {
      const song = this.player.heard.value;
      const wanted = chosen.waveform.value;
      abort?.abort();
      abort = new AbortController();
      this.peaks = undefined;
      if (!song || !wanted) return;
      const { signal } = abort;
      void loadPeaks(peaksHref(song), signal).then((peaks) => {
        if (signal.aborted) return;
        this.peaks = peaks;
        this.requestUpdate();
      });
    });
    this.stopLoading = () => {
      abort?.abort();
      stop();
    };
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
    this.recoloured.disconnect();
    this.scheme.removeEventListener("change", this.again);
    this.stopLoading();
  }

  protected override render(): unknown {
    const { player } = this;
    const duration = player.duration.value;
    const position = this.dragged ?? player.position.value;
    player.buffered.value;
    chosen.tint.value;
    const text = t("player.position", { position: clock(position), length: duration > 0 ? clock(duration) : "?" });
    return html`<div
        class="seek"
        dir="ltr"
        role="slider"
        tabindex="0"
        aria-label=${t("player.seek")}
        aria-valuemin="0"
        aria-valuemax=${Math.round(duration)}
        aria-valuenow=${Math.round(Math.min(position, duration || position))}
        aria-valuetext=${text}
        @keydown=${this.key}
        @wheel=${this.wheel}
        @pointerdown=${this.down}
        @pointermove=${this.move}
        @pointerup=${this.up}
        @pointercancel=${this.cancel}
        @pointerleave=${this.leave}
      >
        <canvas></canvas><span class="at" hidden></span>
      </div>`;
  }

  protected override updated(): void {
    const canvas = this.querySelector("canvas");
    const { player } = this;
    const length = player.duration.peek();
    if (!canvas) return;
    const part = (seconds: number): number => (length > 0 ? Math.min(1, seconds / length) : 0);
    const loaded = player.buffered.peek().map(([from, to]) => [part(from), part(to)] as const);
    const played = part(this.dragged ?? player.position.peek());
    draw(canvas, { peaks: this.peaks, played, loaded, tint: chosen.tint.value / 100 }, this.colours());
  }

  private colours(): Colours {
    const style = getComputedStyle(this);
    const forced = matchMedia("(forced-colors: active)").matches;
    const of = (name: string, system: string): string => (forced ? system : style.getPropertyValue(name).trim());
    return { played: of("--accent", "Highlight"), loaded: of("--edge", "CanvasText"), rest: of("--line", "GrayText") };
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this;
    const steps: Record<string, number> = {
      ArrowRight: STEP_S,
      ArrowUp: STEP_S,
      ArrowLeft: -STEP_S,
      ArrowDown: -STEP_S,
      PageUp: PAGE_S,
      PageDown: -PAGE_S,
    };
    const step = steps[event.key];
    if (step !== undefined) player.seekBy(step);
    else if (event.key === "Home") player.seek(0);
    else if (event.key === "End") player.seek(player.duration.peek());
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private readonly wheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    this.player.seekBy(event.deltaY < 0 ? WHEEL_S : -WHEEL_S);
  };

  private secondsAt(event: PointerEvent): number {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return part * this.player.duration.peek();
  }

  private readonly down = (event: PointerEvent): void => {
    if (event.button !== 0 || this.player.duration.peek() === 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.dragged = this.secondsAt(event);
    this.requestUpdate();
  };

  private readonly move = (event: PointerEvent): void => {
    const at = this.querySelector<HTMLElement>(".at");
    const duration = this.player.duration.peek();
    if (!at || duration === 0) return;
    const seconds = this.secondsAt(event);
    at.hidden = false;
    at.textContent = clock(seconds);
    at.style.left = `${(seconds / duration) * 100}%`;
    if (this.dragged === undefined) return;
    this.dragged = seconds;
    this.requestUpdate();
  };

  private readonly up = (event: PointerEvent): void => {
    if (this.dragged === undefined) return;
    this.player.seek(this.secondsAt(event));
    this.cancel();
  };

  private readonly cancel = (): void => {
    this.dragged = undefined;
    this.requestUpdate();
    this.leave();
  };

  private readonly leave = (): void => {
    const at = this.querySelector<HTMLElement>(".at");
    if (at && this.dragged === undefined) at.hidden = true;
  };
}

customElements.define("pl-seek", SeekLine);
