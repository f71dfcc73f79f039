// Renaming several files: rules on one side, old and new names on the other, before anything happens.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { Row } from "../browse/rows.ts";
import { openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import { Changes } from "./changes.ts";
import { focusRenamed } from "./focus.ts";
import type { NewName, Surroundings } from "./new-names.ts";
import type { Operations } from "./operations.ts";
import { RenamePart } from "./rename-part.ts";
import { report, run } from "./report.ts";

export async function renameMany(operations: Operations, rows: readonly Row[]): Promise<void> {
  await loadStyle("operations.css");
  const { app } = operations;
  const dialog = openDialog<readonly NewName[]>(t("rename.many", { n: rows.length }), true);
  dialog.element.classList.add("rename-many");
  const part = new RenamePart();
  part.rows = rows;
  part.around = surroundings(operations);
  part.tags = (app.head.peek()?.tags ?? []).map(({ name, label }) => ({ name, label: shownName(label) }));
  part.done = (names) => dialog.close(names);
  dialog.draw(part);
  const names = await dialog.result;
  if (!names) return;
  const changed = rows.flatMap((row, at) => {
    const name = names[at];
    return name && name.to !== name.from ? [{ row, path: app.pathOf(row), name: name.to }] : [];
  });
  const outcome = await run(operations, "renamed", (watch) => new Changes(app.api).rename(changed, watch));
  if (!outcome) return;
  app.selection.clear();
  const isFolder = rows.some((row) => row.kind === "folder");
  await report(
    operations,
    "renamed",
    changed.map(({ row }) => row),
    outcome,
    { isFolder },
  );
  const failed = new Set(outcome.failed.map(({ path }) => path));
  const first = changed.find(({ path }) => !failed.has(path));
  if (first) focusRenamed(operations, first.row, first.name);
}

function surroundings({ app }: Operations): Surroundings {
  const names = new Map<string, Set<string>>();
  for (const row of app.rows.peek()) {
    const folder = row.folder ?? "";
    const known = names.get(folder);
    if (known) known.add(row.name);
    else names.set(folder, new Set([row.name]));
  }
  return {
    names: (row) => names.get(row.folder ?? "") ?? new Set<string>(),
    bytesMax: app.session.peek()?.limits.name_bytes ?? 255,
  };
}
