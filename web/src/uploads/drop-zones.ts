// Catches files that are dropped or pasted anywhere on the page. While files are dragged, the window shows where they would go.
import { html, nothing, render } from "lit";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { fromTransfer, holdsFiles, type Picked } from "./picked.ts";

export interface DropTarget {
  /** the folder's name for people; undefined: nothing can be added here */
  folder: () => string | undefined;
  /** which files the folder takes, as sentences; empty: all */
  limits: () => string;
  add: (picked: Picked) => void;
  /** looks for the files on the server; undefined: there is no such zone */
  find?: (picked: Picked) => void;
  /** files were dropped where nothing can be added */
  refused: () => void;
}

export class DropZones {
  private readonly overlay = document.createElement("div");
  private depth = 0;
  /** what is dragged comes from the page itself: a thumbnail, for example */
  private isOwn = false;
  private overFind = false;

  constructor(private readonly target: DropTarget) {
    document.body.append(this.overlay);
    document.addEventListener("dragstart", () => this.setOwn(true));
    document.addEventListener("dragend", () => this.setOwn(false));
    document.addEventListener("dragenter", (event) => this.move(event, 1));
    document.addEventListener("dragleave", (event) => this.move(event, -1));
    document.addEventListener("dragover", (event) => this.over(event));
    document.addEventListener("drop", (event) => this.drop(event));
    document.addEventListener("paste", (event) => this.paste(event));
  }

  private setOwn(isOwn: boolean): void {
    this.isOwn = isOwn;
  }

  private concerns(event: DragEvent): boolean {
    return !this.isOwn && holdsFiles(event.dataTransfer);
  }

  private move(event: DragEvent, step: number): void {
    if (!this.concerns(event)) return;
    event.preventDefault();
    this.depth = Math.max(0, this.depth + step);
    this.draw();
  }

  private over(event: DragEvent): void {
    if (!this.concerns(event)) return;
    event.preventDefault();
    const overFind = this.isFind(event);
    const isRefused = !overFind && this.target.folder() === undefined;
    if (event.dataTransfer) event.dataTransfer.dropEffect = isRefused ? "none" : "copy";
    if (overFind === this.overFind) return;
    this.overFind = overFind;
    this.draw();
  }

  private isFind(event: DragEvent): boolean {
    return event.target instanceof Element && event.target.closest(".drop-find") !== null;
  }

  private drop(event: DragEvent): void {
    const { target } = this;
    const isFind = this.isFind(event);
    const concerns = this.concerns(event);
    this.depth = 0;
    this.isOwn = false;
    this.overFind = false;
    this.draw();
    if (!event.dataTransfer || !concerns) return;
    event.preventDefault();
    if (isFind) target.find?.(fromTransfer(event.dataTransfer));
    else if (target.folder() === undefined) target.refused();
    else target.add(fromTransfer(event.dataTransfer));
  }

  private paste(event: ClipboardEvent): void {
    const isText = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]");
    if (!event.clipboardData || !holdsFiles(event.clipboardData) || isText) return;
    event.preventDefault();
    if (this.target.folder() === undefined) this.target.refused();
    else this.target.add(fromTransfer(event.clipboardData));
  }

  private draw(): void {
    render(this.depth > 0 ? this.zones() : nothing, this.overlay);
  }

  private zones(): unknown {
    const folder = this.target.folder();
    const limits = this.target.limits();
    const { overFind } = this;
    return html`<div class="drop">
      <div class="drop-add ${overFind ? "" : "over"} ${folder === undefined ? "closed" : ""}">
        <p>${icon(folder === undefined ? "lock" : "upload")}${
          folder === undefined
            ? t("add.closed")
            : html`<span>${t("add.overlay", { folder })}${limits === "" ? nothing : html`<small>${limits}</small>`}</span>`
        }</p>
      </div>
      ${
        this.target.find
          ? html`<div class="drop-find ${overFind ? "over" : ""}">
              <p>${icon("search")}<span>${t("find.title")}<small>${t("find.zone")}</small></span></p>
            </div>`
          : nothing
      }
    </div>`;
  }
}
