// The share editor: folder, access, expiry and limits, with a preview of what others see.
import { html, nothing, type TemplateResult } from "lit";
import type { FaultAt, May, Preview, Share, ShareDraft, Viewer, Who } from "../../../web/kit/types.gen.ts";
import { DebouncedQuery } from "../debounced.ts";
import { faultAt, faultsElsewhere, suggestMount } from "../drafts.ts";
import { confirmDialog } from "../elements/confirm.ts";
import { sentenceOf } from "../errors.ts";
import { momentOf, type Until, untilOf } from "../expiry.ts";
import { type Choice, check, errorNote, radios } from "../fields.ts";
import { LIMITS, type LimitTexts, limitFaults, limitsOf, limitTexts } from "../limits.ts";
import { Pane } from "../pane.ts";
import { rightsWords } from "../rights.ts";
import { shareName } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import "./person-dialog.ts";
import { limitsField, locationFields } from "./share-fields.ts";
import { commandLine, sharePreview, warnings } from "./share-preview.ts";
import { linesOf, rulesField } from "./share-rules.ts";
import "./share-index.ts";
import { untilField } from "./until.ts";

/** Called when the editor closes; `mount`: the mount point of the share, "" if it was removed or not created. */
export type OnClose = (mount: string) => void;

interface Question {
  was: string | null;
  share: ShareDraft;
  viewer: Viewer;
}

const FIELDS = ["folder", "mount", "who", "may", "until_ms", "rules", ...LIMITS];

export class ShareEditor extends Pane {
  protected override readonly topics: readonly Topic[] = ["people", "shares"];
  /** The share that is edited; undefined: a new one. */
  was: Share | undefined;
  /** Initial draft. The host sets it on every render, so edits are kept in `draft`. */
  initial!: ShareDraft;
  onClose!: OnClose;
  private draft!: ShareDraft;
  /** The draft as JSON when the editor was opened, to detect changes. */
  private opened = "";
  private isClosed = false;

  private names = new Set<string>();
  private until!: Until;
  /** Expiry fixed at the time of the choice: "1 day" must not move while the editor is open. */
  private untilMs: number | null | undefined;
  private written!: LimitTexts;
  /** Rights and flags as text; undefined: the form's choices are used. */
  private rules: string | undefined;
  /** The user entered the address; it no longer follows the folder. */
  private mountIsOwn = false;
  /** Fields that the user has edited; only these show errors before saving. */
  private readonly touched = new Set<string>();
  private preview: Preview | undefined;
  private previewedQuestion = "";
  /** The query whose preview was rendered last. */
  private drawnQuestion = "";
  /** Why the preview failed; empty: no error. */
  private previewError = "";
  private viewer: Viewer = { is: "guest" };
  private addsPerson = false;
  /** The folder does not exist, and the user is asked whether to create it. */
  private asksFolder = false;

  private readonly previewQuery = new DebouncedQuery<Question, Preview>(
    (question) => this.store.ask({ call: "preview_share", ...question }),
    (preview, question) => {
      this.preview = preview;
      this.previewedQuestion = JSON.stringify(question);
      this.previewError = "";
      this.requestUpdate();
    },
    (reason) => {
      this.previewError = sentenceOf(reason);
      this.requestUpdate();
    },
  );

  override connectedCallback(): void {
    super.connectedCallback();
    const draft = this.initial;
    this.draft = draft;
    if (draft.who.is === "people") this.names = new Set(draft.who.names);
    this.rules = draft.rules?.join("\n");
    this.until = untilOf(draft.until_ms);
    this.untilMs = draft.until_ms;
    this.written = limitTexts(draft.limits);
    this.mountIsOwn = this.was !== undefined;
    this.viewer = this.usualViewer(draft.who);
    this.opened = JSON.stringify(this.currentDraft());
    this.requestPreview();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.previewQuery.forget();
    const { was } = this;
    const draft = this.currentDraft();
    if (this.isClosed || JSON.stringify(draft) === this.opened) return;
    // Leaving the pane must not lose the draft: offer to continue editing.
    const goOn = (): void => this.frame.go("shares", { was, draft });
    this.frame.notify(t("editor.left"), { label: t("editor.goOn"), press: goOn });
  }

  private close(mount: string): void {
    this.isClosed = true;
    this.onClose(mount);
  }

  /** Scrolls a new preview to the edited share. */
  protected override updated(): void {
    if (this.previewedQuestion === this.drawnQuestion) return;
    this.drawnQuestion = this.previewedQuestion;
    const tree = this.querySelector<HTMLElement>(".tree");
    const here = tree?.querySelector<HTMLElement>(".here");
    if (tree && here) tree.scrollTop += here.getBoundingClientRect().top - tree.getBoundingClientRect().top;
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>("h1")?.focus();
  }

  /** Returns the viewer for whom the preview is most useful. */
  private usualViewer(who: Who): Viewer {
    const [name] = this.names;
    if (who.is === "people" && name !== undefined) return { is: "person", name };
    return { is: who.is === "only_me" ? "invited" : "guest" };
  }

  /** Returns the draft with all form fields applied. */
  private currentDraft(): ShareDraft {
    const { draft } = this;
    const who: Who = draft.who.is === "people" ? { is: "people", names: [...this.names].sort() } : draft.who;
    const limits = limitsOf(this.written);
    return { ...draft, who, limits, until_ms: this.untilMs ?? null, rules: linesOf(this.rules) };
  }

  /** Returns the errors that can be found without the server. */
  private ownFaults(): FaultAt[] {
    if (this.rules !== undefined) return [];
    const faults = limitFaults(this.written);
    if (this.untilMs === undefined) faults.push({ at: "until_ms", sentence: t("fault.date") });
    if (this.draft.who.is === "people" && this.names.size === 0)
      faults.push({ at: "who", sentence: t("fault.people") });
    return faults;
  }

  private fault(field: string): string {
    const own = faultAt(this.ownFaults(), field);
    const seen = this.touched.has(field) ? own || faultAt(this.preview?.faults ?? [], field) : "";
    return seen || faultAt(this.faults, field);
  }

  private question(): Question {
    return { was: this.was?.mount ?? null, share: this.currentDraft(), viewer: this.viewer };
  }

  private requestPreview(): void {
    this.previewQuery.schedule(this.question());
  }

  private changed(field: string, change: Partial<ShareDraft> = {}): void {
    this.draft = { ...this.draft, ...change };
    this.touched.add(field);
    // The error belongs to the previous value.
    this.faults = this.faults.filter(({ at }) => at !== field && !at.endsWith(`.${field}`));
    this.error = "";
    this.requestPreview();
    this.requestUpdate();
  }

  protected override render(): unknown {
    const name = this.was ? shareName(this.was.mount) : "";
    const serious = this.preview?.warnings.some(({ is_serious }) => is_serious) ?? false;
    return html`<form class="editor" novalidate @submit=${this.save}>
        <div class="head">
          <button class="btn quiet back" type="button" @click=${this.cancel}>
            <span class="i i-back"></span>${t("pane.shares")}
          </button>
          <h1 tabindex="-1">${this.was ? t("editor.title", { name }) : t("editor.new")}</h1>
        </div>
        <div class="columns">
          <div class="questions">
            ${this.location()} ${warnings(this.preview)}
            ${this.rules === undefined ? [this.who(), this.may(), this.howLong(), this.limits(), this.index()] : nothing}
            ${rulesField({
              text: this.rules,
              begin: this.preview?.rules ?? [],
              fault: this.fault("rules"),
              change: (text) => {
                this.rules = text;
                this.changed("rules");
              },
            })}
            ${
              this.was
                ? html`<button class="btn quiet remove" type="button" ?disabled=${this.busy} @click=${this.removeShare}>
                    ${t("editor.remove")}
                  </button>`
                : nothing
            }
          </div>
          <div class="side">
            ${sharePreview({
              preview: this.preview,
              error: this.previewError,
              again: () => this.requestPreview(),
              isOld: this.previewedQuestion !== JSON.stringify(this.question()),
              viewer: this.viewer,
              people: (this.store.get("people")?.people ?? []).map((one) => one.name),
              choose: (viewer) => {
                this.viewer = viewer;
                this.requestPreview();
                this.requestUpdate();
              },
              native: this.native,
            })}
            ${commandLine(this.preview, this.native)}
          </div>
        </div>
        ${errorNote(this.error, faultsElsewhere(this.faults, FIELDS))}
        <div class="bar sticks">
          <button class="btn primary" type="submit" ?disabled=${this.busy}>
            ${serious ? t("editor.saveAnyway") : this.was ? t("save") : t("editor.share")}
          </button>
          <button class="btn" type="button" @click=${this.cancel}>${t("cancel")}</button>
        </div>
      </form>
      ${this.addsPerson ? this.personDialog() : nothing} ${this.asksFolder ? this.folderDialog() : nothing}`;
  }

  private location(): TemplateResult {
    return locationFields({
      draft: this.draft,
      base: this.store.get("overview")?.addresses[0]?.url ?? "http://…/",
      pick: this.native ? this.pick : undefined,
      fault: (name) => this.fault(name),
      setFolder: (folder) => this.setFolder(folder),
      write: (mount) => {
        this.mountIsOwn = true;
        this.changed("mount", { mount });
      },
      leave: (mount) => this.changed("mount", { mount: mount.startsWith("/") ? mount : `/${mount}` }),
    });
  }

  private setFolder(folder: string): void {
    const taken = (this.store.get("shares") ?? []).map(({ mount }) => mount);
    const mount = this.mountIsOwn ? this.draft.mount : suggestMount(folder, taken);
    this.changed("folder", { folder, mount });
  }

  private readonly pick = async (): Promise<void> => {
    const folder = await this.callNative((native) => native.pickFolder(t("editor.pick")));
    if (folder) this.setFolder(folder);
  };

  private who(): TemplateResult {
    const choices: Choice<Who["is"]>[] = [
      { value: "only_me", label: t("who.only_me"), hint: t("who.only_me.hint") },
      { value: "people", label: t("who.people"), more: this.people() },
      { value: "everyone", label: t("who.everyone"), hint: t("who.everyone.hint") },
    ];
    // Rights that no choice describes are kept until the user selects another choice.
    if (this.was?.who.is === "custom") {
      choices.push({
        value: "custom",
        label: t("who.custom"),
        hint: t("custom.hint", { rights: rightsWords(this.was.rights) }),
      });
    }
    return radios({
      id: "who",
      label: t("editor.who"),
      value: this.draft.who.is,
      choices,
      fault: this.fault("who"),
      change: (is) => {
        const who: Who = is === "people" ? { is, names: [...this.names] } : { is };
        // Custom rights require custom people: both change together.
        const may: May =
          is !== "custom" && this.draft.may === "custom" ? "look" : is === "custom" ? "custom" : this.draft.may;
        this.viewer = this.usualViewer(who);
        this.changed("who", { who, may });
        // Selecting "Specific people" must not show an error before a person was chosen.
        this.touched.delete("who");
      },
    });
  }

  private people(): TemplateResult {
    const known = (this.store.get("people")?.people ?? []).map(({ name }) => name);
    const all = [...new Set([...known, ...this.names])].sort();
    return html`<div class="people" role="group" aria-label=${t("who.people.which")}>
      ${all.map((name) =>
        check({
          id: `who-person-${name}`,
          label: name,
          checked: this.names.has(name),
          change: (on) => {
            if (on) this.names.add(name);
            else this.names.delete(name);
            if (on) this.viewer = { is: "person", name };
            this.changed("who");
          },
        }),
      )}
      <button class="btn" type="button" @click=${() => this.askPerson(true)}>
        <span class="i i-plus"></span>${t("people.add")}
      </button>
    </div>`;
  }

  private askPerson(adds: boolean): void {
    this.addsPerson = adds;
    this.requestUpdate();
  }

  private personDialog(): TemplateResult {
    return html`<pl-person-dialog
      .store=${this.store}
      .frame=${this.frame}
      .onClose=${(name: string) => {
        this.askPerson(false);
        if (name === "") return;
        this.names.add(name);
        this.viewer = { is: "person", name };
        this.changed("who");
      }}
    ></pl-person-dialog>`;
  }

  /** Asks before creating a missing folder, which may be a typo. */
  private folderDialog(): TemplateResult {
    return confirmDialog({
      title: t("editor.makeFolder", { folder: this.draft.folder }),
      text: t("editor.makeFolder.text"),
      yes: t("editor.makeFolder.yes"),
      act: () => void this.saveShare(true),
      close: () => {
        this.asksFolder = false;
        this.toFirstFault();
      },
    });
  }

  private howLong(): TemplateResult {
    return untilField({
      id: "until_ms",
      label: t("editor.until"),
      value: this.until,
      fault: this.fault("until_ms"),
      change: (until) => {
        this.until = until;
        this.untilMs = momentOf(until);
        this.changed("until_ms");
      },
    });
  }

  private may(): TemplateResult {
    const choices: Choice<May>[] = (["look", "add", "change", "drop_off"] as const).map((may) => ({
      value: may,
      label: t(`may.${may}.do`),
      hint: t(`may.${may}.hint`),
    }));
    if (this.was?.may === "custom") {
      choices.push({
        value: "custom",
        label: t("may.custom"),
        hint: t("custom.hint", { rights: rightsWords(this.was.rights) }),
      });
    }
    return radios({
      id: "may",
      label: t("editor.may"),
      value: this.draft.may,
      choices,
      fault: this.fault("may"),
      change: (may) => {
        const other: Who = this.draft.who.is === "custom" ? { is: "only_me" } : this.draft.who;
        this.changed("may", { may, who: may === "custom" ? { is: "custom" } : other });
      },
    });
  }

  private limits(): TemplateResult {
    return limitsField({
      draft: this.draft,
      written: this.written,
      fault: (name) => this.fault(name),
      write: (name, value) => {
        this.written = { ...this.written, [name]: value };
        // An incomplete size must not show an error while typing.
        this.touched.delete(name);
        this.requestPreview();
        this.requestUpdate();
      },
      leave: (name) => this.changed(name),
      change: (name, change) => this.changed(name, change),
    });
  }

  /** The switch of the index, and its state. */
  private index(): TemplateResult {
    const isOn = this.draft.index === true;
    return html`<details class="fold">
      <summary>${t("index.title")}</summary>
      ${check({
        id: "index",
        label: t("index.field"),
        hint: t("index.field.hint"),
        checked: isOn,
        change: (index) => this.changed("index", { index }),
      })}
      ${
        this.was && isOn
          ? html`<pl-share-index .store=${this.store} .frame=${this.frame} .mount=${this.was.mount}></pl-share-index>`
          : nothing
      }
    </details>`;
  }

  private readonly cancel = (): void => this.close(this.was?.mount ?? "");

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    for (const field of FIELDS) this.touched.add(field);
    if (this.ownFaults().length > 0) return this.toFirstFault();
    await this.saveShare(false);
  };

  private async saveShare(make_folder: boolean): Promise<void> {
    const share = { ...this.currentDraft(), make_folder };
    const was = this.was?.mount ?? null;
    const done = await this.attempt(() => this.store.ask({ call: "save_share", was, share }));
    if (done) return this.close(share.mount);
    this.asksFolder = this.refusedAs === "no_folder";
    if (!this.asksFolder) return this.toFirstFault();
    // The field shows the error once the question is answered.
    this.error = "";
    this.requestUpdate();
  }

  private toFirstFault(): void {
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const first = this.querySelector<HTMLElement>(".wrong input:not([type=hidden]), .wrong select");
      first?.focus();
    });
  }

  private readonly removeShare = async (): Promise<void> => {
    const { was } = this;
    if (!was) return;
    const { mount } = was;
    const done = await this.attempt(() => this.store.ask({ call: "remove_share", mount }));
    if (!done) return;
    // Restored by the server, because a draft does not contain custom rights and flags.
    const again = (): void => void this.tryAsk({ call: "restore_share", mount });
    this.frame.notify(t("editor.removed", { name: shareName(mount) }), { label: t("undo"), press: again });
    this.close("");
  };
}

customElements.define("pl-share-editor", ShareEditor);
