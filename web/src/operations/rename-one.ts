// Renaming one file or folder: the part of the name before its extension is selected.
import { html } from "lit";
import { t } from "../../kit/words.ts";
import type { Row } from "../browse/rows.ts";
import { openDialog } from "../parts/dialog.ts";
import { Changes, type Outcome } from "./changes.ts";
import { focusRenamed } from "./focus.ts";
import { faultOf, splitName } from "./new-names.ts";
import type { Operations } from "./operations.ts";
import { report } from "./report.ts";

export async function renameOne(operations: Operations, rows: readonly Row[]): Promise<void> {
  const [row] = rows;
  if (!row) return;
  const outcome = await askName(operations, row);
  if (!outcome) return;
  await report(operations, "renamed", rows, outcome.outcome, {
    isFolder: row.kind === "folder",
    name: outcome.name,
  });
  const renamed = focusRenamed(operations, row, outcome.name);
  if (renamed) operations.app.selection.only(renamed);
}

async function askName(operations: Operations, row: Row): Promise<{ outcome: Outcome; name: string } | undefined> {
  const dialog = openDialog<{ outcome: Outcome; name: string }>(t(`rename.title.${row.kind}`));
  const bytesMax = operations.app.session.peek()?.limits.name_bytes ?? 255;
  const [stem, extension] = row.kind === "file" ? splitName(row.name) : [row.name, ""];
  let [fault, hint, sending] = ["", "", false];
  const field = (): HTMLInputElement | null => dialog.element.querySelector("input");
  const rename = async (name: string): Promise<void> => {
    sending = true;
    draw();
    const watch = { signal: new AbortController().signal, progress: () => {} };
    const path = operations.app.pathOf(row);
    const outcome = await new Changes(operations.app.api).rename([{ path, name }], watch);
    const [failed] = outcome.failed;
    if (!failed) {
      dialog.close({ outcome, name });
      return;
    }
    sending = false;
    fault = failed.text || t("ops.lost");
    draw();
    field()?.focus();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const name = field()?.value ?? "";
    // The field cannot hold line breaks: what looks the same is the same.
    if (name === shown(row.name)) {
      dialog.close();
      return;
    }
    const wrong = faultOf(name, bytesMax);
    if (wrong === undefined && !sending) void rename(name);
    else if (wrong !== undefined) {
      fault = t(`names.${wrong}`, { n: bytesMax });
      draw();
    }
  };
  const typed = (): void => {
    const name = field()?.value ?? "";
    const [, now] = splitName(name);
    hint = name !== "" && extension !== "" && now !== extension ? extensionHint(extension, now) : "";
    fault = "";
    draw();
  };
  const draw = (): void =>
    dialog.draw(
      html`<form @submit=${submit}>
        <div class="dialog-body">
          <label for="rename-name">${t("rename.name")}</label>
          <input
            id="rename-name"
            type="text"
            dir="auto"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="rename-fault"
            value=${row.name}
            @input=${typed}
          />
          <p class="hint" role="status">${hint}</p>
          <p class="answer bad" id="rename-fault" role="alert">${fault}</p>
        </div>
        <div class="dialog-foot">
          <button class="btn primary" ?disabled=${sending}>${sending ? t("form.sending") : t("action.rename")}</button>
          <button class="btn" type="button" @click=${() => dialog.close()}>${t("dialog.cancel")}</button>
        </div>
      </form>`,
    );
  draw();
  field()?.focus();
  field()?.setSelectionRange(0, stem.length);
  return dialog.result;
}

/** What a text field makes of a name. */
const shown = (name: string): string => name.replace(/[\r\n]/g, "");

const extensionHint = (before: string, now: string): string =>
  now === "" ? t("rename.extensionGone", { before }) : t("rename.extensionChanged", { before, now });
