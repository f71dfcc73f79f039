// One text that is being edited: what is unsaved, saving, drafts, and changes of others.

import type { Text } from "@codemirror/state";
import { batch, effect, type Signal, signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import { OWNER_KEY } from "../features/kept-keys.ts";
import type { Draft, Drafts } from "./drafts.ts";
import type { EditorPane } from "./pane.ts";
import { NotEditable, type SaveResult, type TextFile, type Version } from "./text-file.ts";

/** Milliseconds without typing after which the draft is kept. */
const DRAFT_MS = 800;
/** Milliseconds between two looks at the file: what others save is told while one writes, and not only at the next save. */
const CHECK_MS = 3000;

/** What is said of the file on the server. "changed": by others, since it was opened or saved here. */
export type Remote = "same" | "changed" | "gone";

export class Session {
  readonly isDirty = signal(false);
  readonly isSaving = signal(false);
  /** when it was saved here, milliseconds */
  readonly savedAt = signal<number | undefined>(undefined);
  readonly remote: Signal<Remote> = signal("same");
  /** why the last save failed; empty: it did not */
  readonly problem = signal("");
  /** a draft of another visit that is offered */
  readonly draft = signal<(Draft & { name: string }) | undefined>(undefined);
  /** whether the browser has no room for a draft */
  readonly isDraftLost = signal(false);
  /** the version of others while one has to choose */
  readonly theirs = signal<Version | undefined>(undefined);
  /** Returns the text that is made of both versions; set while one makes it. */
  merged: (() => string | undefined) | undefined;
  /** the text that was made of this version of others and the own one so far, while it is not shown */
  keptMerged: { theirs: Version; text: string } | undefined;
  /** the text that both versions were made from; undefined: unknown, as for drafts */
  common: string | undefined;
  /** the version of others that was put off, where the server would not refuse to overwrite it */
  private putOff: Version | undefined;
  /** another tab has signed out, which takes drafts along */
  private isSignedOut = false;
  private savedDoc: Text;
  private readonly abort = new AbortController();
  private draftTimer = 0;
  /** where the draft of this visit is kept: other visits and tabs have their own */
  readonly draftName: string;
  private readonly checkTimer: number;
  private readonly stops: (() => void)[] = [];
  /** whether the text was saved here, so that the list is out of date */
  hasSaved = false;

  constructor(
    readonly file: TextFile,
    /** the version from which the text is made */
    public base: Version,
    readonly pane: EditorPane,
    private readonly drafts: Drafts,
    /** path of the file, with the path that the server is hosted under */
    private readonly path: string,
    /** the draft that this page has kept of the text when its editor was left; undefined: none */
    left: string | undefined,
  ) {
    this.savedDoc = pane.doc;
    this.draftName = left ?? `${path}#${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    this.offerDraft();
    this.checkTimer = setInterval(() => void this.check(), CHECK_MS) as unknown as number;
    this.listen();
  }

  /** Offers the oldest draft of another visit that differs from the file. */
  private offerDraft(): void {
    this.draft.value = undefined;
    for (const name of this.drafts.namesOf(this.path)) {
      const draft = name === this.draftName ? undefined : this.drafts.read(name);
      if (draft && draft.text !== this.base.text) {
        this.draft.value = { ...draft, name };
        return;
      }
      if (draft) this.drafts.discard(name);
    }
  }

  private listen(): void {
    const keep = (): void => this.keepDraft();
    const seen = (): void => {
      if (document.visibilityState === "hidden") this.keepDraft();
      else void this.check();
    };
    const elsewhere = (event: StorageEvent): void => this.changedElsewhere(event);
    window.addEventListener("pagehide", keep);
    window.addEventListener("storage", elsewhere);
    document.addEventListener("visibilitychange", seen);
    this.stops.push(
      () => window.removeEventListener("pagehide", keep),
      () => window.removeEventListener("storage", elsewhere),
      () => document.removeEventListener("visibilitychange", seen),
      // The browser asks before the page is left only while something is unsaved.
      effect(() => {
        if (this.isDirty.value) window.addEventListener("beforeunload", stay);
        else window.removeEventListener("beforeunload", stay);
      }),
      () => window.removeEventListener("beforeunload", stay),
    );
  }

  /** Another tab has changed what the browser keeps: it may offer the draft of this visit, and discard it. */
  private changedElsewhere({ key, newValue }: StorageEvent): void {
    if (key === OWNER_KEY) this.isSignedOut = newValue === null;
    if (newValue !== null) return;
    if (key === this.drafts.keyOf(this.draftName)) this.keepDraft();
    const offered = this.draft.peek();
    if (offered && key === this.drafts.keyOf(offered.name)) this.offerDraft();
  }

  /** The text was changed. */
  changed(): void {
    this.isDirty.value = !this.pane.doc.eq(this.savedDoc);
    this.keptMerged = undefined;
    this.scheduleDraft();
  }

  /** Keeps the draft soon: the text, or what is made of both versions, was changed. */
  scheduleDraft(): void {
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.keepDraft(), DRAFT_MS) as unknown as number;
  }

  /** Keeps what is unsaved in the browser. */
  keepDraft(): void {
    clearTimeout(this.draftTimer);
    if (!this.isDirty.peek() || this.isSignedOut) {
      this.drafts.discard(this.draftName);
      return;
    }
    const text = this.merged?.() ?? this.keptMerged?.text ?? this.pane.text;
    const unsaved = { text, base: this.base.lastmod, at: Date.now() };
    this.isDraftLost.value = !this.drafts.keep(this.draftName, unsaved);
  }

  /** Puts the offered draft into the text. */
  async useDraft(): Promise<void> {
    const draft = this.draft.peek();
    if (!draft) return;
    this.put(draft);
    this.draft.value = undefined;
    this.keepDraft();
    // Only once the text has it, and is kept itself.
    if (!this.isDraftLost.peek()) this.drafts.discard(draft.name);
  }

  /** Goes on with the draft that was kept when the editor of this page was left. No-op if there is none, as after signing out. */
  resume(): void {
    const draft = this.drafts.read(this.draftName);
    if (draft && draft.text !== this.base.text) this.put(draft);
  }

  /** Puts a draft into the text. If the file was changed since it was written, both are shown. */
  private put(draft: Draft): void {
    this.pane.setText(draft.text);
    if (draft.base === this.base.lastmod) return;
    this.common = undefined;
    this.theirs.value = this.base;
  }

  /** Forgets the offered draft, and offers the next. */
  discardDraft(): void {
    const draft = this.draft.peek();
    if (draft) this.drafts.discard(draft.name);
    this.offerDraft();
  }

  /** Saves the text, unless it is saved; of two versions, what was made of both. Returns whether it is saved now. */
  async save(): Promise<boolean> {
    if (this.isSaving.peek()) return false;
    const theirs = this.theirs.peek();
    if (theirs) return this.saveMerged(theirs);
    if (this.putOff) {
      this.theirs.value = this.putOff;
      return false;
    }
    if (!this.isDirty.peek() && this.remote.peek() === "same") return true;
    return this.saveOver(this.base);
  }

  private async saveMerged(theirs: Version): Promise<boolean> {
    const text = this.merged?.();
    // One has to choose first.
    if (text === undefined) return false;
    this.pane.setText(text);
    // It has their changes: if others have saved once more, both are made from this version.
    this.base = theirs;
    this.common = theirs.text;
    return this.saveOver(theirs);
  }

  /** Saves the text over a version; undefined: the file is gone, and is made again. */
  async saveOver(over: Version | undefined): Promise<boolean> {
    const [doc, text] = [this.pane.doc, this.pane.text];
    batch(() => {
      this.isSaving.value = true;
      this.problem.value = "";
    });
    const result = await this.file.save(text, over ?? this.base, over);
    this.isSaving.value = false;
    if (this.abort.signal.aborted) return result.kind === "saved";
    if (result.kind === "saved") this.saved(result.version, doc);
    else if (result.kind === "changed") await this.showTheirs();
    else if (result.kind === "gone") this.remote.value = "gone";
    else this.problem.value = problemText(result);
    return result.kind === "saved";
  }

  private saved(version: Version, doc: Text): void {
    this.hasSaved = true;
    batch(() => {
      this.base = version;
      this.keptMerged = undefined;
      this.putOff = undefined;
      this.savedDoc = doc;
      this.theirs.value = undefined;
      this.remote.value = "same";
      this.savedAt.value = Date.now();
      this.isDirty.value = !this.pane.doc.eq(doc);
    });
    this.keepDraft();
  }

  /** Compares the file with the version that is edited. */
  async check(): Promise<void> {
    if (document.visibilityState === "hidden" || this.isSaving.peek() || this.theirs.peek()) return;
    const { base } = this;
    const standing = await this.file.compare(base, this.abort.signal);
    if (this.abort.signal.aborted || this.isSaving.peek() || base !== this.base || standing === "unknown") return;
    this.remote.value = standing;
  }

  /** Reads the version of others, and shows it beside the own one; takes it if nothing is unsaved here. */
  async showTheirs(): Promise<void> {
    let theirs: Version;
    try {
      theirs = await this.file.read(this.abort.signal);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      if (error instanceof NotEditable && error.why === "gone") this.remote.value = "gone";
      else
        this.problem.value = t(
          error instanceof NotEditable && error.why !== "lost" ? "editor.theirsOdd" : "editor.lost",
        );
      return;
    }
    this.remote.value = "changed";
    if (!this.isDirty.peek() || theirs.text === this.pane.text) this.take(theirs);
    else {
      this.common = this.base.text;
      this.theirs.value = theirs;
    }
  }

  /** Takes a version of the server for the text. The own one comes back with "undo". */
  take(version: Version): void {
    this.pane.setText(version.text);
    this.putOff = undefined;
    batch(() => {
      this.base = version;
      this.savedDoc = this.pane.doc;
      this.theirs.value = undefined;
      this.remote.value = "same";
      this.problem.value = "";
      this.isDirty.value = false;
    });
    this.keepDraft();
  }

  /** Goes back to the text without a choice. */
  chooseLater(): void {
    const theirs = this.theirs.peek();
    this.putOff = theirs === this.base ? theirs : undefined;
    this.theirs.value = undefined;
  }

  /** Forgets what is unsaved. */
  giveUp(): void {
    this.savedDoc = this.pane.doc;
    this.isDirty.value = false;
    this.draft.value = undefined;
    this.drafts.discard(this.draftName);
  }

  destroy(): void {
    this.keepDraft();
    clearTimeout(this.draftTimer);
    clearInterval(this.checkTimer);
    this.abort.abort();
    for (const stop of this.stops) stop();
  }
}

function stay(event: BeforeUnloadEvent): void {
  event.preventDefault();
  // Older browsers ask only then.
  event.returnValue = "unsaved";
}

function problemText(result: SaveResult): string {
  if (result.kind === "denied") return t("editor.saveDenied");
  if (result.kind === "differs") return t("editor.differs");
  if (result.kind === "refused" && result.text !== "") return t("editor.saveRefused", { reason: result.text });
  return t("editor.lost");
}
