// Signing out takes along what this browser keeps about files, so that it is not left for other people who use it. Drafts of the
// editor are asked about before.
import { html } from "lit";
import { t } from "../../kit/words.ts";
import { Api } from "../api/client.ts";
import { decoded } from "../browse/decoded.ts";
import { draftPrefix, ownerOf } from "../editor/draft-keys.ts";
import { ask } from "../parts/dialog.ts";
import { forgetFiles } from "./local-files.ts";

/** Number of names that are shown. */
const MAX_NAMES = 5;

/** Sends a form that signs out, and forgets files. If drafts of the account are kept in this browser, says before that they are deleted. */
export async function signOut(form: HTMLFormElement): Promise<void> {
  const keys = await keysOfDrafts();
  if (keys.length > 0 && !(await agrees(keys))) return;
  // First, so that other tabs do not keep their drafts again.
  await forgetFiles();
  for (const key of keys) localStorage.removeItem(key);
  form.submit();
}

async function keysOfDrafts(): Promise<string[]> {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(draftPrefix()));
    if (keys.length === 0) return [];
    const { account } = await new Api(document.documentElement.dataset.base ?? "").session();
    return keys.filter((key) => key.startsWith(draftPrefix(ownerOf(account))));
  } catch {
    // Storage is forbidden; or there is no answer, and to sign out fails, too.
    return [];
  }
}

async function agrees(keys: readonly string[]): Promise<boolean> {
  const names = new Set(keys.map((key) => decoded(/([^/]*?)(?:#[^#]*)?$/.exec(key)?.[1] ?? "")));
  const shown = [...names].slice(0, MAX_NAMES);
  const more = names.size - shown.length;
  const text = html`<p>${t("signOut.drafts")}</p>
    <ul>
      ${shown.map((name) => html`<li><bdi>${name}</bdi></li>`)}
      ${more > 0 ? html`<li>${t("left.more", { n: more })}</li>` : ""}
    </ul>`;
  const answer = await ask(t("editor.closeTitle"), text, [
    { label: t("signOut.confirm"), value: true, kind: "bad" },
    { label: t("dialog.cancel"), value: false },
  ]);
  return answer === true;
}
