// Shows a text: CodeMirror, for reading only. It draws what is in the window, so that long files and long lines cost little.
import { StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, StateEffect, StateField, type Text } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { shownName } from "../../kit/names.ts";
import { languageOf } from "../code/languages.ts";
import { searchPhrases } from "../code/phrases.ts";
import { applyStyles, codeRoot } from "../code/root.ts";
import type { Added, TextTarget } from "./text-buffer.ts";

export interface PaneHost {
  /** The visitor has scrolled near to an end of what is here. */
  nearStart: () => void;
  nearEnd: () => void;
}

/** Number of the first line; undefined: not known. */
const setFirstLine = StateEffect.define<number | undefined>();
const firstLine = StateField.define<number | undefined>({
  create: () => 1,
  update: (value, transaction) => transaction.effects.find((effect) => effect.is(setFirstLine))?.value ?? value,
});

/** A line number that is not known. */
const UNKNOWN = -1;

/** Most characters of a line: longer ones continue on the next, since browsers lay out a line as a whole. */
const LINE_MAX = 4000;
const LONG_LINE = new RegExp(`[^\\n]{${LINE_MAX}}(?=[^\\n])`, "g");

export class TextPane implements TextTarget {
  readonly element = document.createElement("div");
  private readonly view: EditorView;
  private readonly wrapping = new Compartment();
  private readonly language = new Compartment();
  private isQuiet = 0;

  constructor(
    name: string,
    private readonly host: PaneHost,
  ) {
    this.element.className = "viewer-pane scrolls own-gestures";
    const root = codeRoot(this.element);
    this.view = new EditorView({ root, parent: root, state: this.stateFor(name) });
    applyStyles(root);
    this.view.scrollDOM.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.view.contentDOM.addEventListener("focus", () => this.ring(this.view.contentDOM.matches(":focus-visible")));
    this.view.contentDOM.addEventListener("blur", () => this.ring(false));
    void this.loadLanguage(name);
  }

  private ring(isShown: boolean): void {
    this.element.classList.toggle("ringed", isShown);
  }

  private stateFor(name: string): EditorState {
    const number = (line: number, state: EditorState): string => {
      const first = state.field(firstLine, false);
      return first === undefined || first === UNKNOWN ? "" : String(line + first - 1);
    };
    return EditorState.create({
      extensions: [
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": shownName(name), "aria-readonly": "true" }),
        EditorState.phrases.of(searchPhrases()),
        firstLine,
        lineNumbers({ formatNumber: number }),
        this.wrapping.of([]),
        this.language.of([]),
        syntaxHighlighting(classHighlighter),
        search({ top: true }),
        keymap.of(searchKeymap),
      ],
    });
  }

  private async loadLanguage(name: string): Promise<void> {
    try {
      const parser = await languageOf(name)?.();
      if (parser) this.view.dispatch({ effects: this.language.reconfigure(StreamLanguage.define(parser)) });
    } catch {
      // Without colours it can be read, too.
    }
  }

  setWraps(wraps: boolean): void {
    this.view.dispatch({ effects: this.wrapping.reconfigure(wraps ? EditorView.lineWrapping : []) });
  }

  find(): void {
    openSearchPanel(this.view);
  }

  focus(): void {
    this.view.contentDOM.focus({ preventScroll: true });
  }

  replace(text: string, first: number | undefined): Added {
    const { view } = this;
    const content = this.content(text);
    this.quietly(() => {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: content },
        selection: { anchor: 0 },
        effects: setFirstLine.of(first === undefined || isBroken(text) ? UNKNOWN : first),
      });
      view.scrollDOM.scrollTop = 0;
    });
    return { length: content.length, lines: content.lines - 1 };
  }

  private content(text: string): Text {
    return this.view.state.toText(text.replace(LONG_LINE, "$&\n"));
  }

  append(text: string): Added {
    const content = this.content(text);
    const changes = { from: this.view.state.doc.length, insert: content };
    this.view.dispatch({ changes, effects: isBroken(text) ? setFirstLine.of(UNKNOWN) : [] });
    return { length: content.length, lines: content.lines - 1 };
  }

  /** What is shown stays where it is. */
  prepend(text: string): Added {
    const { view } = this;
    const content = this.content(text);
    const added = { length: content.length, lines: content.lines - 1 };
    this.keepingPosition(() => {
      view.dispatch({
        changes: { from: 0, insert: content },
        effects: isBroken(text) ? setFirstLine.of(UNKNOWN) : this.movedBy(-added.lines),
      });
      return added.length;
    });
    return added;
  }

  removeStart(length: number, lines: number): void {
    const { view } = this;
    this.keepingPosition(() => {
      view.dispatch({ changes: { from: 0, to: length }, effects: this.movedBy(lines) });
      return -length;
    });
  }

  removeEnd(length: number): void {
    const end = this.view.state.doc.length;
    this.quietly(() => this.view.dispatch({ changes: { from: end - length, to: end } }));
  }

  scrollToEnd(): void {
    const { view } = this;
    this.quietly(() => view.dispatch({ effects: EditorView.scrollIntoView(view.state.doc.length, { y: "end" }) }));
  }

  isAtEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.view.scrollDOM;
    return scrollTop + clientHeight > scrollHeight - 60;
  }

  private movedBy(lines: number): StateEffect<number | undefined> {
    const first = this.view.state.field(firstLine);
    return setFirstLine.of(first === undefined || first === UNKNOWN ? UNKNOWN : first + lines);
  }

  /** `change` returns by how much the positions of the text have moved. */
  private keepingPosition(change: () => number): void {
    const { view } = this;
    const top = view.scrollDOM.scrollTop;
    const block = view.lineBlockAtHeight(top);
    const offset = top - block.top;
    this.quietly(() => {
      const moved = change();
      const at = Math.min(Math.max(0, block.from + moved), view.state.doc.length);
      view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "start", yMargin: -offset }) });
    });
  }

  /** Scrolling that follows from a change is none of the visitor's. */
  private quietly(change: () => void): void {
    this.isQuiet++;
    change();
    setTimeout(() => {
      this.isQuiet--;
    }, 100);
  }

  private scrolled(): void {
    if (this.isQuiet > 0) return;
    const { scrollTop, scrollHeight, clientHeight } = this.view.scrollDOM;
    if (scrollTop < clientHeight) this.host.nearStart();
    if (scrollTop + clientHeight > scrollHeight - clientHeight) this.host.nearEnd();
  }

  destroy(): void {
    this.view.destroy();
  }
}

/** Whether a line is too long, so that lines on the screen are not those of the file and have no numbers. */
function isBroken(text: string): boolean {
  return text.search(LONG_LINE) >= 0;
}
