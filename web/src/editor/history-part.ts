// Earlier versions of a text: shows one, and how it differs from the present text; restoring one can be undone.
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { ApiRefusal } from "../api/client.ts";
import type { VersionInfo } from "../api/types.gen.ts";
import { versionTexts } from "../operations/version-texts.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { Comparison } from "./compare.ts";
import type { Editor } from "./editor.ts";
import type { Session } from "./session.ts";
import { decodeText, NotEditable } from "./text-file.ts";

/** The chosen version as it is shown; `text` undefined: it is being loaded, or `fault` says why not. */
interface Shown {
  version: VersionInfo;
  text?: string;
  fault?: string;
}

class EditorHistory extends Part {
  editor!: Editor;
  session!: Session;
  private readonly versions = signal<readonly VersionInfo[] | undefined>(undefined);
  private readonly fault = signal("");
  private readonly shown = signal<Shown | undefined>(undefined);
  private readonly isWhole = signal(false);
  private comparison: Comparison | undefined;
  private made = "";
  private abort = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const versions = await this.editor.app.api.versions(this.session.file.path);
      this.versions.value = versions;
      const [newest] = versions;
      if (newest) void this.choose(newest);
      await this.updateComplete;
      this.querySelector<HTMLElement>("[aria-current='true'], .btn")?.focus();
    } catch (error) {
      this.fault.value = (error instanceof ApiRefusal && error.message) || t("browse.lost");
    }
  }

  private async choose(version: VersionInfo): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.shown.value = { version };
    try {
      const response = await fetch(this.editor.app.api.versionHref(this.session.file.path, version.id), { signal });
      if (!response.ok) throw new NotEditable("gone");
      const { text } = decodeText(new Uint8Array(await response.arrayBuffer()));
      if (!signal.aborted) this.shown.value = { version, text };
    } catch (error) {
      if (!signal.aborted) this.shown.value = { version, fault: faultText(error) };
    }
  }

  protected override render(): unknown {
    const versions = this.versions.value;
    const shown = this.shown.value;
    this.compare(shown);
    return html`<div class="editor-choice">
        <div>
          <h3>${t("editor.history")}</h3>
          <p>${shown?.text === undefined ? t("editor.historyLead") : t("editor.historyShown", { time: this.timeOf(shown.version) })}</p>
        </div>
        <div class="actions">
          <button class="btn" type="button" @click=${() => this.editor.back()}>${icon("left")} ${t("editor.backToText")}</button>
          <button class="btn primary" type="button" ?disabled=${shown?.text === undefined} @click=${() => this.restore(shown)}>${t("editor.restore")}</button>
        </div>
      </div>
      <div class="editor-versions">
        ${this.list(versions, shown)}
        <div class="editor-version">${shown ? this.version(shown) : nothing}</div>
      </div>`;
  }

  private timeOf(version: VersionInfo): string {
    return versionTexts(this.versions.peek() ?? []).time(version);
  }

  private list(versions: readonly VersionInfo[] | undefined, shown: Shown | undefined): TemplateResult {
    const fault = this.fault.value;
    if (fault !== "") return html`<p class="note bad" role="alert">${fault}</p>`;
    if (!versions) return html`<progress aria-label=${t("list.loading")}></progress>`;
    if (versions.length === 0) return html`<p class="note">${t("versions.none")}</p>`;
    const texts = versionTexts(versions);
    return html`<ul class="scrolls" aria-label=${t("editor.history")}>
      ${versions.map((version) => {
        return html`<li>
          <button type="button" aria-current=${shown?.version.id === version.id} @click=${() => void this.choose(version)}>
            <b>${texts.time(version)}</b><small>${size(version.size)} · ${texts.how(version)}</small>
          </button>
        </li>`;
      })}
    </ul>`;
  }

  private version(shown: Shown): TemplateResult {
    if (shown.fault) return html`<p class="note" role="status">${shown.fault}</p>`;
    if (shown.text === undefined) return html`<progress aria-label=${t("list.loading")}></progress>`;
    const isWhole = this.isWhole.value;
    const isSame = shown.text === this.session.pane.text;
    const set = (whole: boolean): void => {
      this.isWhole.value = whole;
    };
    return html`<div class="editor-sides">
        <div class="segmented" role="group" aria-label=${t("editor.views")}>
          <button type="button" aria-pressed=${!isWhole} @click=${() => set(false)}>${t("editor.differences")}</button>
          <button type="button" aria-pressed=${isWhole} @click=${() => set(true)}>${t("editor.wholeVersion")}</button>
        </div>
        ${isWhole ? nothing : html`<p>${isSame ? t("editor.noDifference") : t("editor.differencesLead")}</p>`}
      </div>
      ${isSame && !isWhole ? nothing : this.comparison?.element}`;
  }

  private compare(shown: Shown | undefined): void {
    const isWhole = this.isWhole.value;
    const from = shown?.text === undefined ? "" : `${shown.version.id} ${isWhole}`;
    if (this.made === from) return;
    this.made = from;
    this.comparison?.destroy();
    this.comparison = undefined;
    if (!shown || shown.text === undefined) return;
    const label = t("editor.versionOf", { time: this.timeOf(shown.version) });
    const own = isWhole ? shown.text : this.session.pane.text;
    const sides = { other: shown.text, otherLabel: label, own, isMarkdown: this.editor.isProse, save: undefined };
    this.comparison = new Comparison({ ...sides, ownLabel: isWhole ? label : t("editor.present") }, false, isWhole);
  }

  /** Puts the version into the text and saves it. The present text becomes a version; "Undo" brings it back. */
  private restore(shown: Shown | undefined): void {
    const { editor, session } = this;
    if (shown?.text === undefined) return;
    const before = session.pane.text;
    session.pane.setText(shown.text);
    editor.inHistory.value = false;
    const undo = (): void => {
      session.pane.setText(before);
      void session.save();
    };
    void session.save().then((isSaved) => {
      if (!isSaved) return;
      const text = t("editor.restored", { time: this.timeOf(shown.version) });
      editor.app.notices.show({ text, action: { label: t("ops.undo"), run: undo } });
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.abort.abort();
    this.comparison?.destroy();
  }
}

function faultText(error: unknown): string {
  if (!(error instanceof NotEditable)) return t("browse.lost");
  return t(error.why === "gone" ? "editor.versionGone" : "editor.versionOdd");
}

customElements.define("pl-editor-history", EditorHistory);
