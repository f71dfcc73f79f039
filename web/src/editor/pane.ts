// Where the text is typed: CodeMirror in a shadow tree.
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  insertTab,
  redo,
  undo,
} from "@codemirror/commands";
import { deleteMarkupBackward, insertNewlineContinueMarkup } from "@codemirror/lang-markdown";
import { bracketMatching, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, Prec, type Text } from "@codemirror/state";
import {
  type Command,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  type KeyBinding,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { t } from "../../kit/words.ts";
import { languageOf } from "../code/languages.ts";
import { searchPhrases } from "../code/phrases.ts";
import { applyStyles, codeRoot } from "../code/root.ts";
import { around, heading } from "./markdown-commands.ts";
import { markdownColours } from "./markdown-language.ts";
import { byParagraph, toTextStart } from "./moves.ts";
import { replacingLines } from "./replace-lines.ts";

export interface PaneHost {
  changed: () => void;
  /** The cursor has moved, or the text has changed. */
  moved: () => void;
  scrolled: () => void;
  /** Keys that belong to the editor around: true if it has used them. */
  keys: readonly KeyBinding[];
}

export interface PaneOptions {
  /** name of the file: its extension chooses the colours */
  name: string;
  label: string;
  isMarkdown: boolean;
  wraps: boolean;
  /** whether "\r" is a character, because lines end differently */
  keepsReturns: boolean;
}

export class EditorPane {
  readonly element = document.createElement("div");
  readonly view: EditorView;
  private readonly wrapping = new Compartment();

  constructor(text: string, options: PaneOptions, host: PaneHost) {
    this.element.className = `editor-pane scrolls own-gestures${options.isMarkdown ? " prose" : ""}`;
    const root = codeRoot(this.element);
    const language = new Compartment();
    const state = EditorState.create({
      doc: text,
      extensions: [
        EditorView.updateListener.of((update) => {
          if (update.docChanged) host.changed();
          if (update.docChanged || update.selectionSet) host.moved();
        }),
        EditorView.contentAttributes.of({
          tabindex: "0",
          "aria-label": options.label,
          spellcheck: String(options.isMarkdown),
        }),
        EditorState.phrases.of({ ...searchPhrases(), "Selection deleted": t("editor.selectionDeleted") }),
        this.wrapping.of(options.wraps ? EditorView.lineWrapping : []),
        options.keepsReturns ? keepingReturns() : [],
        keymap.of([...host.keys]),
        options.isMarkdown ? markdown() : code(),
        language.of([]),
        common(),
      ],
    });
    this.view = new EditorView({ root, parent: root, state });
    applyStyles(root);
    this.view.scrollDOM.addEventListener("scroll", host.scrolled, { passive: true });
    if (!options.isMarkdown) void this.loadLanguage(options.name, language);
  }

  private async loadLanguage(name: string, language: Compartment): Promise<void> {
    try {
      const parser = await languageOf(name)?.();
      if (parser) this.view.dispatch({ effects: language.reconfigure(StreamLanguage.define(parser)) });
    } catch {
      // Without colours it can be edited, too.
    }
  }

  get doc(): Text {
    return this.view.state.doc;
  }

  get text(): string {
    return this.doc.toString();
  }

  /** Replaces what differs; it can be undone. The cursor stays where the text around it does. */
  setText(text: string): void {
    const old = this.text;
    let [start, end] = [0, 0];
    const most = Math.min(old.length, text.length);
    while (start < most && old[start] === text[start]) start++;
    while (end < most - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++;
    const insert = this.view.state.toText(text.slice(start, text.length - end));
    this.view.dispatch({ changes: { from: start, to: old.length - end, insert }, userEvent: "input.replace" });
  }

  setWraps(wraps: boolean): void {
    this.view.dispatch({ effects: this.wrapping.reconfigure(wraps ? EditorView.lineWrapping : []) });
  }

  /** Runs something on the text, and returns the focus to it. Returns whether it was possible. */
  run(command: Command): boolean {
    const done = command(this.view);
    this.view.focus();
    return done;
  }

  find(): void {
    openSearchPanel(this.view);
  }

  undo(): void {
    undo(this.view);
  }

  focus(): void {
    this.view.focus();
  }

  /** Line and column of the cursor, counted from 1. */
  place(): { line: number; column: number } {
    const { head } = this.view.state.selection.main;
    const line = this.doc.lineAt(head);
    return { line: line.number, column: [...line.text.slice(0, head - line.from)].length + 1 };
  }

  /** The line at the upper edge, counted from 0, with the part of it that is above. */
  topLine(): number {
    const { scrollTop } = this.view.scrollDOM;
    const block = this.view.lineBlockAtHeight(scrollTop);
    const line = this.doc.lineAt(block.from).number - 1;
    return line + Math.min(1, Math.max(0, (scrollTop - block.top) / Math.max(1, block.height)));
  }

  isAtEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.view.scrollDOM;
    return scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2;
  }

  scrollToLine(line: number): void {
    const at = Math.min(Math.max(0, Math.floor(line)), this.doc.lines - 1);
    const block = this.view.lineBlockAt(this.doc.line(at + 1).from);
    this.view.scrollDOM.scrollTop = block.top + (line - at) * block.height;
  }

  scrollToEnd(): void {
    this.view.scrollDOM.scrollTop = this.view.scrollDOM.scrollHeight;
  }

  destroy(): void {
    this.view.destroy();
  }
}

function common(): Extension {
  return [
    history(),
    drawSelection(),
    indentUnit.of("  "),
    EditorState.tabSize.of(4),
    EditorState.allowMultipleSelections.of(true),
    syntaxHighlighting(classHighlighter),
    search({ top: true }),
    replacingLines(),
    keymap.of([
      { key: "Tab", run: tab, shift: indentLess },
      { key: "Home", run: toTextStart(), shift: toTextStart(true) },
      { key: "Mod-ArrowUp", run: byParagraph(-1), shift: byParagraph(-1, true) },
      { key: "Mod-ArrowDown", run: byParagraph(1), shift: byParagraph(1, true) },
      { key: "Mod-Shift-z", run: redo, preventDefault: true },
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
  ];
}

/** Indents what is selected; without a selection, adds blanks at the cursor, or the tabulator that the text uses. */
const tab: Command = (view) => {
  const { doc, selection } = view.state;
  const line = doc.lineAt(selection.main.head).text;
  const isItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(line);
  if (isItem || selection.ranges.some((range) => !range.empty)) return indentMore(view);
  if (/^\t/m.test(doc.sliceString(0, 100_000))) return insertTab(view);
  view.dispatch(view.state.replaceSelection("  "), { scrollIntoView: true, userEvent: "input" });
  return true;
};

function markdown(): Extension {
  return [
    markdownColours,
    Prec.high(
      keymap.of([
        { key: "Enter", run: insertNewlineContinueMarkup },
        { key: "Backspace", run: deleteMarkupBackward },
        { key: "Mod-b", run: around("**"), preventDefault: true },
        { key: "Mod-i", run: around("*"), preventDefault: true },
        { key: "Mod-h", run: heading(1), shift: heading(-1), preventDefault: true },
      ]),
    ),
  ];
}

function code(): Extension {
  return [
    lineNumbers(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    bracketMatching(),
    indentOnInput(),
  ];
}

/** Only "\n" ends lines: a "\r" in front of it is kept as it is. */
export function keepingReturns(): Extension {
  return [
    EditorState.lineSeparator.of("\n"),
    EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
  ];
}
