// The Shares pane: the list of shared folders, replaced by the editor while a share is edited.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Share, ShareDraft } from "../../../web/kit/types.gen.ts";
import { draftOf, newShare } from "../drafts.ts";
import { empty } from "../fields.ts";
import { Pane } from "../pane.ts";
import { indexWords, shareName, shareWords } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import { problemsOf } from "./problems.ts";
import type { OnClose } from "./share-editor.ts";
import "./share-editor.ts";

interface Editing {
  was: Share | undefined;
  draft: ShareDraft;
}

/** Detail from another pane: share a folder (empty: not chosen yet), or continue editing. */
type Detail = { folder: string } | Editing;

export class SharesPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["shares", "overview", "indexes"];
  private editing: Editing | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const detail = this.detail as Detail | undefined;
    if (!detail) return;
    if ("folder" in detail) this.add(detail.folder);
    else this.editing = detail;
  }

  protected override render(): unknown {
    const { editing } = this;
    if (editing) {
      return html`<pl-share-editor
        .store=${this.store}
        .frame=${this.frame}
        .was=${editing.was}
        .initial=${editing.draft}
        .onClose=${this.closeEditor}
      ></pl-share-editor>`;
    }
    const shares = this.store.get("shares");
    if (!shares) return this.pending("shares");
    return html`<div class="head">
        <h1>${t("pane.shares")}</h1>
        ${shares.length > 0 ? this.addButton() : nothing}
      </div>
      ${problemsOf("shares", this.store.get("overview"), this.frame)}
      ${
        shares.length === 0
          ? empty(t("shares.empty"), t("shares.empty.text"), this.addButton())
          : html`<ul class="rows">${repeat(
              shares,
              ({ mount }) => mount,
              (share) => this.row(share),
            )}</ul>`
      }`;
  }

  private addButton(): TemplateResult {
    return html`<button class="btn primary" type="button" @click=${() => this.add("")}>
      <span class="i i-plus"></span>${t("shares.add")}
    </button>`;
  }

  private row(share: Share): TemplateResult {
    const name = shareName(share.mount);
    return html`<li class="row ${share.on ? "" : "off"}">
      <input
        type="checkbox"
        role="switch"
        aria-label=${t("share.switch", { name })}
        .checked=${share.on}
        @change=${(event: Event) => this.turn(share, event.target as HTMLInputElement)}
      />
      <div class="row-text">
        <h2>${name}</h2>
        <p>${share.on ? shareWords(share) : t("share.off", { words: shareWords(share) })}</p>
        <p class="quiet ${share.is_there ? "" : "missing"}">
          ${share.is_there ? html`<bdi class="mono">${share.folder}</bdi>` : html`<span class="i i-alert"></span>${t("share.missing", { folder: share.folder })}`}
        </p>
        ${this.indexState(share)}
      </div>
      <div class="row-actions">
        ${
          this.native && share.is_there
            ? html`<button class="btn quiet" type="button" @click=${() => this.callNative((native) => native.openPath(share.folder))}>
                ${t("share.open")}
              </button>`
            : nothing
        }
        <button
          class="btn"
          type="button"
          id="edit-${share.mount}"
          aria-label=${t("share.edit", { name })}
          @click=${() => this.edit(share)}
        >
          ${t("edit")}
        </button>
      </div>
    </li>`;
  }

  /** What the index holds or is doing; nothing without one, or while the row says that its disk is missing. */
  private indexState({ mount, on, is_there }: Share): unknown {
    const index = this.store.get("indexes")?.find((one) => one.mount === mount);
    if (!index || !on || !is_there || index.state.is === "off") return nothing;
    return html`<p class="quiet ${index.state.is === "failed" ? "missing" : ""}">${indexWords(index)}</p>`;
  }

  private async turn(share: Share, box: HTMLInputElement): Promise<void> {
    const done = await this.tryAsk({ call: "switch_share", mount: share.mount, on: box.checked });
    // Refused: reset the switch to the actual state.
    if (!done) box.checked = share.on;
  }

  private add(folder: string): void {
    const taken = (this.store.get("shares") ?? []).map(({ mount }) => mount);
    this.editing = { was: undefined, draft: newShare(folder, taken, this.native !== null) };
    this.requestUpdate();
    window.scrollTo(0, 0);
  }

  private edit(share: Share): void {
    this.editing = { was: share, draft: draftOf(share) };
    this.requestUpdate();
    window.scrollTo(0, 0);
  }

  private readonly closeEditor: OnClose = (mount) => {
    this.editing = undefined;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const button =
        document.getElementById(`edit-${mount}`) ?? this.querySelector<HTMLElement>(".head .primary, .empty .primary");
      button?.focus();
    });
  };
}

customElements.define("pl-shares", SharesPane);
