// The Links pane: share links and file requests.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { HostFile, Link, LinkDraft } from "../../../web/kit/types.gen.ts";
import { linkDraftOf, newLink } from "../drafts.ts";
import "../elements/copy.ts";
import { confirmDialog } from "../elements/confirm.ts";
import { empty } from "../fields.ts";
import { Pane } from "../pane.ts";
import { linkName, linkWords } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import "./link-dialog.ts";

type Open =
  | { is: "edit"; was: Link | undefined; draft: LinkDraft; files: readonly HostFile[] }
  | { is: "show"; link: Link }
  | { is: "revoke"; link: Link };

/** Detail from another pane: create a link to a target or to files, or a file request for a folder. */
interface Detail {
  show?: string;
  files?: readonly HostFile[];
  request?: string;
}

export class LinksPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["links", "shares"];
  private opened: Open | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const detail = this.detail as Detail | undefined;
    if (detail?.show !== undefined) this.make("show", detail.show);
    if (detail?.files !== undefined) this.make("show", "", detail.files);
    if (detail?.request !== undefined) this.make("request", detail.request);
  }

  private open(opened: Open | undefined): void {
    this.opened = opened;
    this.requestUpdate();
  }

  private make(kind: Link["kind"], target: string, files: readonly HostFile[] = []): void {
    this.open({ is: "edit", was: undefined, draft: newLink(kind, target), files });
  }

  protected override render(): unknown {
    const links = this.store.get("links");
    if (!links) return this.pending("links");
    const buttons = html`<span class="actions">
      <button class="btn" type="button" @click=${() => this.make("show", "")}>
        <span class="i i-link"></span>${t("links.show")}
      </button>
      <button class="btn primary" type="button" @click=${() => this.make("request", "")}>
        <span class="i i-inbox"></span>${t("links.request")}
      </button>
    </span>`;
    return html`<div class="head">
        <h1>${t("pane.links")}</h1>
        ${links.length > 0 ? buttons : nothing}
      </div>
      ${
        links.length === 0
          ? empty(t("links.empty"), t("links.empty.text"), buttons)
          : html`<ul class="rows">${repeat(
              links,
              ({ id }) => id,
              (link) => this.row(link),
            )}</ul>`
      }
      ${this.dialog()}`;
  }

  private row(link: Link): TemplateResult {
    const title = linkName(link);
    const works = link.state === "works";
    const isOver = link.state === "expired" || link.state === "used_up";
    const shows = link.may === "look" ? "link.show.look" : "link.show.more";
    const does = link.kind === "request" ? "link.into" : shows;
    return html`<li class="row ${works ? "" : "off"}">
      <span class="i ${link.kind === "request" ? "i-inbox" : "i-link"}"></span>
      <div class="row-text">
        <h2>${title} ${link.state === "works" ? nothing : html`<span class="badge">${t(`link.${link.state}`)}</span>`}</h2>
        <p>${link.files.length > 0 ? t("link.show.files", { n: link.files.length }) : t(does, { target: link.target })}</p>
        <p class="quiet">${linkWords(link)}</p>
      </div>
      <div class="row-actions">
        <button class="btn quiet" type="button" aria-label=${t("link.end.name", { name: title })} @click=${() => this.open({ is: "revoke", link })}>
          ${t("link.end")}
        </button>
        <button class="btn quiet" type="button" aria-label=${t(isOver ? "link.renew.name" : "link.edit.name", { name: title })} @click=${() => this.open({ is: "edit", was: link, draft: linkDraftOf(link), files: [] })}>
          ${t(isOver ? "link.renew" : "edit")}
        </button>
        ${
          works
            ? html`<button class="btn" type="button" aria-label=${t("link.code.name", { name: title })} @click=${() => this.open({ is: "show", link })}>
                ${t("link.code")}
              </button>`
            : nothing
        }
      </div>
    </li>`;
  }

  private dialog(): unknown {
    const { opened } = this;
    const close = (): void => this.open(undefined);
    if (!opened) return nothing;
    if (opened.is === "revoke") {
      const { link } = opened;
      return confirmDialog({
        title: t("link.end.ask", { name: linkName(link) }),
        text: t("link.end.text"),
        yes: t("link.end"),
        act: () => void this.revoke(link),
        close,
      });
    }
    return html`<pl-link-dialog
      .store=${this.store}
      .frame=${this.frame}
      .was=${opened.is === "edit" ? opened.was : undefined}
      .made=${opened.is === "show" ? opened.link : undefined}
      .initial=${opened.is === "edit" ? opened.draft : undefined}
      .files=${opened.is === "edit" ? opened.files : []}
      .onClose=${close}
    ></pl-link-dialog>`;
  }

  private async revoke(link: Link): Promise<void> {
    if (!(await this.tryAsk({ call: "revoke_link", id: link.id }))) return;
    // A link to single files cannot be recreated from its target: its volume was removed with it.
    if (link.files.length > 0) return this.frame.notify(t("link.ended"));
    const draft = linkDraftOf(link);
    // The old address cannot be restored, and the server does not reveal the PIN: offer a new link with the same settings.
    const again = (): void =>
      this.open({
        is: "edit",
        was: undefined,
        files: [],
        draft: { ...draft, pin: { is: link.has_pin ? "new" : "none", pin: "" } },
      });
    this.frame.notify(t("link.ended"), { label: t("link.again"), press: again });
  }
}

customElements.define("pl-links", LinksPane);
