// The share editor: which folder, who, what, until when; beside it what any person would see.
import { html, nothing, type TemplateResult } from "lit";
import type { FaultAt, May, Preview, Share, ShareDraft, Viewer, Who } from "../../../web/kit/types.gen.ts";
import { DebouncedQuery } from "../debounced.ts";
import { faultAt, faultsElsewhere, suggestMount } from "../drafts.ts";
import { confirmDialog } from "../elements/confirm.ts";
import { sentenceOf } from "../errors.ts";
import { momentOf, type Until, untilOf } from "../expiry.ts";
import { type Choice, check, radios, trouble } from "../fields.ts";
import { LIMITS, limitFaults, limitsOf, type Written, writtenOf } from "../limits.ts";
import { Pane } from "../pane.ts";
import { shareName } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import "./person-dialog.ts";
import { limitsField, placeFields } from "./share-fields.ts";
import { commandLine, sharePreview, warnings } from "./share-preview.ts";
import { linesOf, rulesField } from "./share-rules.ts";
import { untilField } from "./until.ts";

/** Called when the editor is done; `mount` is where the share is now, or was. */
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
  /** What the editing begins with. It is set anew whenever the pane is drawn, so what is written is kept apart. */
  initial!: ShareDraft;
  onClose!: OnClose;
  private draft!: ShareDraft;
  /** What could be changed when it was opened, to know whether anything was. */
  private opened = "";
  private isClosed = false;

  private names = new Set<string>();
  private until!: Until;
  /** The moment that it meant when it was chosen: it shall not wander while somebody thinks. */
  private untilMs: number | null | undefined;
  private written!: Written;
  /** Rights and flags by hand; undefined: the questions count. */
  private rules: string | undefined;
  /** The address was chosen by a person; it does not follow the folder any more. */
  private mountIsOwn = false;
  /** Fields that somebody has been in: only there is anything wrong yet. */
  private readonly touched = new Set<string>();
  private preview: Preview | undefined;
  private previewedQuestion = "";
  /** The question whose preview was drawn last. */
  private drawnQuestion = "";
  /** Why there is no preview of what is written; empty: there is, or will be. */
  private previewError = "";
  private viewer: Viewer = { is: "guest" };
  private addsPerson = false;
  /** The folder is not there, and the person is asked whether to make it. */
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
    this.written = writtenOf(draft.limits);
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
    // Somebody went to another pane; that shall not cost them what they wrote.
    const goOn = (): void => this.frame.go("shares", { was, draft });
    this.frame.notify(t("editor.left"), { label: t("editor.goOn"), press: goOn });
  }

  private close(mount: string): void {
    this.isClosed = true;
    this.onClose(mount);
  }

  /** A fresh preview begins at the share that it is about, whatever its neighbours are. */
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

  /** Who it is most about: whoever gets in. */
  private usualViewer(who: Who): Viewer {
    const [name] = this.names;
    if (who.is === "people" && name !== undefined) return { is: "person", name };
    return { is: who.is === "only_me" ? "invited" : "guest" };
  }

  /** The draft with everything that was written. */
  private currentDraft(): ShareDraft {
    const { draft } = this;
    const who: Who = draft.who.is === "people" ? { is: "people", names: [...this.names].sort() } : draft.who;
    const limits = limitsOf(this.written);
    return { ...draft, who, limits, until_ms: this.untilMs ?? null, rules: linesOf(this.rules) };
  }

  /** What can be seen to be wrong without the server. */
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
    // It was about what stood there before.
    this.faults = this.faults.filter(({ at }) => at !== field && !at.endsWith(`.${field}`));
    this.trouble = "";
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
            ${this.place()} ${warnings(this.preview)}
            ${this.rules === undefined ? [this.who(), this.may(), this.howLong(), this.limits()] : nothing}
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
        ${trouble(this.trouble, faultsElsewhere(this.faults, FIELDS))}
        <div class="bar sticks">
          <button class="btn primary" type="submit" ?disabled=${this.busy}>
            ${serious ? t("editor.saveAnyway") : this.was ? t("save") : t("editor.share")}
          </button>
          <button class="btn" type="button" @click=${this.cancel}>${t("cancel")}</button>
        </div>
      </form>
      ${this.addsPerson ? this.personDialog() : nothing} ${this.asksFolder ? this.folderDialog() : nothing}`;
  }

  private place(): TemplateResult {
    return placeFields({
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
    // Rights that these words cannot say stay as they are until somebody chooses others.
    if (this.was?.who.is === "custom") {
      choices.push({ value: "custom", label: t("who.custom"), hint: t("custom.hint", { rights: this.was.rights }) });
    }
    return radios({
      id: "who",
      label: t("editor.who"),
      value: this.draft.who.is,
      choices,
      fault: this.fault("who"),
      change: (is) => {
        const who: Who = is === "people" ? { is, names: [...this.names] } : { is };
        // The two belong together: rights that were set by hand are for people who were.
        const may: May =
          is !== "custom" && this.draft.may === "custom" ? "look" : is === "custom" ? "custom" : this.draft.may;
        this.viewer = this.usualViewer(who);
        this.changed("who", { who, may });
        // Being asked for a name is no fault yet.
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

  /** A typing error must not become a folder. */
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
      choices.push({ value: "custom", label: t("may.custom"), hint: t("custom.hint", { rights: this.was.rights }) });
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
        // Half a size is no fault yet.
        this.touched.delete(name);
        this.requestPreview();
        this.requestUpdate();
      },
      leave: (name) => this.changed(name),
      change: (name, change) => this.changed(name, change),
    });
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
    // The field says it, once the question is answered.
    this.trouble = "";
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
    // The server remembers it: no draft holds rights that were set by hand, nor flags.
    const again = (): void => void this.tryAsk({ call: "restore_share", mount });
    this.frame.notify(t("editor.removed", { name: shareName(mount) }), { label: t("undo"), press: again });
    this.close("");
  };
}

customElements.define("pl-share-editor", ShareEditor);
