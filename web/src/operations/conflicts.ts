// The question what is done where a name is taken: both entries side by side.

import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import type { ChangeConflict, EntryBrief } from "../api/types.gen.ts";
import { decoded } from "../browse/decoded.ts";
import { iconOf } from "../browse/icons.ts";
import { withoutSlash } from "../browse/place.ts";
import { kindOfName, type Row } from "../browse/rows.ts";
import { shownTime } from "../browse/texts.ts";
import { bothFiles, loadBothFiles, type Side } from "../parts/both-files.ts";
import { openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import type { Operations } from "./operations.ts";

export type Answer = "replace" | "keep_both" | "skip";

interface Given {
  answer: Answer;
  /** for this conflict and all that follow */
  forAll: boolean;
}

/** Asks for each conflict. Resolves to one answer each; what the visitor closes is skipped. */
export async function askConflicts(
  operations: Operations,
  conflicts: readonly ChangeConflict[],
  to: string,
  kind: "move" | "copy",
): Promise<Answer[]> {
  const mayReplace = await mayOverwrite(operations, to);
  await Promise.all([loadStyle("operations.css"), loadBothFiles()]);
  const answers: Answer[] = [];
  let forAll: Answer | undefined;
  for (const [at, conflict] of conflicts.entries()) {
    if (forAll === undefined) {
      const left = conflicts.length - at - 1;
      const given = await askOne(operations, { conflict, left, mayReplace, kind });
      answers.push(given.answer);
      if (given.forAll) forAll = given.answer;
    } else answers.push(forAll);
  }
  return answers;
}

async function mayOverwrite({ app }: Operations, to: string): Promise<boolean> {
  if (to === app.path.peek()) return app.may.peek().overwrite;
  try {
    return (await app.api.entry(withoutSlash(to))).may.overwrite;
  } catch {
    return false;
  }
}

interface Question {
  conflict: ChangeConflict;
  /** conflicts that follow */
  left: number;
  mayReplace: boolean;
  kind: "move" | "copy";
}

async function askOne(operations: Operations, question: Question): Promise<Given> {
  const { conflict, left, mayReplace, kind } = question;
  const name = decoded(conflict.to.slice(conflict.to.lastIndexOf("/") + 1));
  const { source, existing } = conflict;
  const isFolder = existing?.kind === "folder" || source?.kind === "folder";
  const title = t(existing?.kind === "folder" ? "conflict.folderTitle" : "conflict.title", { name });
  const dialog = openDialog<Given>(title, true);
  dialog.element.classList.add("conflict");
  const choose = (answer: Answer): void => {
    const forAll = dialog.element.querySelector<HTMLInputElement>("#conflict-all")?.checked === true;
    dialog.close({ answer, forAll });
  };
  const sides = bothFiles(
    sideOf(operations, t("conflict.existing"), conflict.to, name, existing),
    sideOf(operations, t(`conflict.${kind}`), conflict.path, name, source),
  );
  dialog.draw(
    html`<div class="dialog-body">
        ${sides}
        ${isFolder ? html`<p class="hint">${t(mayReplace ? "conflict.foldersReplaced" : "conflict.folders")}</p>` : nothing}
        ${
          left > 0
            ? html`<label class="tick"><input type="checkbox" id="conflict-all" />${t("conflict.forAll", { n: left })}</label>`
            : nothing
        }
      </div>
      <div class="dialog-foot">
        <button class="btn primary" type="button" @click=${() => choose("keep_both")}>${t("conflict.keepBoth")}</button>
        <button class="btn" type="button" @click=${() => choose("skip")}>${t("conflict.skip")}</button>
        ${mayReplace ? html`<button class="btn bad" type="button" @click=${() => choose("replace")}>${t("conflict.replace")}</button>` : nothing}
      </div>`,
  );
  dialog.element.querySelector<HTMLElement>(".dialog-foot .btn")?.focus();
  return (await dialog.result) ?? { answer: "skip", forAll: true };
}

/** What the two are told apart by. */
function sideOf({ app }: Operations, label: string, path: string, name: string, brief: EntryBrief | undefined): Side {
  const isFolder = brief?.kind === "folder";
  const row: Row = isFolder
    ? { kind: "folder", name, modified_ms: 0, archive: false }
    : { kind: "file", name, size: 0, modified_ms: 0 };
  const hasPicture = !isFolder && ["picture", "video", "audio"].includes(kindOfName(name));
  return {
    label,
    icon: iconOf(row),
    picture: hasPicture ? `${app.base}${path}?th=w&t=${brief?.modified_ms ?? 0}` : undefined,
    folder: folderOf(path),
    facts: brief && {
      bytes: isFolder && brief.size === 0 ? undefined : brief.size,
      modified: brief.modified_ms,
      when: shownTime(brief.modified_ms),
      isFile: !isFolder,
    },
  };
}

/** The folder of an entry for people: "Home / music". */
function folderOf(path: string): string {
  const names = path.split("/").filter(Boolean).slice(0, -1).map(decoded);
  return [t("crumbs.home"), ...names].join(" / ");
}
