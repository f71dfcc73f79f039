// The page `?reset`: the server forgets what its cookies hold, and this browser the settings that it keeps. Drafts, and what it keeps about
// files, are no settings, and stay.
import { storage } from "../browse/preferences.ts";
import { draftPrefix } from "../editor/draft-keys.ts";
import { isAboutFiles, OWNER_KEY } from "./local-files.ts";

export function resetSettings(): void {
  const kept = storage();
  const isSetting = (key: string): boolean =>
    key.startsWith("potluck.") && key !== OWNER_KEY && !key.startsWith(draftPrefix()) && !isAboutFiles(key);
  for (const key of Object.keys(kept ?? {})) if (isSetting(key)) kept?.removeItem(key);
  // early.ts has applied the theme to this page.
  delete document.documentElement.dataset.theme;
}
