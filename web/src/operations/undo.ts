// Undoing the last change of this tab.
import { t } from "../../kit/words.ts";
import { Changes, textOf } from "./changes.ts";
import { focusReturned } from "./focus.ts";
import type { Operations } from "./operations.ts";

/** Undoes the last change. What cannot be undone is said. */
export async function undoLast(operations: Operations): Promise<void> {
  const last = operations.takeUndoable();
  if (!last) return;
  const { app } = operations;
  const { notices } = app;
  const all = last.tokens.length;
  let back: readonly string[] = [];
  const timer = setTimeout(() => notices.show({ text: t("undo.doing"), progress: 0 }), 800);
  try {
    const { left, paths } = await new Changes(app.api).undo(last.tokens, (done) => {
      if (all > 20) notices.show({ text: t("undo.doing"), progress: done / all });
    });
    clearTimeout(timer);
    back = paths;
    notices.show({ text: left > 0 ? t("undo.partly", { n: left }) : t("undo.done"), bad: left > 0 });
  } catch (error) {
    clearTimeout(timer);
    const text = textOf(error);
    if (text === "") {
      // No answer: it can be tried again.
      operations.remember(last.tokens, last.folders);
      const retry = { label: t("ops.again"), run: () => void undoLast(operations) };
      notices.show({ text: t("ops.lost"), bad: true, action: retry });
    } else notices.show({ text, bad: true });
  }
  await operations.refresh(last.folders);
  await focusReturned(operations, back);
}
