// Two versions of a text, side by side; on narrow windows one below the other.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { syntaxHighlighting } from "@codemirror/language";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension, Text } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { t } from "../../kit/words.ts";
import { applyStyles, codeRoot } from "../code/root.ts";
import { markdownColours } from "./markdown-language.ts";
import { keepingReturns } from "./pane.ts";
import { replacingLines } from "./replace-lines.ts";

export interface Sides {
  /** the other version: cannot be changed */
  other: string;
  otherLabel: string;
  own: string;
  ownLabel: string;
  isMarkdown: boolean;
  /** Saves the own version. With it, changes of the other version can be taken over, and the own one can be typed in. */
  save: (() => void) | undefined;
  /** hears that the own version was changed */
  changed?: () => void;
}

const COLLAPSE = { margin: 3, minSize: 6 };

export class Comparison {
  readonly element = document.createElement("div");
  private readonly own: EditorView;
  private readonly destroyAll: () => void;

  /** `wide`: side by side. `plain`: only the own version, without marks. */
  constructor(sides: Sides, wide: boolean, plain = false) {
    this.element.className = `editor-pane editor-compare scrolls own-gestures${wide ? " wide" : ""}`;
    const root = codeRoot(this.element);
    const hears = EditorView.updateListener.of(({ docChanged }) => docChanged && sides.changed?.());
    const own = [...look(sides.ownLabel, sides.isMarkdown), sides.save ? typing(sides.save) : fixed(), hears];
    if (wide) {
      const merge = new MergeView({
        a: { doc: asText(sides.other), extensions: [...look(sides.otherLabel, sides.isMarkdown), fixed()] },
        b: { doc: asText(sides.own), extensions: own },
        root,
        parent: root,
        collapseUnchanged: COLLAPSE,
        ...(sides.save ? { revertControls: "a-to-b", renderRevertControl: takeButton } : {}),
      });
      this.own = merge.b;
      this.destroyAll = () => merge.destroy();
    } else {
      const unified = unifiedMergeView({
        original: asText(sides.other),
        mergeControls: sides.save ? controlButton : false,
        collapseUnchanged: COLLAPSE,
      });
      this.own = new EditorView({
        root,
        parent: root,
        state: EditorState.create({ doc: asText(sides.own), extensions: plain ? own : [own, unified] }),
      });
      this.destroyAll = () => this.own.destroy();
    }
    applyStyles(root);
  }

  get text(): string {
    return this.own.state.doc.toString();
  }

  focus(): void {
    this.own.focus();
  }

  destroy(): void {
    this.destroyAll();
  }
}

/** Only "\n" ends lines. */
const asText = (text: string): Text => Text.of(text.split("\n"));

function look(label: string, isMarkdown: boolean): Extension[] {
  return [
    EditorView.contentAttributes.of({ "aria-label": label }),
    EditorState.phrases.of({ "$ unchanged lines": t("editor.unchanged") }),
    EditorView.lineWrapping,
    keepingReturns(),
    lineNumbers(),
    isMarkdown ? markdownColours : [],
    syntaxHighlighting(classHighlighter),
  ];
}

function fixed(): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }),
  ];
}

function typing(save: () => void): Extension {
  const run = (): boolean => {
    save();
    return true;
  };
  const saveKey = { key: "Mod-s", run, preventDefault: true };
  const keys = keymap.of([saveKey, ...defaultKeymap, ...historyKeymap, indentWithTab]);
  return [history(), drawSelection(), replacingLines(), keys];
}

/** Takes a change of the other version over; the view finds the change by itself. */
function takeButton(): HTMLElement {
  const button = document.createElement("button");
  button.className = "take";
  button.type = "button";
  button.title = t("editor.takeChange");
  button.setAttribute("aria-label", t("editor.takeChange"));
  button.textContent = document.documentElement.dir === "rtl" ? "←" : "→";
  // The view listens to the mouse only.
  button.addEventListener("click", (event) => {
    if (event.detail === 0) button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  });
  return button;
}

function controlButton(type: "reject" | "accept", action: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement("button");
  button.className = "take";
  button.type = "button";
  // What is rejected is the own text: theirs is taken instead.
  button.textContent = type === "accept" ? t("editor.keepChange") : t("editor.takeChange");
  button.addEventListener("mousedown", action);
  button.addEventListener("click", (event) => {
    // Pressed by a key.
    if (event.detail === 0) action(event);
  });
  return button;
}
