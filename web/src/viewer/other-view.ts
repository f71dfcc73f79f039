// A file that the page cannot show: what it is, and how to get it.
import { signal } from "@preact/signals-core";
import { html, nothing, render } from "lit";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { iconOf } from "../browse/icons.ts";
import { type FileRow, kindOf, withParameter } from "../browse/rows.ts";
import type { FileView, Tool } from "./view.ts";

export class OtherView implements FileView {
  readonly element = document.createElement("div");
  readonly tools = signal<readonly Tool[]>([]);
  readonly keys = [];

  /** `isLost`: the program part that shows such files could not be loaded. `asText`: shows the characters. */
  constructor(app: App, row: FileRow, isLost: boolean, asText: () => void) {
    this.element.className = "viewer-card";
    const href = app.hrefOf(row);
    const isPdf = kindOf(row) === "pdf";
    const text = isLost ? t("browse.lost") : t(isPdf ? "viewer.noPdf" : "viewer.unknown");
    render(
      html`<div class="viewer-note">
        <p class="viewer-big">${iconOf(row)}</p>
        <p><b dir="auto">${shownName(row.name)}</b> <small>${size(row.size)}</small></p>
        <p>${text}</p>
        <p class="actions">
          <a class="btn primary" href=${isPdf ? href : withParameter(href, "dl")} target=${isPdf ? "_blank" : nothing} ?download=${!isPdf}>
            ${t(isPdf ? "viewer.openTab" : "action.download")}
          </a>
          ${isPdf ? nothing : html`<button class="btn" type="button" @click=${asText}>${t("viewer.asText")}</button>`}
        </p>
      </div>`,
      this.element,
    );
  }

  destroy(): void {
    // Nothing runs.
  }
}
