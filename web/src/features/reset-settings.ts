// The page `?reset`: the server forgets what its cookies hold, and this browser the settings that it keeps. Drafts, and what it keeps about
// files, are no settings, and stay.
import { draftPrefix } from "../editor/draft-keys.ts";
import { isAboutFiles, OWNER_KEY } from "./kept-keys.ts";

export function resetSettings(kept: Storage): void {
  const stays = (key: string): boolean => key === OWNER_KEY || key.startsWith(draftPrefix()) || isAboutFiles(key);
  for (const key of Object.keys(kept)) {
    // The view of one folder names that, but was chosen.
    const isView = key.startsWith("potluck.view:");
    if (key.startsWith("potluck.") && (isView || !stays(key))) kept.removeItem(key);
  }
}
