// Plain text and code: loaded in pieces as one scrolls, with line numbers and colours; follows a log that grows.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals-core";
import { html, nothing, render } from "lit";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { preference } from "../browse/preferences.ts";
import { canBeEdited, extensionOf, type FileRow, kindOf, withParameter } from "../browse/rows.ts";
import { keepNoticesAbove } from "../parts/covered.ts";
import { isNarrow } from "../parts/device.ts";
import { openMenu } from "../parts/menu.ts";
import { TextBuffer } from "./text-buffer.ts";
import { textKeys } from "./text-keys.ts";
import { TextPane } from "./text-pane.ts";
import { TextSource } from "./text-source.ts";
import type { FileView, Tool } from "./view.ts";
import type { Viewer } from "./viewer.ts";

/** Milliseconds between two looks at a file that is followed. */
const FOLLOW_MS = 1500;

/** What the page offers besides the encoding that it finds. */
const ENCODINGS: readonly string[] = [
  "utf-8",
  "windows-1252",
  "iso-8859-15",
  "iso-8859-2",
  "windows-1250",
  "windows-1251",
  "koi8-r",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "shift_jis",
  "euc-jp",
  "gb18030",
  "big5",
  "euc-kr",
  "utf-16le",
  "utf-16be",
];

/** Extensions of files that are written while one reads them. */
const GROWING = new Set(["log", "txt", "out", "err", "csv", "jsonl", "ndjson", ""]);

const wraps = preference("viewer.wraps", isNarrow(), (value) => typeof value === "boolean");

interface Options {
  /** shown as text although it is none by its name */
  asText: boolean;
  /** shows instead what the page shows of files that are no text */
  other: () => void;
}

export class TextView implements FileView {
  readonly element = document.createElement("div");
  readonly tools: ReadonlySignal<readonly Tool[]>;
  readonly keys;
  readonly isPretty = signal(false);
  readonly isFollowing = signal(false);
  private readonly mayEdit = signal(false);
  private readonly pane: TextPane;
  private buffer: TextBuffer;
  private readonly foot = document.createElement("div");
  private readonly failure = signal("");
  private readonly stops: (() => void)[] = [];
  private followTimer = 0;

  constructor(
    private readonly viewer: Viewer,
    private readonly row: FileRow,
    private readonly options: Options,
  ) {
    this.element.className = "viewer-text";
    this.foot.className = "viewer-foot";
    this.pane = new TextPane(row.name, {
      nearStart: () => void this.more("before"),
      nearEnd: () => void this.more("after"),
    });
    this.element.append(this.pane.element, this.foot);
    this.buffer = this.makeBuffer(undefined);
    this.mayEdit.value = viewer.app.mayEdit(row);
    this.keys = textKeys(this, () => this.mayEdit.peek(), extensionOf(row.name) === "json");
    this.tools = computed(() => this.textTools());
    this.stops.push(
      effect(() => this.pane.setWraps(wraps.value)),
      keepNoticesAbove(this.foot),
      effect(() => this.drawFoot()),
    );
    void this.start();
    void this.askMayEdit();
  }

  /** Which kinds of file may be edited without the right to delete, only the server knows. */
  private async askMayEdit(): Promise<void> {
    const { app } = this.viewer;
    if (this.mayEdit.peek() || !app.mayOf(this.row).edit || !canBeEdited(this.row)) return;
    const href = withParameter(app.hrefOf(this.row), "edit");
    const answer = await fetch(href, { method: "HEAD" }).catch(() => undefined);
    this.mayEdit.value = answer?.ok === true && !this.buffer.source.isBinary;
  }

  private makeBuffer(encoding: string | undefined): TextBuffer {
    const url = withParameter(this.viewer.app.hrefOf(this.row), "raw");
    return new TextBuffer(new TextSource(url, encoding), this.pane);
  }

  private async start(): Promise<void> {
    await this.run(() => this.buffer.fromStart());
    if (this.buffer.source.isBinary) this.mayEdit.value = false;
    if (this.buffer.source.isBinary && !this.options.asText && kindOf(this.row) === "text") this.options.other();
  }

  /** Runs something that reads; a failure is told below the text. */
  private async run(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.failure.value = "";
    } catch (error) {
      if (!this.buffer.isClosed) this.failure.value = this.buffer.failureText(error, t("browse.lost"), t("text.gone"));
    }
  }

  private async more(where: "before" | "after"): Promise<void> {
    if (this.isPretty.peek() || this.failure.peek() !== "") return;
    await this.run(() => this.buffer.more(where));
  }

  toStart(): void {
    this.stopFollowing();
    void this.run(() => this.buffer.fromStart());
  }

  toEnd(): void {
    void this.run(() => this.buffer.toEnd());
  }

  toggleWraps(): void {
    wraps.value = !wraps.peek();
  }

  find(): void {
    this.pane.find();
  }

  toggleFollow(): void {
    if (this.isFollowing.peek()) {
      this.stopFollowing();
      return;
    }
    this.isFollowing.value = true;
    void this.run(() => this.buffer.toEnd()).then(() => this.followLater());
  }

  private stopFollowing(): void {
    clearTimeout(this.followTimer);
    this.isFollowing.value = false;
  }

  private followLater(): void {
    if (!this.isFollowing.peek() || this.buffer.isClosed) return;
    this.followTimer = setTimeout(async () => {
      // A page in the background costs nothing; it catches up later.
      if (!document.hidden) await this.run(() => this.buffer.grow());
      this.followLater();
    }, FOLLOW_MS) as unknown as number;
  }

  /** Formats JSON, or shows it as it is. */
  togglePretty(): void {
    const done = this.isPretty.peek() ? this.buffer.showPlain() : this.buffer.showPretty();
    if (done) this.isPretty.value = !this.isPretty.peek();
    else this.viewer.app.notices.show({ text: t(this.buffer.isWhole ? "text.noJson" : "text.tooLong"), bad: true });
  }

  edit(): void {
    const { app } = this.viewer;
    app.edit(app.pathOf(this.row));
  }

  private textTools(): Tool[] {
    const isJson = extensionOf(this.row.name) === "json";
    return [
      { id: "find", label: t("text.find"), icon: "search", hint: "Ctrl+F", run: () => this.find() },
      {
        id: "wrap",
        label: t("text.wrap"),
        icon: "wrap",
        pressed: wraps.value,
        hint: "W",
        run: () => this.toggleWraps(),
      },
      ...(GROWING.has(extensionOf(this.row.name)) ? [this.followTool()] : []),
      ...(isJson
        ? [
            {
              id: "pretty",
              label: t("text.pretty"),
              icon: "braces",
              hint: "Shift+J",
              pressed: this.isPretty.value,
              run: () => this.togglePretty(),
            },
          ]
        : []),
      ...(this.mayEdit.value
        ? [{ id: "edit", label: t("viewer.edit"), icon: "rename", hint: "E", run: () => this.edit() }]
        : []),
    ];
  }

  private followTool(): Tool {
    return {
      id: "follow",
      label: t("text.follow"),
      icon: "follow",
      pressed: this.isFollowing.value,
      run: () => this.toggleFollow(),
    };
  }

  private drawFoot(): void {
    const { buffer } = this;
    const { from, to, size: whole } = buffer.state.value;
    const isAll = from === 0 && to >= whole;
    const failure = this.failure.value;
    const retry = (): void => {
      this.failure.value = "";
      void this.more("after");
    };
    render(
      html`<span class="viewer-loaded" role=${failure ? "alert" : nothing}>
          ${failure || (isAll ? size(whole) : t("text.loaded", { part: size(to - from), whole: size(whole) }))}
        </span>
        ${failure ? html`<button class="tool" type="button" @click=${retry}>${t("browse.again")}</button>` : nothing}
        ${
          isAll || failure
            ? nothing
            : html`<button class="tool" type="button" @click=${() => this.toStart()}>${t("text.start")}</button>
              <button class="tool" type="button" ?disabled=${from === 0} @click=${() => void this.more("before")}>${t("text.before")}</button>
              <button class="tool" type="button" ?disabled=${to >= whole} @click=${() => void this.more("after")}>${t("text.more")}</button>
              <button class="tool" type="button" @click=${() => this.toEnd()}>${t("text.end")}</button>`
        }
        <button class="tool" type="button" aria-haspopup="menu" @click=${(event: Event) => this.encodingMenu(event.currentTarget as Element)}>
          ${t("text.encoding", { name: buffer.encoding.value.toUpperCase() })}
        </button>`,
      this.foot,
    );
    this.element.setAttribute("aria-label", shownName(this.row.name));
  }

  private encodingMenu(anchor: Element): void {
    const choose = (encoding: string): void => {
      this.buffer.close();
      this.isPretty.value = false;
      this.buffer = this.makeBuffer(encoding);
      this.stops.pop()?.();
      this.stops.push(effect(() => this.drawFoot()));
      this.toStart();
    };
    openMenu(
      anchor,
      t("text.encodingTitle"),
      ENCODINGS.map((name) => ({
        label: name.toUpperCase(),
        checked: name === this.buffer.encoding.peek(),
        run: () => choose(name),
      })),
    );
  }

  focus(): void {
    this.pane.focus();
  }

  destroy(): void {
    this.stopFollowing();
    this.buffer.close();
    this.pane.destroy();
    for (const stop of this.stops) stop();
  }
}
