// What this browser keeps about files, besides drafts of the editor: their names must not be left for other people who use it.
import { readStored, storage, store } from "../browse/preferences.ts";
import { CACHE } from "../install/received.ts";
import { isAboutFiles, OWNER_KEY } from "./kept-keys.ts";

/** Forgets what was kept for another account, whose session has ended by itself. To be called before anything reads it. */
export function forgetThoseOfOthers(): void {
  const menu = document.querySelector("details#account");
  // Who is not signed in may be the same person, who signs in again.
  const name = menu?.querySelector("form") && menu.querySelector("summary")?.textContent?.trim();
  if (!name) return;
  const before = readStored<string>(OWNER_KEY);
  if (before !== undefined && before !== name) forget();
  if (before !== name) store(OWNER_KEY, name);
}

/** Forgets all of it, as for signing out: also what the page writes when it is left. */
export async function forgetFiles(): Promise<void> {
  store(OWNER_KEY, undefined);
  forgetWhenLeft();
  // Over plain http there are no such caches, and no other app shares files with the page.
  if ("caches" in window) await caches.delete(CACHE).catch(() => false);
}

/** Forgets what this tab keeps, and what it would keep when it is left. */
export function forgetWhenLeft(): void {
  forget();
  window.addEventListener("pagehide", forget);
}

function forget(): void {
  for (const kept of [storage(), tabStorage()]) {
    for (const key of Object.keys(kept ?? {})) if (isAboutFiles(key)) kept?.removeItem(key);
  }
}

function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}
