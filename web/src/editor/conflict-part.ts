// Two people have changed the same text: shows both versions, and lets the person choose.
import { html } from "lit";
import { t } from "../../kit/words.ts";
import { shownTime } from "../browse/texts.ts";
import { Part } from "../parts/part.ts";
import { Comparison } from "./compare.ts";
import type { Editor } from "./editor.ts";
import { mergeBoth } from "./merge-both.ts";
import type { Session } from "./session.ts";
import type { Version } from "./text-file.ts";

class EditorConflict extends Part {
  editor!: Editor;
  session!: Session;
  private comparison: Comparison | undefined;
  /** what the comparison was made from */
  private made = "";
  private isTogether = false;
  /** the version of others in the comparison, if it is the one in which one types */
  private shownTogether: Version | undefined;

  protected override render(): unknown {
    const { session } = this;
    const theirs = session.theirs.value;
    if (!theirs) return "";
    const [wide, busy] = [this.editor.isWide.value, session.isSaving.value];
    this.compare(wide, `${theirs.lastmod} ${wide} ${this.isTogether}`);
    const button = (label: string, run: () => void, kind = ""): unknown =>
      html`<button class="btn ${kind}" type="button" ?disabled=${busy} @click=${run}>${label}</button>`;
    return html`<div class="editor-choice">
        <div>
          <h3>${t("editor.conflict.title")}</h3>
          <p>${t(this.isTogether ? "editor.conflict.togetherLead" : "editor.conflict.lead", { time: shownTime(theirs.lastmod) })}</p>
          <p class="answer bad" role="alert">${session.problem.value}</p>
        </div>
        <div class="actions">
          ${
            this.isTogether
              ? [
                  button(t("editor.conflict.saveTogether"), () => void session.save(), "primary"),
                  button(t("dialog.cancel"), () => this.together(false)),
                ]
              : [
                  button(t("editor.conflict.together"), () => this.together(true), "primary"),
                  button(t("editor.conflict.mine"), () => void session.saveOver(theirs)),
                  button(t("editor.conflict.theirs"), () => this.takeTheirs()),
                  button(t("editor.conflict.later"), () => session.chooseLater(), "quiet"),
                ]
          }
        </div>
      </div>
      <div class="editor-sides">
        ${wide ? html`<p>${t("editor.conflict.side.theirs")}</p><p>${this.ownLabel()}</p>` : html`<p>${t("editor.conflict.unified")}</p>`}
      </div>
      ${this.comparison?.element}`;
  }

  private compare(wide: boolean, from: string): void {
    const theirs = this.session.theirs.peek();
    if (this.made === from || !theirs) return;
    const { session } = this;
    this.keepMerged();
    const own = this.isTogether ? this.both(theirs) : session.pane.text;
    this.comparison?.destroy();
    this.made = from;
    this.comparison = new Comparison(
      {
        other: theirs.text,
        otherLabel: t("editor.conflict.side.theirs"),
        own,
        ownLabel: this.ownLabel(),
        isMarkdown: this.editor.isProse,
        ...(this.isTogether
          ? { save: () => void session.save(), changed: () => session.scheduleDraft() }
          : { save: undefined }),
      },
      wide,
    );
    this.shownTogether = this.isTogether ? theirs : undefined;
  }

  private ownLabel(): string {
    return t(this.isTogether ? "editor.conflict.side.both" : "editor.conflict.side.mine");
  }

  /** Returns what was made of both versions so far; at first a text with the changes of both. */
  private both(theirs: Version): string {
    const { keptMerged, common, pane } = this.session;
    return keptMerged?.theirs === theirs ? keptMerged.text : mergeBoth(theirs.text, pane.text, common);
  }

  /** Keeps what was made of both versions, for the next time that it is shown. */
  private keepMerged(): void {
    const theirs = this.shownTogether;
    if (theirs && this.comparison && this.session.theirs.peek())
      this.session.keptMerged = { theirs, text: this.comparison.text };
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>("button")?.focus();
  }

  private together(isTogether: boolean): void {
    this.isTogether = isTogether;
    this.session.merged = isTogether ? () => this.comparison?.text : undefined;
    this.requestUpdate();
    if (isTogether) void this.updateComplete.then(() => this.comparison?.focus());
  }

  private takeTheirs(): void {
    const { session } = this;
    const theirs = session.theirs.peek();
    if (!theirs) return;
    session.take(theirs);
    const action = { label: t("ops.undo"), run: () => session.pane.undo() };
    this.editor.app.notices.show({ text: t("editor.conflict.taken"), action });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.keepMerged();
    this.comparison?.destroy();
    this.comparison = undefined;
    this.session.merged = undefined;
    this.made = "";
  }
}

customElements.define("pl-editor-conflict", EditorConflict);
