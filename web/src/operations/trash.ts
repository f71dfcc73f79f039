// The trash of a folder: what was deleted or replaced in and below it.

import { t } from "../../kit/words.ts";
import { folderName } from "../browse/decoded.ts";
import { openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import type { Operations } from "./operations.ts";
import { TrashPart } from "./trash-part.ts";

/** `path`: percent-encoded, with a slash at its end. */
export async function openTrash(operations: Operations, path: string): Promise<void> {
  await loadStyle("operations.css");
  const dialog = openDialog<void>(t("trash.title", { folder: folderName(path) }), true);
  dialog.element.classList.add("trash-dialog");
  const part = new TrashPart();
  part.operations = operations;
  part.path = path;
  part.close = () => dialog.close();
  dialog.draw(part);
}
