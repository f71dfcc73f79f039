// Deleting. It can be undone, so there is no question for a few files.
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { Row } from "../browse/rows.ts";
import { ask } from "../parts/dialog.ts";
import { Changes, textOf } from "./changes.ts";
import { focusRow } from "./focus.ts";
import type { Operations } from "./operations.ts";
import { report, run, shownOf } from "./report.ts";

/** More entries or files than these are not deleted without a question. */
const WITHOUT_QUESTION_MAX = 20;
/** Most paths that the server counts at once, and milliseconds for it. */
const PATHS_MAX = 1000;
const COUNTING_MS = 700;

export async function deleteRows(operations: Operations, rows: readonly Row[]): Promise<void> {
  const { app } = operations;
  const paths = operations.pathsOf(rows);
  const trash = await hasTrash(operations, paths[0] ?? "/");
  if (typeof trash !== "boolean") {
    app.notices.show({ text: trash.failed, bad: true });
    return;
  }
  const forGood = !trash;
  if (!(await isWanted(operations, rows, forGood))) return;
  const at = app.rows.peek().indexOf(rows[0] as Row);
  const outcome = await run(operations, "deleted", (watch) => new Changes(app.api).remove(paths, watch));
  if (!outcome) return;
  // Without a trash there is nothing to bring back, whatever the server offers.
  if (forGood) outcome.undo = [];
  app.selection.clear();
  const failed = new Set(outcome.failed.map(({ path }) => path));
  const gone = new Set(outcome.ended === "whole" ? paths.filter((path) => !failed.has(path)) : []);
  const isFolder = rows.some((row) => row.kind === "folder");
  await report(operations, "deleted", rows, outcome, { gone, isFolder, showTrash: !forGood });
  await focusRow(operations, at);
}

/** Earlier answers of `hasTrash`, by folder. */
const known = new Map<string, boolean>();

/** Whether the server keeps what is deleted at `path`; without an answer as it was before, and if that is not known why. */
async function hasTrash(operations: Operations, path: string): Promise<boolean | { failed: string }> {
  const folder = path.replace(/[^/]*$/, "");
  try {
    const kept = (await operations.app.api.trash(path)).days > 0;
    known.set(folder, kept);
    return kept;
  } catch (error) {
    return known.get(folder) ?? { failed: textOf(error) || t("ops.lost") };
  }
}

interface Count {
  files: number;
  bytes: number;
  /** whether there are more */
  atLeast: boolean;
}

/** Counts what would be deleted: from the list where it has the numbers, else as long as people wait without noticing. */
async function count(operations: Operations, rows: readonly Row[]): Promise<Count> {
  const isKnown = rows.every((row) => row.kind === "file" || row.files !== undefined);
  const sum: Count = { files: 0, bytes: 0, atLeast: false };
  for (const row of rows) {
    sum.files += row.kind === "file" ? 1 : (row.files ?? 0);
    sum.bytes += row.size ?? 0;
  }
  if (isKnown || rows.length > PATHS_MAX) return { ...sum, atLeast: !isKnown };
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), COUNTING_MS);
  try {
    for await (const line of operations.app.api.properties(operations.pathsOf(rows), abort.signal)) {
      if (line.kind !== "counted" && line.kind !== "total") continue;
      [sum.files, sum.bytes, sum.atLeast] = [line.files, line.bytes, line.kind === "counted" || line.truncated];
    }
    return sum;
  } catch {
    return { ...sum, atLeast: true };
  } finally {
    clearTimeout(timer);
  }
}

async function isWanted(operations: Operations, rows: readonly Row[], forGood: boolean): Promise<boolean> {
  const { files, bytes, atLeast } = await count(operations, rows);
  const isMany = rows.length > WITHOUT_QUESTION_MAX || files > WITHOUT_QUESTION_MAX || atLeast;
  if (!forGood && !isMany) return true;
  const what = shownOf(rows);
  const title = t(forGood ? `delete.forGood.${what.kind}` : `delete.ask.${what.kind}`, what.values);
  const numbers = t(atLeast ? "delete.atLeast" : "delete.numbers", { n: files, size: size(bytes) });
  const text = `${numbers} ${t(forGood ? "delete.noTrash" : "delete.toTrash")}`;
  const label = t(forGood ? "delete.forGoodButton" : "action.delete");
  const answer = await ask(title, text, [
    { label, value: true, kind: "bad" },
    { label: t("dialog.cancel"), value: false },
  ]);
  return answer === true;
}
