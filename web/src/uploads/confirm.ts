// Asks before files are added, if the visitor wants that: how many, how large, into which folder.
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { ask } from "../parts/dialog.ts";
import type { Selection } from "./selection.ts";

/** Resolves to whether the files are to be added. `folder`: its name for people. */
export async function confirmAdding({ sources, folders }: Selection, folder: string): Promise<boolean> {
  if (sources.length + folders.length === 0) return true;
  const bytes = sources.reduce((sum, { file }) => sum + file.size, 0);
  const values = { n: sources.length, size: size(bytes), folder };
  const answer = await ask(t("confirm.title"), t("confirm.text", values), [
    { label: t("confirm.add"), value: true, kind: "primary" },
    { label: t("dialog.cancel"), value: false },
  ]);
  return answer === true;
}
