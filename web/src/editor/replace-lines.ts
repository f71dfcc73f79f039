// Replaces and deletes selections of several lines.
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/**
 * Makes such a change in the text, instead of leaving it to the browser: Chromium joins the elements of lines by writing styles into
 * them, which the page's policy refuses with a message each time.
 */
export function replacingLines(): Extension {
  return EditorView.domEventHandlers({
    beforeinput: (event, view) => {
      const insert = insertedBy(event);
      if (insert === undefined || !event.cancelable || event.isComposing || !spansLines(view)) return false;
      const userEvent = insert === "" ? "delete.selection" : "input.type";
      view.dispatch(view.state.replaceSelection(insert), { scrollIntoView: true, userEvent });
      return true;
    },
  });
}

/** Returns what comes into the place of the selection; undefined: the input is of another kind. */
function insertedBy({ inputType, data }: InputEvent): string | undefined {
  if (inputType === "insertText") return data ?? undefined;
  return inputType === "deleteContentBackward" || inputType === "deleteContentForward" ? "" : undefined;
}

function spansLines({ state }: EditorView): boolean {
  const { doc, readOnly, selection } = state;
  return !readOnly && selection.ranges.some(({ from, to }) => doc.lineAt(from).to < to);
}
