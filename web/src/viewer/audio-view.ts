// A sound: its cover, what its tags say, and the browser's own controls.
import { signal } from "@preact/signals-core";
import { html, nothing, render } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { type FileRow, withParameter } from "../browse/rows.ts";
import { tagText } from "../browse/texts.ts";
import { largeThumbnailOf } from "./picture-sources.ts";
import type { FileView, Tool } from "./view.ts";

export class AudioView implements FileView {
  readonly element = document.createElement("div");
  readonly tools = signal<readonly Tool[]>([]);
  readonly keys = [];

  constructor(app: App, row: FileRow) {
    this.element.className = "viewer-card";
    const tag = (name: string): string => tagText(name, row.tags?.[name]);
    const title = tag("title") || shownName(row.name);
    const details = [tag("artist"), tag("album")].filter(Boolean).join(" · ");
    const failed = (): void => this.element.querySelector(".viewer-note")?.classList.add("failed");
    render(
      html`<div class="viewer-note">
        <img class="viewer-cover" src=${largeThumbnailOf(app, row)} alt="" />
        <p><b dir="auto">${title}</b></p>
        ${details === "" ? nothing : html`<p dir="auto">${details}</p>`}
        <audio controls preload="metadata" src=${app.hrefOf(row)} aria-label=${title} @error=${failed}></audio>
        <p class="viewer-failure" role="status">
          ${t("video.unplayable")} <a href=${withParameter(app.hrefOf(row), "dl")} download>${t("action.download")}</a>
        </p>
      </div>`,
      this.element,
    );
  }

  destroy(): void {
    const audio = this.element.querySelector("audio");
    audio?.pause();
    audio?.removeAttribute("src");
    audio?.load();
  }
}
