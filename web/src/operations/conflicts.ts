// The question what is done where a name is taken: both entries side by side.

import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { ChangeConflict, EntryBrief } from "../api/types.gen.ts";
import { decoded } from "../browse/decoded.ts";
import { iconOf } from "../browse/icons.ts";
import { withoutSlash } from "../browse/place.ts";
import { kindOfName, type Row } from "../browse/rows.ts";
import { shownTime } from "../browse/texts.ts";
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
  await loadStyle("operations.css");
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
  const side = (label: string, path: string, brief: EntryBrief | undefined, other: EntryBrief | undefined): unknown =>
    card(operations, { label, path, name, brief, other });
  dialog.draw(
    html`<div class="dialog-body">
        <div class="sides">
          ${side(t("conflict.existing"), conflict.to, existing, source)} ${side(t(`conflict.${kind}`), conflict.path, source, existing)}
        </div>
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

interface Side {
  label: string;
  path: string;
  name: string;
  brief: EntryBrief | undefined;
  other: EntryBrief | undefined;
}

function card({ app }: Operations, { label, path, name, brief, other }: Side): TemplateResult {
  const isFolder = brief?.kind === "folder";
  const row: Row = isFolder
    ? { kind: "folder", name, modified_ms: 0, archive: false }
    : { kind: "file", name, size: 0, modified_ms: 0 };
  const hasPicture = !isFolder && ["picture", "video", "audio"].includes(kindOfName(name));
  const hide = (event: Event): void => (event.target as Element).remove();
  return html`<section class="side">
    <h3>${label}</h3>
    <div class="side-picture">
      ${iconOf(row)}${
        hasPicture
          ? html`<img src=${`${app.base}${path}?th=w&t=${brief?.modified_ms ?? 0}`} alt="" @error=${hide} />`
          : nothing
      }
    </div>
    <p class="side-folder">${folderOf(path)}</p>
    ${brief ? facts(brief, other) : nothing}
  </section>`;
}

/** The folder of an entry for people: "Home / music". */
function folderOf(path: string): string {
  const names = path.split("/").filter(Boolean).slice(0, -1).map(decoded);
  return [t("crumbs.home"), ...names].join(" / ");
}

function facts(brief: EntryBrief, other: EntryBrief | undefined): TemplateResult {
  const isFile = brief.kind === "file";
  const mark = (own: number, others: number | undefined, word: string): unknown =>
    others !== undefined && own > others ? html` <b class="mark">${word}</b>` : nothing;
  const isSame = other !== undefined && isFile && other.size === brief.size;
  return html`<dl class="facts-list">
    ${
      isFile || brief.size > 0
        ? html`<dt>${t("list.size")}</dt>
            <dd title=${t("list.bytes", { n: brief.size })}>
              ${size(brief.size)}${isSame ? html` <b class="mark quiet">${t("conflict.sameSize")}</b>` : mark(brief.size, other?.size, t("conflict.larger"))}
            </dd>`
        : nothing
    }
    <dt>${t("list.changed")}</dt>
    <dd>${shownTime(brief.modified_ms)}${mark(brief.modified_ms, other?.modified_ms, t("conflict.newer"))}</dd>
  </dl>`;
}
