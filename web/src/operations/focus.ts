// The focus after a change of files: what had it, such as a row or a button for selected rows, may be gone.
import { focusCursor, isFocusElsewhere, listDrawn } from "../browse/focus.ts";
import { keyOf, type Row } from "../browse/rows.ts";
import { encodeName } from "../up2k/urls.ts";
import type { Operations } from "./operations.ts";

/** Gives the focus to the keyboard's row, first to the row at position `at`, unless something else has it. */
export async function focusRow(operations: Operations, at: number): Promise<void> {
  await listDrawn();
  if (isFocusElsewhere()) return;
  const { rows, selection } = operations.app;
  const all = rows.peek();
  const row = all[Math.min(Math.max(at, 0), all.length - 1)];
  if (row && selection.cursorIndex() < 0) selection.moveTo(row);
  focusCursor();
}

/** Moves the keyboard to a row that was renamed, and gives it the focus. Returns the row; undefined if it is not in the list. */
export function focusRenamed({ app }: Operations, before: Row, name: string): Row | undefined {
  const key = keyOf({ ...before, name, encoded: encodeName(name) });
  const renamed = app.rows.peek().find((row) => keyOf(row) === key);
  if (!renamed) return undefined;
  app.selection.moveTo(renamed);
  focusCursor();
  return renamed;
}

/** Moves the keyboard to the first row that an undone change has brought back, or leaves it where it is. `paths`: of what came back. */
export async function focusReturned(operations: Operations, paths: readonly string[]): Promise<void> {
  await listDrawn();
  if (isFocusElsewhere() && !document.activeElement?.closest("pl-list, pl-grid")) return;
  const { rows, selection } = operations.app;
  const wanted = new Set(paths);
  const back = rows.peek().find((row) => wanted.has(operations.app.pathOf(row)));
  if (back) selection.moveTo(back);
  else if (selection.cursorIndex() < 0 && rows.peek()[0]) selection.moveTo(rows.peek()[0] as Row);
  focusCursor();
}
