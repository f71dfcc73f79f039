// The focus of the list, for those outside of it: what had the focus may be gone.
import type { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import type { RowsPart } from "./rows-part.ts";

export const shownList = (): RowsPart | null => document.querySelector<RowsPart>("pl-list, pl-grid");

/** Waits until the list shows what it has: then it is known whether the focus is left. */
export async function listDrawn(): Promise<void> {
  await document.querySelector<Part>("pl-content")?.updateComplete;
  await shownList()?.updateComplete;
}

/** Whether something has the focus that is left. */
export const isFocusElsewhere = (): boolean =>
  document.activeElement !== null && document.activeElement !== document.body;

/** Gives the focus to the keyboard's row. An empty folder has it itself. */
export function focusCursor(): void {
  const list = shownList();
  if (list) list.focusCursor();
  else document.querySelector<HTMLElement>(".empty-folder")?.focus();
}

/** Gives the focus to the keyboard's row if the window shows it, and nothing but the list has it. The page does not scroll. */
export function focusSeenRow(): void {
  if (isFocusElsewhere() && !document.activeElement?.closest("pl-list, pl-grid")) return;
  shownList()?.focusSeenCursor();
}

/** Gives the focus to the list, once another place is scrolled to: to the keyboard's row, first to the first one. */
export async function focusList(app: App): Promise<void> {
  for (let frames = 0; frames < 4; frames++) await new Promise(requestAnimationFrame);
  await listDrawn();
  if (isFocusElsewhere()) return;
  const [first] = app.rows.peek();
  if (first && app.selection.cursorIndex() < 0) app.selection.moveTo(first);
  focusCursor();
}
