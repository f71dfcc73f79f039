// Ways of the cursor that copyparty's editor has: by paragraphs, to the first character of a line, to what is not ASCII.
import { EditorSelection } from "@codemirror/state";
import type { Command } from "@codemirror/view";

/** Goes to the next (`by` 1) or previous (-1) empty line, or to the end. */
export function byParagraph(by: 1 | -1, extend = false): Command {
  return (view) => {
    const { doc, selection } = view.state;
    const isEmpty = (line: number): boolean => doc.line(line).text.trim() === "";
    let line = doc.lineAt(selection.main.head).number;
    const last = by > 0 ? doc.lines : 1;
    while (line !== last && isEmpty(line)) line += by;
    while (line !== last && !isEmpty(line)) line += by;
    const head = line === last && by > 0 && !isEmpty(line) ? doc.length : doc.line(line).from;
    const range = extend ? EditorSelection.range(selection.main.anchor, head) : EditorSelection.cursor(head);
    view.dispatch({ selection: range, scrollIntoView: true, userEvent: "select" });
    return true;
  };
}

/** Goes to the first character of the line that is no blank; from there to its start. */
export function toTextStart(extend = false): Command {
  return (view) => {
    const { doc, selection } = view.state;
    const { main } = selection;
    const line = doc.lineAt(main.head);
    const text = line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0);
    const visual = view.moveToLineBoundary(main, false);
    // On a later row of a wrapped line: to the start of the row first.
    const head =
      visual.head > line.from && visual.head !== main.head ? visual.head : main.head === text ? line.from : text;
    const range = extend ? EditorSelection.range(main.anchor, head) : EditorSelection.cursor(head);
    view.dispatch({ selection: range, scrollIntoView: true, userEvent: "select" });
    return true;
  };
}

/** Selects the next character that is not ASCII, from the start again behind the last one. Returns false if there is none. */
export const toNonAscii: Command = (view) => {
  const { doc, selection } = view.state;
  const text = doc.toString();
  const from = selection.main.to;
  const pattern = /\P{ASCII}/gu;
  pattern.lastIndex = from;
  const found = pattern.exec(text) ?? /\P{ASCII}/u.exec(text);
  if (!found) return false;
  const range = EditorSelection.range(found.index, found.index + found[0].length);
  view.dispatch({ selection: range, scrollIntoView: true, userEvent: "select" });
  return true;
};
