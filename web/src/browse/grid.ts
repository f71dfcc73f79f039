// The grid: tiles with thumbnails, of which only the lines in the window are drawn.
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { loadPlaceholders, placeholder } from "../parts/placeholder.ts";
import { scaled } from "../parts/text-size.ts";
import { iconOf } from "./icons.ts";
import { keyOf, kindOf, type Row, withParameter } from "./rows.ts";
import { RowsPart, slot } from "./rows-part.ts";
import { Thumbnails } from "./thumbnails.ts";

/** Widths of a tile, by zoom, in pixels; the rest of a line is shared among its tiles. */
const WIDTHS = [96, 128, 168, 232, 320];
/** Height of the caption below a picture, and the gap between lines. */
const CAPTION = 52;
const GAP = 12;

export class FileGrid extends RowsPart {
  private thumbnails: Thumbnails | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void loadPlaceholders().then(() => this.requestUpdate());
    this.thumbnails ??= new Thumbnails(this, this.app.isOpening, () => this.distances());
    this.thumbnails.connect();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.thumbnails?.disconnect();
  }

  protected override updated(): void {
    super.updated();
    this.thumbnails?.load();
  }

  /** Returns how many lines a picture is away from the window. */
  private distances(): (image: HTMLImageElement) => number {
    const { from, to } = this.seen();
    const perLine = this.perLine();
    return (image) => {
      const line = Math.floor(Number(image.closest<HTMLElement>("[data-index]")?.dataset.index) / perLine);
      return Math.max(0, from - line, line - to + 1);
    };
  }

  private tileWidth(): number {
    return WIDTHS[this.app.view.value.value.zoom] ?? 168;
  }

  protected override perLine(): number {
    const width = this.clientWidth;
    return Math.max(width < 420 ? 2 : 1, Math.floor((width + GAP) / (this.tileWidth() + GAP)));
  }

  protected override lineHeight(): number {
    const perLine = this.perLine();
    const width = (this.clientWidth - GAP * (perLine - 1)) / perLine;
    return Math.round((width * 3) / 4) + scaled(CAPTION) + GAP;
  }

  protected override box(): HTMLElement | null {
    return this.querySelector(".tiles");
  }

  protected override render(): unknown {
    const { app } = this;
    const rows = app.rows.value;
    const perLine = this.perLine();
    const height = this.lineHeight();
    const { from, to } = this.lines(rows.length);
    const lines = Math.ceil(rows.length / perLine);
    const indexes = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    return html`<div
      class="tiles ${app.view.value.value.whole ? "whole" : ""}"
      id="files"
      role="grid"
      aria-multiselectable="true"
      aria-rowcount=${lines}
      aria-label=${t("list.label")}
      .style=${`height:${lines * height}px;--per-line:${perLine};--tile-height:${height - GAP}px`}
    >
      ${repeat(
        indexes,
        slot,
        (line) =>
          html`<div class="tile-line" role="row" aria-rowindex=${line + 1} .style=${`transform:translateY(${line * height}px)`}>
            ${rows.slice(line * perLine, (line + 1) * perLine).map((row, at) => this.tile(row, line * perLine + at))}
          </div>`,
      )}
    </div>`;
  }

  private tile(row: Row, index: number): TemplateResult {
    const { selection } = this.app;
    const key = keyOf(row);
    const selected = selection.keys.value.has(key);
    const name = shownName(row.name);
    const tab = this.isTabStop(key, index) ? 0 : -1;
    const playing = this.app.isPlaying(row);
    const menu = (event: Event): void => this.showMenu(row, event.currentTarget as Element);
    return html`<div
      class="tile ${selected ? "selected" : ""} ${selection.cursor.value === key ? "cursor" : ""} ${playing ? "playing" : ""} ${this.app.isPale(row) ? "pale" : ""}"
      aria-current=${playing ? "true" : nothing}
      role="gridcell"
      data-index=${index}
      aria-selected=${selected ? "true" : "false"}
    >
      <a href=${this.app.hrefOf(row)} tabindex=${tab} title=${name}>
        <span class="picture" .style=${this.placeholder(row)}>${this.picture(row)}${playing ? html`<span class="badge">${icon("playing")}</span>` : nothing}</span>
        <span class="caption" dir="auto"><span class="text">${name}</span></span>
      </a>
      <small class="facts"><bdi>${row.size === undefined ? "" : size(row.size)}</bdi></small>
      <input type="checkbox" tabindex=${tab} aria-label=${t("select.one", { name })} .checked=${selected} />
      <button class="icon" type="button" tabindex=${tab} aria-haspopup="menu" aria-label=${t("row.actions", { name })} title=${t("row.more")} @click=${menu}>
        ${icon("more")}
      </button>
    </div>`;
  }

  /** The style of what is seen until the thumbnail is here. */
  private placeholder(row: Row): string {
    const hash = row.kind === "file" && this.app.view.value.value.thumbnails ? row.picture?.thumbhash : undefined;
    const url = hash && placeholder(hash);
    return url ? `background-image:url(${url})` : "";
  }

  private picture(row: Row): unknown {
    const kind = kindOf(row);
    const view = this.app.view.value.value;
    const hasPicture = kind === "picture" || kind === "video" || kind === "audio" || kind === "folder";
    if (!view.thumbnails || !hasPicture) return iconOf(row);
    // The time is part of the address, so that browsers may keep the thumbnail.
    const href = this.app.hrefOf(row);
    const form = `th=w${view.whole ? "f" : ""}${view.fine || view.zoom >= 3 ? "3" : ""}`;
    const source = `${withParameter(href, form)}&cache=i&t=${row.modified_ms}`;
    // A picture of its own for each row: a reused one would show the old picture until the new one has arrived.
    const picture = html`<img
        data-src=${source}
        alt=""
        decoding="async"
        draggable="false"
        @load=${kind === "folder" ? hideTypeIcon : nothing}
        @error=${(event: Event) => (event.target as Element).classList.add("failed")}
      />`;
    const badge = {
      video: html`<span class="badge">${icon("play")}</span>`,
      folder: html`<span class="badge of-folder">${icon("folder")}</span>`,
    };
    return html`${iconOf(row)}${keyed(source, picture)}${kind === "video" || kind === "folder" ? badge[kind] : nothing}`;
  }
}

/** Width of the small square with a word in it that the server sends for folders without a picture. */
const TYPE_ICON_MAX = 150;

/** Shows the icon of a folder instead of that square. */
function hideTypeIcon(event: Event): void {
  const { naturalWidth, naturalHeight, classList } = event.target as HTMLImageElement;
  if (naturalWidth === naturalHeight && naturalWidth <= TYPE_ICON_MAX) classList.add("failed");
}

customElements.define("pl-grid", FileGrid);
