// The frame of the editor over the page: name and state, tools, text and preview, what has to be decided, and figures below.
import { effect } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { keepFocus } from "../browse/cover.ts";
import { showKeys } from "../browse/keys.ts";
import { clockTime } from "../browse/texts.ts";
import { keepNoticesAbove } from "../parts/covered.ts";
import { icon } from "../parts/icon.ts";
import { type MenuItem, openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import type { Editor, View } from "./editor.ts";
import { endingName } from "./line-endings.ts";
import { notesOf } from "./notes.ts";
import type { Session } from "./session.ts";
import { formatTools, nonAscii } from "./tools.ts";

/** What Tab reaches. */
const REACHED = "a[href], button:not([disabled]), input, select, .editor-pane, [tabindex='0']";

export class EditorOverlay extends Part {
  editor!: Editor;
  private stopLoading = (): void => {};
  private shownFoot: HTMLElement | undefined;
  private stopKeeping = (): void => {};

  constructor() {
    super();
    this.className = "editor";
    this.tabIndex = -1;
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-modal", "true");
    this.addEventListener("keydown", (event) => keepFocus(this, event, REACHED));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // What compares versions is loaded when something is compared.
    this.stopLoading = effect(() => {
      const { app, session, inHistory } = this.editor;
      const lost = (): void => app.notices.show({ text: t("browse.lost"), bad: true });
      if (session.value?.theirs.value) import("./conflict-part.ts").catch(lost);
      if (inHistory.value) import("./history-part.ts").catch(lost);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopLoading();
    this.stopKeeping();
  }

  /** Gives the focus to the text, once it is drawn. */
  async focusText(): Promise<void> {
    await this.updateComplete;
    this.editor.session.peek()?.pane.focus();
  }

  protected override updated(): void {
    const foot = this.querySelector<HTMLElement>(".editor-foot") ?? undefined;
    if (foot !== this.shownFoot) {
      this.stopKeeping();
      this.shownFoot = foot;
      if (foot) this.stopKeeping = keepNoticesAbove(foot);
    }
    // What had the focus is gone: a choice that was made.
    if (document.activeElement !== document.body) return;
    if (this.querySelector(".editor-room > .editor-pane")) void this.focusText();
    else this.focus({ preventScroll: true });
  }

  protected override render(): unknown {
    const { editor } = this;
    const name = shownName(editor.name);
    this.setAttribute("aria-label", t("editor.label", { name }));
    const session = editor.session.value;
    const isDeciding = session?.theirs.value !== undefined || editor.inHistory.value;
    return html`<div class="editor-top">
        <button class="icon" type="button" aria-label=${t("editor.close")} title=${t("editor.close")} @click=${() => void editor.close()}>
          ${icon("x")}
        </button>
        <h2><bdi>${name}</bdi><small role="status" class=${session ? stateClass(session) : ""}>${session ? stateText(session) : ""}</small></h2>
        ${session && !isDeciding ? this.tools(session) : nothing}
      </div>
      ${session && !isDeciding ? this.secondLine(session) : nothing}
      <div class="editor-notes">${session ? notesOf(editor, session) : nothing}</div>
      ${session ? this.room(session) : this.waiting()} ${session && !isDeciding ? this.foot(session) : nothing}`;
  }

  private waiting(): TemplateResult {
    const { editor } = this;
    if (!editor.isLost.value)
      return html`<div class="editor-wait"><progress aria-label=${t("list.loading")}></progress></div>`;
    return html`<div class="editor-wait">
      <p class="note bad" role="alert">${t("browse.lost")}</p>
      <button class="btn" type="button" @click=${() => void editor.load()}>${t("browse.again")}</button>
    </div>`;
  }

  private tools(session: Session): TemplateResult {
    const { editor } = this;
    const isSaved = !session.isDirty.value && session.remote.value !== "gone";
    return html`${editor.preview.value && editor.isWide.value ? this.views(["text", "both", "preview"]) : nothing}
      <button class="tool wide-only" type="button" title="${t("text.find")} (Ctrl+F)" @click=${() => editor.find()}>
        ${icon("search")}<span>${t("text.find")}</span>
      </button>
      <button class="tool wide-only" type="button" @click=${() => this.history()}>${icon("versions")}<span>${t("action.versions")}</span></button>
      <button
        class="btn primary"
        type="button"
        title="${t("editor.save")} (Ctrl+S)"
        ?disabled=${isSaved || session.isSaving.value}
        @click=${() => editor.saveByKey()}
      >
        ${t("editor.save")}
      </button>
      <button class="icon" type="button" aria-haspopup="menu" aria-label=${t("row.more")} title=${t("row.more")} @click=${(event: Event) => this.more(event)}>
        ${icon("more")}
      </button>`;
  }

  private history(): void {
    this.editor.inHistory.value = true;
  }

  private views(views: readonly View[]): TemplateResult {
    const { editor } = this;
    return html`<div class="segmented editor-views" role="group" aria-label=${t("editor.views")}>
      ${views.map(
        (view) =>
          html`<button type="button" aria-pressed=${editor.view.value === view} @click=${() => editor.setView(view)}>${t(`editor.view.${view}`)}</button>`,
      )}
    </div>`;
  }

  /** Of Markdown: tabs on phones, and what the toolbar inserts. */
  private secondLine(session: Session): unknown {
    const { editor } = this;
    if (!editor.preview.value) return nothing;
    const tabs = editor.isWide.value
      ? nothing
      : html`<div class="editor-tabs">${this.views(["text", "preview"])}</div>`;
    if (editor.view.value === "preview") return tabs;
    return html`${tabs}
      <div class="editor-format" role="group" aria-label=${t("editor.format")}>
        ${formatTools(editor).map(
          ({ label, icon: name, hint, command }) =>
            html`<button class="tool" type="button" title=${hint ? `${label} (${hint})` : label} @click=${() => session.pane.run(command)}>
              ${icon(name)}<span>${label}</span>
            </button>`,
        )}
      </div>`;
  }

  private more(event: Event): void {
    const { editor } = this;
    const session = editor.session.peek();
    if (!session) return;
    const isProse = editor.isProse;
    const narrow: MenuItem[] = [
      { label: t("text.find"), icon: "search", hint: "Ctrl+F", run: () => editor.find() },
      { label: t("action.versions"), icon: "versions", run: () => this.history() },
    ];
    openMenu(event.currentTarget as Element, t("row.more"), [
      ...(matchMedia("(max-width: 860px)").matches ? narrow : []),
      ...(isProse
        ? []
        : [
            {
              label: t("text.wrap"),
              checked: editor.wraps.peek(),
              run: () => {
                editor.wraps.value = !editor.wraps.peek();
              },
            },
          ]),
      {
        label: t("editor.nonAscii"),
        hint: "Ctrl+U",
        run: () => session.pane.run(nonAscii(editor)),
      },
      { label: t("keys.title"), icon: "keyboard", run: () => showKeys(editor.app) },
      { label: t("viewer.original"), icon: "open", href: editor.app.api.href(session.file.path), separated: true },
    ]);
  }

  private room(session: Session): TemplateResult {
    const { editor } = this;
    const theirs = session.theirs.value;
    if (theirs)
      return html`<pl-editor-conflict class="editor-room" .editor=${editor} .session=${session}></pl-editor-conflict>`;
    if (editor.inHistory.value)
      return html`<pl-editor-history class="editor-room" .editor=${editor} .session=${session}></pl-editor-history>`;
    const [view, preview] = [editor.view.value, editor.preview.value];
    return html`<div class="editor-room view-${view}">
      ${view === "preview" ? nothing : session.pane.element} ${view !== "text" && preview ? preview.element : nothing}
    </div>`;
  }

  private foot(session: Session): TemplateResult {
    const { editor } = this;
    const [{ words, characters }, { line, column }] = [editor.counts.value, editor.place.value];
    const ending = endingName(session.base.ending);
    return html`<div class="editor-foot">
      <span>${t("editor.words", { n: words })}</span>
      <span>${t("editor.characters", { n: characters })}</span>
      <span class="place">${t("editor.place", { line, column })}</span>
      <span>${ending === "mixed" ? t("editor.mixedEnds") : ending}</span>
      <span>UTF-8</span>
    </div>`;
  }
}

function stateText(session: Session): string {
  if (session.isSaving.value) return t("editor.saving");
  if (session.problem.value !== "") return t("editor.notSaved");
  if (session.isDirty.value) return t("editor.unsaved");
  const at = session.savedAt.value;
  return at === undefined ? t("editor.saved") : t("editor.savedAt", { time: clockTime(at) });
}

function stateClass(session: Session): string {
  if (session.problem.value !== "") return "bad";
  return session.isDirty.value ? "unsaved" : "";
}

customElements.define("pl-editor", EditorOverlay);
