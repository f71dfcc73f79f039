// The tabs at the bottom of narrow screens: Files, Upload, Play, You.
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import { accountItems } from "./account-menu.ts";
import type { App } from "./app.ts";
import type { Play } from "./music.ts";
import { type Choose, uploadItems } from "./tools.ts";

class PhoneTabs extends Part {
  app!: App;
  choose!: Choose;
  play!: Play;

  protected override render(): unknown {
    const may = this.app.may.value;
    return html`<nav class="phone-tabs" aria-label=${t("tabs.label")}>
      <button type="button" @click=${this.files}>${icon("folder")}<span>${t("tabs.files")}</span></button>
      ${may.upload ? html`<button type="button" @click=${this.upload}>${icon("upload")}<span>${t("tabs.upload")}</span></button>` : nothing}
      ${may.download ? html`<button type="button" @click=${() => this.play()}>${icon("play")}<span>${t("tabs.play")}</span></button>` : nothing}
      <button type="button" @click=${this.you}>${icon("user")}<span>${t("tabs.you")}</span></button>
    </nav>`;
  }

  private readonly files = (): void => {
    window.scrollTo({ top: 0 });
  };

  private readonly upload = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("list.upload"), uploadItems(this.app, this.choose));

  private readonly you = (event: Event): void =>
    openMenu(event.currentTarget as Element, t("tabs.you"), accountItems(this.app));
}

customElements.define("pl-phone-tabs", PhoneTabs);

export function addPhoneTabs(app: App, choose: Choose, play: Play): void {
  const tabs = new PhoneTabs();
  tabs.app = app;
  tabs.choose = choose;
  tabs.play = play;
  document.body.append(tabs);
}
