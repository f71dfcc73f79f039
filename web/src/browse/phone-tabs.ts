// The tabs at the bottom of narrow screens: Files, Upload, Play, You.
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import type { Uploads } from "../uploads/folder-page.ts";
import { accountItems } from "./account-menu.ts";
import type { App } from "./app.ts";
import type { Play } from "./music.ts";
import { uploadItems } from "./tools.ts";

class PhoneTabs extends Part {
  app!: App;
  uploads!: Uploads;
  play!: Play;

  protected override render(): unknown {
    const may = this.app.may.value;
    const left = this.uploads.left.value;
    const text = left ? t("tabs.uploading", { n: left }) : t("tabs.upload");
    return html`<nav class="phone-tabs" aria-label=${t("tabs.label")}>
      <button type="button" @click=${this.files}>${icon("folder")}<span>${t("tabs.files")}</span></button>
      ${may.upload || left !== undefined ? html`<button type="button" id="tab-upload" @click=${this.upload}>${icon("upload")}<span>${text}</span></button>` : nothing}
      ${may.download ? html`<button type="button" @click=${() => this.play()}>${icon("play")}<span>${t("tabs.play")}</span></button>` : nothing}
      <button type="button" @click=${this.you}>${icon("user")}<span>${t("tabs.you")}</span></button>
    </nav>`;
  }

  private readonly files = (): void => {
    window.scrollTo({ top: 0 });
  };

  private readonly upload = (event: Event): void => {
    // Once there are uploads, the tab leads to them; more can be added there.
    if (this.uploads.left.peek() !== undefined) this.uploads.open();
    else openMenu(event.currentTarget as Element, t("list.upload"), uploadItems(this.app, this.uploads));
  };

  private readonly you = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("tabs.you"), accountItems(this.app));
}

customElements.define("pl-phone-tabs", PhoneTabs);

export function addPhoneTabs(app: App, uploads: Uploads, play: Play): void {
  const tabs = new PhoneTabs();
  tabs.app = app;
  tabs.uploads = uploads;
  tabs.play = play;
  document.body.append(tabs);
}
