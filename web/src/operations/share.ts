// Share links: making one for a file or folder, its QR code, and the account's other links.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { decoded } from "../browse/decoded.ts";
import { openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import type { Operations } from "./operations.ts";
import { SharePart } from "./share-part.ts";

/** `path`: percent-encoded, without a slash at its end. */
export async function openShare(operations: Operations, path: string, isFolder: boolean): Promise<void> {
  await loadStyle("operations.css");
  const name = decoded(path.slice(path.lastIndexOf("/") + 1)) || t("crumbs.home");
  const dialog = openDialog<void>(t("share.title", { name: shownName(name) }), true);
  dialog.element.classList.add("share");
  const part = new SharePart();
  part.operations = operations;
  part.path = path;
  part.isFolder = isFolder;
  dialog.draw(part);
}
