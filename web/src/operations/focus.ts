// The focus after a change of files: what had it, such as a row or a button for selected rows, may be gone.
import { keyOf, type Row } from "../browse/rows.ts";
import type { RowsPart } from "../browse/rows-part.ts";
import type { Part } from "../parts/part.ts";
import { encodeName } from "../up2k/urls.ts";
import type { Operations } from "./operations.ts";

/** Gives the focus to the keyboard's row, first to the row at position `at`, unless something else has it. */
export async function focusRow(operations: Operations, at: number): Promise<void> {
  await drawn();
  if (isElsewhere()) return;
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
  await drawn();
  if (isElsewhere() && !document.activeElement?.closest("pl-list, pl-grid")) return;
  const { rows, selection } = operations.app;
  const wanted = new Set(paths);
  const back = rows.peek().find((row) => wanted.has(operations.app.pathOf(row)));
  if (back) selection.moveTo(back);
  else if (selection.cursorIndex() < 0 && rows.peek()[0]) selection.moveTo(rows.peek()[0] as Row);
  focusCursor();
}

/** Waits until the list shows what it has: then it is known whether the focus is left. */
async function drawn(): Promise<void> {
  await document.querySelector<Part>("pl-content")?.updateComplete;
  await list()?.updateComplete;
}

const isElsewhere = (): boolean => document.activeElement !== null && document.activeElement !== document.body;

const list = (): RowsPart | null => document.querySelector<RowsPart>("pl-list, pl-grid");

/** An empty folder has the focus itself. */
function focusCursor(): void {
  const rows = list();
  if (rows) rows.focusCursor();
  else document.querySelector<HTMLElement>(".empty-folder")?.focus();
}
