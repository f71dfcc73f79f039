// The share links of the account: copy, show as QR code, end.
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { type Api, ApiRefusal } from "../api/client.ts";
import type { ShareLink } from "../api/types.gen.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { ask, openDialog } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import { linkFacts } from "../parts/link-facts.ts";
import type { Notices } from "../parts/notices.ts";
import { Part } from "../parts/part.ts";
import { renewLink } from "../parts/renew-link.ts";
import { loadStyle } from "../parts/style.ts";
import { nameOf, noneOf } from "./texts.ts";

export class LinksPart extends Part {
  api!: Api;
  notices!: Notices;
  private readonly links = signal<readonly ShareLink[] | undefined>(undefined);
  private readonly fault = signal("");

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.links.value = await this.api.links();
      this.fault.value = "";
    } catch (error) {
      this.fault.value = textOf(error);
    }
  }

  protected override render(): unknown {
    const links = this.links.value;
    if (this.fault.value !== "") return html`<p class="note bad" role="alert">${this.fault.value}</p>`;
    if (!links) return nothing;
    if (links.length === 0) return html`<p class="none">${noneOf(this)}</p>`;
    return html`<ul class="items">${links.map((link) => this.row(link))}</ul>`;
  }

  private row(link: ShareLink): TemplateResult {
    const name = nameOf(link.name);
    return html`<li>
      ${icon("link")}
      <div class="what"><a class="name" dir="auto" href=${link.url}>${name}</a><small>${linkFacts(link, link.note)}</small></div>
      <span class="buttons">
        ${link.state === "works" ? this.passOn(link, name) : nothing}
        <button class="btn small" type="button" aria-label=${t("share.extendOf", { name })} @click=${() => void this.renew(link, name)}>${t("share.extend")}</button>
        <button class="btn small" type="button" aria-label=${t("share.endOf", { name })} @click=${() => void this.end(link)}>${t("share.end")}</button>
      </span>
    </li>`;
  }

  /** Ways to give the link to others, while it works. */
  private passOn(link: ShareLink, name: string): TemplateResult {
    return html`<button class="icon" type="button" aria-label=${t("share.copyOf", { name })} title=${t("action.link")} @click=${() => void this.copy(link)}>${icon("copy")}</button>
        <button class="icon" type="button" aria-label=${t("share.qrFor", { name })} title=${t("share.qrLarge")} @click=${() => void this.showQr(link)}>${icon("qr")}</button>`;
  }

  private async copy(link: ShareLink): Promise<void> {
    const done = await copyText(link.url);
    this.notices.show({ text: t(done ? "action.linkCopied" : "action.linkFailed"), bad: !done });
  }

  private async showQr(link: ShareLink): Promise<void> {
    await loadStyle("operations.css");
    const dialog = openDialog<void>(t("share.scan"));
    dialog.element.classList.add("qr-large");
    dialog.draw(
      html`<div class="dialog-body"><img src=${this.api.linkQr(link.id)} alt=${t("share.qrOf")} /><p>${link.url}</p></div>`,
    );
  }

  private async renew(link: ShareLink, name: string): Promise<void> {
    try {
      if (!(await renewLink(this.api, link, name))) return;
    } catch (error) {
      this.notices.show({ text: textOf(error), bad: true });
    }
    await this.load();
  }

  private async end(link: ShareLink): Promise<void> {
    const answer = await ask(t("share.endTitle", { name: nameOf(link.name) }), t("share.endText"), [
      { label: t("share.end"), value: true, kind: "bad" },
      { label: t("dialog.cancel"), value: false },
    ]);
    if (answer !== true) return;
    try {
      await this.api.revokeLink(link.id);
    } catch (error) {
      this.notices.show({ text: textOf(error), bad: true });
    }
    await this.load();
  }
}

const textOf = (error: unknown): string => (error instanceof ApiRefusal ? error.message : "") || t("ops.lost");

customElements.define("pl-links", LinksPart);
