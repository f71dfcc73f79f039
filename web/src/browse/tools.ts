// The buttons of the header: what can be added to the folder.

import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { isNarrow } from "../parts/device.ts";
import { icon } from "../parts/icon.ts";
import { type MenuItem, openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import { isHandheld } from "../uploads/choosers.ts";
import type { Uploads } from "../uploads/folder-page.ts";
import type { App } from "./app.ts";
import { newFolder, newNote, newText } from "./create.ts";

export class HeaderTools extends Part {
  app!: App;
  uploads!: Uploads;

  protected override render(): unknown {
    if (!this.app.may.value.upload) return nothing;
    return html`<div class="tools">
      <button class="btn" type="button" id="new" aria-haspopup="menu" @click=${this.newMenu}>${t("new.title")}${icon("down")}</button>
      <button class="btn primary" type="button" id="add" aria-haspopup="menu" @click=${this.uploadMenu}>
        ${icon("upload")}<span>${t("list.upload")}</span>
      </button>
    </div>`;
  }

  private readonly newMenu = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("new.title"), createItems(this.app));

  private readonly uploadMenu = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("list.upload"), uploadItems(this.app, this.uploads));
}

/** What can be made in the folder, and for its owner. */
function createItems(app: App): MenuItem[] {
  return [
    { label: t("new.folder"), icon: "folder-plus", run: () => void newFolder(app) },
    { label: t("new.text"), icon: "file-plus", run: () => void newText(app) },
    ...(app.may.peek().note ? [{ label: t("new.note"), icon: "message", run: () => void newNote(app) }] : []),
  ];
}

/** What can be added to the folder. On narrow screens, where there is no "New", what can be made in it, too. */
export function uploadItems(app: App, uploads: Uploads): MenuItem[] {
  const [first, ...rest] = isNarrow() ? createItems(app) : [];
  return [
    { label: t("add.files"), icon: "file-plus", run: () => uploads.choose("files") },
    isHandheld()
      ? { label: t("add.photo"), icon: "camera", run: () => uploads.choose("camera") }
      : { label: t("add.folder"), icon: "folder-up", run: () => uploads.choose("folder") },
    { label: t("find.title"), icon: "search", separated: true, run: () => uploads.choose("find") },
    { label: t("options.open"), icon: "settings", run: () => uploads.open("options") },
    ...(first ? [{ ...first, separated: true }, ...rest] : []),
  ];
}

customElements.define("pl-tools", HeaderTools);
