// The editor: which text is edited, under which address. A session has the text, the overlay draws it.
import { batch, computed, effect, signal } from "@preact/signals-core";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { Cover, takenOver } from "../browse/cover.ts";
import { plainName } from "../browse/decoded.ts";
import type { Place } from "../browse/place.ts";
import { preference } from "../browse/preferences.ts";
import { canonicalName, extensionOf, type Row } from "../browse/rows.ts";
import { isNarrow } from "../parts/device.ts";
import { ask } from "../parts/dialog.ts";
import { loadStyle, printText } from "../parts/style.ts";
import { ownerOf } from "./draft-keys.ts";
import { Drafts, draftStorage } from "./drafts.ts";
import { editorKeys } from "./keys.ts";
import { EditorOverlay } from "./overlay.ts";
import { EditorPane } from "./pane.ts";
import { Preview } from "./preview.ts";
import { Session } from "./session.ts";
import { NotEditable, TextFile, type WhyNot } from "./text-file.ts";
import { align, nonAscii } from "./tools.ts";
import { countCharacters, countWords } from "./words.ts";

export type View = "text" | "both" | "preview";

/** Milliseconds without typing after which the words are counted. */
const COUNT_MS = 300;

const isView = (value: unknown): boolean => value === "text" || value === "both" || value === "preview";
const SIDE_BY_SIDE = matchMedia("(min-width: 861px)");

export class Editor {
  /** path of the text, percent-encoded; undefined: nothing is edited */
  readonly path = signal<string | undefined>(undefined);
  readonly session = signal<Session | undefined>(undefined);
  readonly preview = signal<Preview | undefined>(undefined);
  /** the text cannot be loaded: there is no answer */
  readonly isLost = signal(false);
  /** whether earlier versions are shown instead of the text */
  readonly inHistory = signal(false);
  readonly isWide = signal(SIDE_BY_SIDE.matches);
  readonly wraps = preference("editor.wraps", isNarrow(), (value) => typeof value === "boolean");
  readonly place = signal({ line: 1, column: 1 });
  readonly counts = signal({ words: 0, characters: 0 });
  private readonly wideView = preference<View>("editor.view", "both", isView);
  private readonly narrowView = signal<View>("text");
  /** what is shown of a Markdown text; of others, only the text */
  readonly view = computed<View>(() => {
    if (!this.preview.value) return "text";
    return this.isWide.value ? this.wideView.value : this.narrowView.value;
  });
  private overlay: EditorOverlay | undefined;
  private cover: Cover | undefined;
  private abort = new AbortController();
  private stops: (() => void)[] = [];
  private countTimer = 0;
  private titleBefore = "";
  /** names of the drafts with which editors of this page were left, by path: on the way back, each text goes on with its own */
  private readonly left = new Map<string, string>();

  constructor(readonly app: App) {
    SIDE_BY_SIDE.addEventListener("change", ({ matches }) => {
      this.isWide.value = matches;
    });
  }

  get name(): string {
    return plainName((this.path.value ?? "").split("/").pop() ?? "");
  }

  /** Edits what an address names, or nothing. What is unsaved stays as a draft. */
  follow(place: Place): void {
    const edited = place.edited === undefined ? undefined : canonicalName(place.edited);
    const path =
      edited === undefined || edited === "" ? undefined : edited.startsWith("/") ? edited : place.path + edited;
    if (path === this.path.peek()) return;
    this.dispose();
    if (path !== undefined) this.open(path);
  }

  private open(path: string): void {
    this.titleBefore = document.title;
    this.path.value = path;
    document.title = `${shownName(this.name)} - ${this.titleBefore.split(" - ").pop()}`;
    const overlay = new EditorOverlay();
    overlay.editor = this;
    this.overlay = overlay;
    const cover = new Cover(this.app, overlay);
    this.cover = cover;
    this.stops.push(
      printText(),
      this.app.hotkeys.layer(editorKeys(this)),
      effect(() => this.session.value?.pane.setWraps(this.isProse || this.wraps.value)),
      effect(() => {
        // A save that worked shows that the server answers again.
        this.session.value?.savedAt.value;
        if (this.view.value !== "text") this.preview.value?.update(true);
      }),
    );
    void Promise.all([loadStyle("editor.css"), loadStyle("markdown.css")]).then(() => {
      if (this.overlay === overlay) void cover.show();
    });
    void this.load();
  }

  /** Markdown is written in lines that always wrap. */
  get isProse(): boolean {
    return ["md", "markdown", "mdown"].includes(extensionOf(this.name));
  }

  async load(): Promise<void> {
    this.isLost.value = false;
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const path = this.path.peek() ?? "";
    const key = this.rowOf(path)?.key;
    const file = new TextFile(this.app.api, path, key);
    try {
      const [version, mayEdit] = await Promise.all([file.read(signal), file.mayEdit(key, signal)]);
      if (!mayEdit) throw new NotEditable("denied");
      if (signal.aborted) return;
      const { account } = this.app.session.peek() ?? (await this.app.api.session());
      if (signal.aborted) return;
      this.start(file, version, ownerOf(account));
    } catch (error) {
      if (!signal.aborted) this.refuse(error instanceof NotEditable ? error.why : "lost");
    }
  }

  private start(file: TextFile, version: Awaited<ReturnType<TextFile["read"]>>, owner: string): void {
    const pane = new EditorPane(
      version.text,
      {
        name: this.name,
        label: t("editor.textOf", { name: shownName(this.name) }),
        isMarkdown: this.isProse,
        wraps: this.isProse || this.wraps.peek(),
        keepsReturns: version.ending === "mixed",
      },
      {
        changed: () => this.changed(),
        moved: () => {
          this.place.value = pane.place();
        },
        scrolled: () => {
          if (this.view.peek() === "both") this.preview.peek()?.follow();
        },
        keys: [
          // In the fields of the search, too.
          { key: "Mod-s", run: () => this.saveByKey(), preventDefault: true, scope: "editor search-panel" },
          { key: "Mod-e", run: () => this.togglePreview() },
          { key: "Mod-u", run: nonAscii(this), preventDefault: true },
          ...(this.isProse ? [{ key: "Mod-k", run: align(this), preventDefault: true }] : []),
        ],
      },
    );
    const drafts = new Drafts(draftStorage(), owner);
    batch(() => {
      const kept = this.left.get(file.path);
      this.session.value = new Session(file, version, pane, drafts, this.app.base + file.path, kept);
      this.preview.value = this.isProse ? new Preview(this.app.api, file.path, pane) : undefined;
    });
    this.session.peek()?.resume();
    this.count();
    // On touch screens the keyboard would cover half of the text.
    if (!matchMedia("(pointer: coarse)").matches || version.text === "") void this.overlay?.focusText();
  }

  private changed(): void {
    this.session.peek()?.changed();
    if (this.view.peek() !== "text") this.preview.peek()?.update();
    clearTimeout(this.countTimer);
    this.countTimer = setTimeout(() => this.count(), COUNT_MS) as unknown as number;
  }

  private count(): void {
    const text = this.session.peek()?.pane.text ?? "";
    this.counts.value = { words: countWords(text), characters: countCharacters(text) };
  }

  /** What cannot be edited is shown in the viewer, and why is said. */
  private refuse(why: WhyNot): void {
    if (why === "lost") {
      this.isLost.value = true;
      return;
    }
    const { edited } = this.app.router.place.peek();
    const text = t(`editor.not.${why}`, { name: shownName(this.name) });
    this.app.coverInstead({ edited: undefined, shown: why === "gone" ? undefined : edited });
    void takenOver().then(() => this.app.notices.show({ text, bad: true }));
  }

  setView(view: View): void {
    if (this.isWide.peek()) this.wideView.value = view;
    else this.narrowView.value = view;
    if (view !== "preview") void this.overlay?.focusText();
  }

  /** Shows preview instead of text, and back. Returns false for what has no preview. */
  togglePreview(): boolean {
    if (!this.preview.peek()) return false;
    const isPreview = this.view.peek() === "preview";
    this.setView(isPreview ? (this.isWide.peek() ? "both" : "text") : "preview");
    return true;
  }

  saveByKey(): boolean {
    void this.session.peek()?.save();
    return true;
  }

  find(): void {
    if (this.view.peek() === "preview") this.setView(this.isWide.peek() ? "both" : "text");
    this.session.peek()?.pane.find();
  }

  /** Goes from versions or a comparison back to the text, else closes the editor. */
  back(): void {
    const session = this.session.peek();
    if (this.inHistory.peek()) this.inHistory.value = false;
    else if (session?.theirs.peek()) session.chooseLater();
    else void this.close();
  }

  private rowOf(path: string): Extract<Row, { kind: "file" }> | undefined {
    return this.app.rows.peek().find((row): row is Extract<Row, { kind: "file" }> => {
      return row.kind === "file" && this.app.pathOf(row) === path;
    });
  }

  /** Closes the editor; asks what to do with unsaved changes. */
  async close(): Promise<void> {
    const session = this.session.peek();
    if (session?.isDirty.peek()) {
      const choice = await ask(t("editor.closeTitle"), t("editor.closeText", { name: shownName(this.name) }), [
        { label: t("editor.closeSave"), value: "save", kind: "primary" },
        { label: t("editor.closeDraft"), value: "draft" },
        { label: t("editor.closeDiscard"), value: "discard", kind: "bad" },
      ]);
      if (choice === undefined) return;
      if (choice === "save" && !(await session.save())) return;
      if (choice === "discard") session.giveUp();
    }
    this.leave();
  }

  private leave(): void {
    this.dispose();
    this.app.router.leave({ edited: undefined });
  }

  private dispose(): void {
    const path = this.path.peek();
    if (path === undefined) return;
    const session = this.session.peek();
    const hasDraft = session?.isDirty.peek() === true;
    if (hasDraft) this.left.set(path, session.draftName);
    else this.left.delete(path);
    this.abort.abort();
    clearTimeout(this.countTimer);
    session?.destroy();
    this.preview.peek()?.destroy();
    this.cover?.remove(this.rowOf(path));
    for (const stop of this.stops) stop();
    this.stops = [];
    session?.pane.destroy();
    document.title = this.titleBefore;
    const name = shownName(this.name);
    batch(() => {
      this.path.value = undefined;
      this.session.value = undefined;
      this.preview.value = undefined;
      this.inHistory.value = false;
    });
    this.overlay = undefined;
    if (session?.hasSaved) void this.app.refresh();
    if (hasDraft) {
      const action = { label: t("editor.reopen"), run: () => this.app.edit(path) };
      this.app.notices.show({ text: t("editor.keptDraft", { name }), action });
    }
  }
}
