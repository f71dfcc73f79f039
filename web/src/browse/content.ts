// The main part of the page: bar, texts of the folder's owner, list or grid, or what went wrong.
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import type { FolderHead, Logue, MarkdownPlugins } from "../api/types.gen.ts";
import { Part } from "../parts/part.ts";
import { loadStyle } from "../parts/style.ts";
import { isHandheld } from "../uploads/choosers.ts";
import type { App } from "./app.ts";
import "./bar.ts";
import { readmes } from "./choices.ts";
import { focusList } from "./focus.ts";
import type { Failure } from "./folder-store.ts";
import "./grid.ts";
import "./list.ts";
import { parentOf } from "./place.ts";

export class FolderContent extends Part {
  app!: App;
  /** whether the list had the focus until its folder was left */
  private hadFocus = false;
  private readonly frames = new Map<string, { base: string; text: string; element: HTMLElement }>();

  protected override render(): unknown {
    const { app } = this;
    const failure = app.folder.failure.value;
    const loading = app.folder.loading.value;
    const isOpening = app.opening.value > 0;
    this.setAttribute("aria-busy", String(loading));
    if (failure) return this.failure(failure);
    const head = app.head.value;
    const { mode } = app.view.value.value;
    const searching = app.search.question.value !== undefined;
    const isEmpty = app.rows.value.length === 0;
    return html`<h1 class="sr">${app.title.value}</h1>
      ${loading || isOpening ? html`<progress class="loading" aria-label=${t("list.loading")}></progress>` : nothing}
      <pl-bar .app=${app}></pl-bar>
      ${searching ? nothing : this.above(head)}
      ${isEmpty ? this.empty() : mode === "grid" ? html`<pl-grid .app=${app}></pl-grid>` : html`<pl-list .app=${app}></pl-list>`}
      ${searching ? nothing : [this.readme("readme", head?.readme_name, head?.readme_html, head?.readme_plugins), this.logue("epilogue", t("list.epilogue"), head?.epilogue)]}`;
  }

  private empty(): TemplateResult {
    const { may, search } = this.app;
    if (search.question.value) return this.nothingFound();
    return html`<div class="empty-folder" tabindex="-1">
      <p>${t("list.empty")}</p>
      ${may.value.upload ? html`<p class="lead">${t(isHandheld() ? "list.emptyTouch" : "list.emptyAdd")}</p>` : nothing}
    </div>`;
  }

  private nothingFound(): TemplateResult {
    const { failure, running } = this.app.search;
    if (failure.value) {
      const { is_admin = false } = this.app.session.value ?? {};
      const settings = `${this.app.base}/.potluck/admin/`;
      return html`<div class="empty-folder" tabindex="-1" role="alert">
        <p>${failure.value.text}</p>
        ${failure.value.noIndex && is_admin ? html`<p><a class="btn" href=${settings}>${t("search.settings")}</a></p>` : nothing}
      </div>`;
    }
    return html`<div class="empty-folder" tabindex="-1"><p>${t(running.value ? "search.running" : "search.none")}</p></div>`;
  }

  private failure({ path, below, text }: Failure): TemplateResult {
    const { app } = this;
    const parent = parentOf(path);
    return html`<div class="failed-folder" role="alert">
      <h1>${t("browse.failed")}</h1>
      <p class="lead">${text}</p>
      <p class="actions">
        <button class="btn primary" type="button" @click=${() => void app.folder.open(path, below)}>${t("browse.again")}</button>
        ${parent === undefined ? nothing : html`<a class="btn" href=${app.base + parent}>${t("crumbs.up")}</a>`}
      </p>
    </div>`;
  }

  /** The texts above the list. */
  private above(head: FolderHead | undefined): unknown {
    return [
      this.text("shown", t("list.banner"), head?.banner),
      this.logue("prologue", t("list.prologue"), head?.prologue),
      this.readme("preadme", head?.preadme_name, head?.preadme_html, head?.preadme_plugins),
    ];
  }

  protected override updated(): void {
    this.setInert(this.app.isStale.value);
    const head = this.app.head.value;
    if (head?.readme_html ?? head?.preadme_html) void loadStyle("markdown.css");
  }

  /** Rows and texts of a folder that was left cannot be used. The list that had the focus has it again once other rows are there. */
  private setInert(isStale: boolean): void {
    if (isStale && this.querySelector("pl-list :focus, pl-grid :focus")) this.hadFocus = true;
    for (const child of this.querySelectorAll(":scope > :not(pl-bar, .loading)"))
      child.toggleAttribute("inert", isStale);
    if (isStale || !this.hadFocus) return;
    this.hadFocus = false;
    void focusList(this.app);
  }

  /** A prologue or epilogue: in a frame of its own origin without script, or as text. */
  private logue(id: string, title: string, content: Logue | undefined): unknown {
    if (content === undefined) return nothing;
    if (content.kind === "text") return this.text(id, undefined, content.text);
    return html`<iframe
      class="logue"
      id=${id}
      title=${title}
      sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
      loading="lazy"
      src=${content.href}
      height=${content.height}
    ></iframe>`;
  }

  /** A readme. The server has sanitised it. */
  private readme(id: string, name = "", content: string | undefined, plugins: MarkdownPlugins | undefined): unknown {
    if (content === undefined || !readmes.value) return nothing;
    const title = html`<h2><bdi>${name}</bdi></h2>`;
    if (plugins) return html`<section class="doc" id=${id}>${title}${this.framed(id, content, plugins)}</section>`;
    return html`<section class="doc" id=${id}>${title}<div class="md" dir="auto" .innerHTML=${content}></div></section>`;
  }

  /** A readme with plugins. Its element stays as long as the text does, so that the frame in it is not loaded again; a frame that was away is a new one. */
  private framed(id: string, content: string, plugins: MarkdownPlugins): HTMLElement {
    const base = new URL(this.app.base + this.app.path.value, location.href).href;
    const known = this.frames.get(id);
    const isSame = known?.base === base && known.text === plugins.text;
    if (isSame && known.element.isConnected) return known.element;
    const element = document.createElement("div");
    const article = document.createElement("div");
    article.className = "md";
    article.dir = "auto";
    article.innerHTML = content;
    element.append(article);
    this.frames.set(id, { base, text: plugins.text, element });
    void import("../parts/plugins.ts").then(({ PluginFrame }) => new PluginFrame(article, { ...plugins, base }));
    return element;
  }

  /** A text of a user: always as text, never as HTML. */
  private text(id: string, title: string | undefined, content: string | undefined): unknown {
    if (content === undefined || content.trim() === "") return nothing;
    return html`<section class="doc" id=${id}>${title === undefined ? nothing : html`<h2>${title}</h2>`}<pre>${content}</pre></section>`;
  }
}

customElements.define("pl-content", FolderContent);
