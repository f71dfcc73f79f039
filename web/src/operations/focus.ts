// The focus after a change of files: what had it, such as a button for selected rows, may be gone.
import { keyOf, type Row } from "../browse/rows.ts";
import type { RowsPart } from "../browse/rows-part.ts";
import { encodeName } from "../up2k/urls.ts";
import type { Operations } from "./operations.ts";

/** Gives the focus to the keyboard's row, first to the row at position `at`, unless something else has it. */
export function focusRow({ app }: Operations, at: number): void {
  const { rows, selection } = app;
  const all = rows.peek();
  const row = all[Math.min(Math.max(at, 0), all.length - 1)];
  const isElsewhere = document.activeElement !== null && document.activeElement !== document.body;
  if (!row || isElsewhere) return;
  if (selection.cursorIndex() < 0) selection.moveTo(row);
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

const focusCursor = (): void => document.querySelector<RowsPart>("pl-list, pl-grid")?.focusCursor();
