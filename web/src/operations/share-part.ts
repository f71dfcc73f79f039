// The content of the dialog that shares a file or folder.
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { MakeLinkRequest, ShareKind, ShareLink } from "../api/types.gen.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { ask, openDialog } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import { linkFacts } from "../parts/link-facts.ts";
import { Part } from "../parts/part.ts";
import { LIVES, lifeText, renewLink } from "../parts/renew-link.ts";
import { textOf } from "./changes.ts";
import type { Operations } from "./operations.ts";

/** How long a link lives, in days; 0: until it is ended. */
const PIN_MIN = 4;

export class SharePart extends Part {
  operations!: Operations;
  path = "/";
  isFolder = false;
  private readonly links = signal<readonly ShareLink[]>([]);
  private readonly made = signal<ShareLink | undefined>(undefined);
  private readonly fault = signal("");
  private readonly copied = signal("");
  private readonly sending = signal(false);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.links.value = await this.operations.app.api.links();
    } catch (error) {
      this.fault.value = textOf(error) || t("ops.lost");
    }
  }

  /** What the links can be for, by what the account itself may do there. */
  private kinds(): ShareKind[] {
    const may = this.operations.volumeOf(this.path)?.may;
    const kinds: ShareKind[] = may?.download === true ? ["share"] : [];
    return this.isFolder && may?.upload === true ? [...kinds, "request"] : kinds;
  }

  protected override render(): unknown {
    const made = this.made.value;
    const others = this.links.value.filter(({ id }) => id !== made?.id);
    const here = others.filter(({ path }) => path === this.path);
    const rest = others.filter(({ path }) => path !== this.path);
    return html`<div class="dialog-body">
      <p class="answer bad" role="alert">${this.fault.value}</p>
      ${made ? this.shown(made) : this.form()} ${this.list(t("share.here"), here)} ${this.list(t("share.others"), rest)}
      <p class="sr" role="status">${this.copied.value}</p>
    </div>`;
  }

  private form(): TemplateResult {
    const kinds = this.kinds();
    const text = (kind: ShareKind): string => t(`share.${kind}.${this.isFolder ? "folder" : "file"}`);
    const option = (kind: ShareKind, at: number): TemplateResult =>
      html`<label class="tick"><input type="radio" name="kind" value=${kind} ?checked=${at === 0} />${text(kind)}</label>`;
    const [only] = kinds;
    return html`<form class="share-form" @submit=${this.submit}>
      <fieldset>
        <legend>${t("share.may")}</legend>
        ${
          only && kinds.length === 1
            ? html`<p>${text(only)}</p><input type="hidden" name="kind" value=${only} />`
            : kinds.map(option)
        }
      </fieldset>
      <div class="fields">
        <label>${t("share.days")}<select name="days">
          ${LIVES.map((days) => html`<option value=${days} ?selected=${days === 7}>${lifeText(days)}</option>`)}
        </select></label>
        <label>${t("share.uses")}<input name="uses" type="number" min="1" max="1000000" inputmode="numeric" placeholder=${t("share.noLimit")} /></label>
        <label>${t("share.pin")}<input name="pin" type="text" autocomplete="off" minlength=${PIN_MIN} maxlength="64" placeholder=${t("share.noPin")} /></label>
        <label>${t("share.note")}<input name="note" type="text" autocomplete="off" maxlength="500" placeholder=${t("share.notePlaceholder")} /></label>
      </div>
      <p><button class="btn primary" ?disabled=${this.sending.value}>${icon("link")}${this.sending.value ? t("form.sending") : t("share.make")}</button></p>
    </form>`;
  }

  private readonly submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.sending.peek()) return;
    const form = new FormData(event.target as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    const [days, uses] = [Number(text("days")), Number(text("uses"))];
    const link: MakeLinkRequest = {
      path: this.path,
      kind: (text("kind") || "share") as ShareKind,
      note: text("note"),
      ...(days > 0 ? { days } : {}),
      ...(uses > 0 ? { uses } : {}),
      ...(text("pin") === "" ? {} : { pin: text("pin") }),
    };
    this.sending.value = true;
    this.fault.value = "";
    try {
      this.made.value = await this.operations.app.api.makeLink(link);
      await this.load();
      await this.updateComplete;
      this.querySelector<HTMLElement>("#share-url")?.focus();
    } catch (error) {
      this.fault.value = textOf(error) || t("ops.lost");
    }
    this.sending.value = false;
  };

  /** A new link: address and QR code. */
  private shown(link: ShareLink): TemplateResult {
    const again = (): void => {
      this.made.value = undefined;
    };
    const select = (event: Event): void => {
      const field = event.target as HTMLInputElement;
      field.select();
      // Where there is no room for all of it, its start is shown, once the browser has shown the end of what is selected.
      requestAnimationFrame(() => {
        field.scrollLeft = 0;
      });
    };
    return html`<section class="made">
      <button class="qr" type="button" title=${t("share.enlarge")} @click=${() => this.showQr(link)}>
        <img src=${this.operations.app.api.linkQr(link.id)} alt=${t("share.qrOf")} width="180" height="180" />
      </button>
      <div>
        <p class="hint">${linkFacts(link, link.note)}</p>
        <label for="share-url">${t("share.url")}</label>
        <div class="with-button">
          <input id="share-url" type="text" readonly .value=${link.url} @focus=${select} />
          <button class="btn primary" type="button" @click=${() => void this.copy(link)}>${icon("copy")}${t(this.copied.value === "" ? "action.link" : "properties.copied")}</button>
        </div>
        <p class="actions">
          <button class="btn" type="button" @click=${() => this.showQr(link)}>${icon("qr")}${t("share.enlarge")}</button>
          <button class="btn" type="button" @click=${again}>${t("share.another")}</button>
        </p>
      </div>
    </section>`;
  }

  private list(title: string, links: readonly ShareLink[]): unknown {
    if (links.length === 0) return nothing;
    return html`<h3>${title}</h3>
      <ul class="entries">
        ${links.map((link) => {
          const name = shownName(link.name) || t("crumbs.home");
          return html`<li>
            <span class="what"><b dir="auto">${name}</b><small>${linkFacts(link, link.note)}</small></span>
            <button class="icon" type="button" aria-label=${t("share.copyOf", { name })} title=${t("action.link")} @click=${() => void this.copy(link)}>${icon("copy")}</button>
            <button class="icon" type="button" aria-label=${t("share.qrFor", { name })} title=${t("share.qrLarge")} @click=${() => this.showQr(link)}>${icon("qr")}</button>
            <button class="btn" type="button" aria-label=${t("share.extendOf", { name })} @click=${() => void this.renew(link, name)}>${t("share.extend")}</button>
            <button class="btn" type="button" aria-label=${t("share.endOf", { name })} @click=${() => void this.revoke(link)}>${t("share.end")}</button>
          </li>`;
        })}
      </ul>`;
  }

  private async copy(link: ShareLink): Promise<void> {
    const done = await copyText(link.url);
    if (done) {
      this.copied.value = t("action.linkCopied");
      setTimeout(() => {
        this.copied.value = "";
      }, 3000);
    } else this.fault.value = t("action.linkFailed");
  }

  /** As large as the window: for another person's phone. */
  private showQr(link: ShareLink): void {
    const dialog = openDialog<void>(t("share.scan"));
    dialog.element.classList.add("qr-large");
    dialog.draw(
      html`<div class="dialog-body">
        <img src=${this.operations.app.api.linkQr(link.id)} alt=${t("share.qrOf")} />
        <p>${link.url}</p>
      </div>`,
    );
  }

  private async renew(link: ShareLink, name: string): Promise<void> {
    try {
      if (!(await renewLink(this.operations.app.api, link, name))) return;
      this.fault.value = "";
    } catch (error) {
      this.fault.value = textOf(error) || t("ops.lost");
    }
    await this.load();
  }

  private async revoke(link: ShareLink): Promise<void> {
    const name = shownName(link.name) || t("crumbs.home");
    const answer = await ask(t("share.endTitle", { name }), t("share.endText"), [
      { label: t("share.end"), value: true, kind: "bad" },
      { label: t("dialog.cancel"), value: false },
    ]);
    if (answer !== true) return;
    try {
      await this.operations.app.api.revokeLink(link.id);
      if (this.made.peek()?.id === link.id) this.made.value = undefined;
    } catch (error) {
      this.fault.value = textOf(error) || t("ops.lost");
    }
    await this.load();
  }
}

customElements.define("pl-share", SharePart);
