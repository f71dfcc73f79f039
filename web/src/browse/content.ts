// The main part of the page: bar, texts of the folder's owner, list or grid, or what went wrong.
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import "./bar.ts";
import "./grid.ts";
import "./list.ts";
import { parentOf } from "./place.ts";

export class FolderContent extends Part {
  app!: App;

  protected override render(): unknown {
    const { app } = this;
    const failure = app.folder.failure.value;
    const loading = app.folder.loading.value;
    this.setAttribute("aria-busy", String(loading));
    if (failure) return this.failure(failure.path, failure.text);
    const head = app.head.value;
    const { mode } = app.view.value.value;
    const isEmpty = app.rows.value.length === 0;
    return html`<h1 class="sr">${app.title.value}</h1>
      ${loading ? html`<progress class="loading" aria-label=${t("list.loading")}></progress>` : nothing}
      <pl-bar .app=${app}></pl-bar>
      ${this.text("shown", t("list.banner"), head?.banner)} ${this.text("prologue", undefined, head?.prologue)}
      ${isEmpty ? this.empty() : mode === "grid" ? html`<pl-grid .app=${app}></pl-grid>` : html`<pl-list .app=${app}></pl-list>`}
      ${this.text("readme", "README.md", head?.readme)} ${this.text("epilogue", undefined, head?.epilogue)}`;
  }

  private empty(): TemplateResult {
    const { may, results } = this.app;
    return html`<div class="empty-folder">
      <p>${t(results.value ? "search.none" : "list.empty")}</p>
      ${may.value.upload && !results.value ? html`<p class="lead">${t("list.emptyAdd")}</p>` : nothing}
    </div>`;
  }

  private failure(path: string, text: string): TemplateResult {
    const { app } = this;
    const parent = parentOf(path);
    return html`<div class="failed-folder" role="alert">
      <h1>${t("browse.failed")}</h1>
      <p class="lead">${text}</p>
      <p class="actions">
        <button class="btn primary" type="button" @click=${() => void app.folder.open(path)}>${t("browse.again")}</button>
        ${parent === undefined ? nothing : html`<a class="btn" href=${app.base + parent}>${t("crumbs.up")}</a>`}
      </p>
    </div>`;
  }

  /** A text of a user: always as text, never as HTML. */
  private text(id: string, title: string | undefined, content: string | undefined): unknown {
    if (content === undefined || content.trim() === "") return nothing;
    return html`<section class="doc" id=${id}>${title === undefined ? nothing : html`<h2>${title}</h2>`}<pre>${content}</pre></section>`;
  }
}

customElements.define("pl-content", FolderContent);
